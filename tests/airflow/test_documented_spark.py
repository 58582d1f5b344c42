"""The Spark part of the predecessor's full example, as it is written, with a node that needs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.compiling import KAIRFLOW
from tests.airflow.running import AIRFLOW_2, ROOT, airflow_environment

HERE = Path(__file__).parent
DOCUMENTED = ROOT / "tests" / "projects" / "documented"
BUCKET = "gs://dataproc-staging-europe-west2-546213781-jabcdefp4/packages"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The documented project in git; a node bears the documented tag, spelt with full stops."""
    project = tmp_path / "documented"
    shutil.copytree(DOCUMENTED, project)
    registry = project / "src" / "documented" / "pipeline_registry.py"
    text = registry.read_text(encoding="utf-8")
    tags = 'tags=["resources.huge_machines", "kedro-airflow-k8s.group.pyspark"]'
    registry.write_text(text.replace('tags="resources.huge_machines"', tags), encoding="utf-8")
    subprocess.run(["git", "init", "-q", project], check=True)
    subprocess.run(["git", "-C", project, "add", "."], check=True)
    return project


def test_the_full_example_runs_a_job_on_dataproc(project: Path, tmp_path: Path) -> None:
    build, dags, home = tmp_path / "build", tmp_path / "dags", tmp_path / "airflow"
    options = ("--project", project, "--airflow", "2", "--artifacts", build, "-o", dags)
    compiled = subprocess.run(
        [*KAIRFLOW, "compile", *options], capture_output=True, text=True, check=False
    )
    assert compiled.returncode == 0, compiled.stderr
    assert "KF517" in compiled.stderr, "two runs at once would share the cluster `ephemeral`"
    (dag_file,) = dags.iterdir()
    answer = subprocess.run(
        [AIRFLOW_2, HERE / "record_dataproc.py", dag_file],
        env={**airflow_environment(home), "AIRFLOW_VAR_ENV": "prod"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    ((create,), (submit,), (delete,)) = json.loads(answer.stdout)[dag_file.stem].values()
    for call in (create, submit, delete):
        assert (call["region"], call["project_id"]) == ("europe-west1", "target-project")
    assert create["cluster_name"] == delete["cluster_name"] == "ephemeral"
    check_cluster(create["read"]["config"], build)
    job = submit["read"]
    assert job["placement"]["cluster_name"] == "ephemeral"
    folder, _, name = job["pyspark_job"]["main_python_file_uri"].rpartition("/")
    assert folder == BUCKET
    assert '"--nodes=train_model"' in (build / name).read_text(encoding="utf-8")


def check_cluster(config: dict[str, Any], build: Path) -> None:
    for part in ("master_config", "worker_config"):
        assert config[part]["disk_config"]["boot_disk_size_gb"] == 35
    (action,) = config["initialization_actions"]
    folder, _, name = action["executable_file"].rpartition("/")
    assert folder == BUCKET
    script = (build / name).read_text(encoding="utf-8")
    scripts = DOCUMENTED / "src" / "relative_location_to_src"
    before, after = (
        (scripts / f"{name}.sh").read_text(encoding="utf-8").rstrip()
        for name in ("init_script", "post_init_script")
    )
    (archive,) = build.glob("*.tar.gz")
    parts = (before, f"{BUCKET}/{archive.name}", "-m pip install", after)
    places = [script.index(part) for part in parts]
    assert places == sorted(places)
