"""The full example of the predecessor's documentation runs pod by pod, after what it waits for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.airflow.cluster_project import compile_dag, image_of, make_project
from tests.airflow.compiling import KAIRFLOW
from tests.airflow.every_key.awaited import place_awaited
from tests.airflow.running import LINES, ROOT, DagRun, run_dag
from tests.services.cluster import Cluster, cluster

DOCUMENTED = ROOT / "tests" / "projects" / "documented"
IMAGE = "airflow-k8s-plugin-demo"
NAMESPACE = "airflow"
MOMENT = datetime(2026, 1, 2, tzinfo=timezone.utc)
AWAITED = (
    ("upstream-dag", "anything", MOMENT),
    ("another-upstream-dag", "with-precise-task", MOMENT - timedelta(minutes=10)),
)
DATASETS = ("train", "test", "regressor", "errors", "report")
WITHOUT_VOLUME = ("errors", "report")
"""What `report` reads and writes: its pod template is the user's own, so it has no volume."""


@pytest.fixture
def store() -> Iterator[Path]:
    """A folder that every container sees, as it would see an object store."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="kairflow-"))
    yield folder
    shutil.rmtree(folder)


def change(project: Path, **run_config: Any) -> None:
    path = project / "conf" / "cluster" / "airflow-k8s.yml"
    path.write_text(yaml.safe_dump({"run_config": run_config}), encoding="utf-8")


def place_datasets(project: Path, store: Path) -> None:
    """Put what a pod without the volume needs where every pod reaches it."""
    entries = {
        name: {"type": "json.JSONDataset", "filepath": f"{store}/{name}.json"}
        for name in WITHOUT_VOLUME
    }
    path = project / "conf" / "cluster" / "catalog.yml"
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")


def replacement_in(project: Path) -> str:
    """Lower for line 3 what was written for line 2; return what the refusal says to write."""
    command = [*KAIRFLOW, "export", "--project", str(project), "--env", "cluster"]
    exported = subprocess.run(command, capture_output=True, check=True)
    lowered = subprocess.run(
        [*KAIRFLOW, "lower", "--airflow", "3"],
        input=exported.stdout,
        capture_output=True,
        check=False,
    )
    said = lowered.stderr.decode()
    assert lowered.returncode == 1
    assert said.count("error ") == 1
    assert "run_config.macro_params.prev_ds" in said
    hint = re.search(r'prev_ds: "(\{\{.*?\}\})"', said)
    assert hint, said
    return hint[1]


def test_the_documented_example_runs(tmp_path: Path, line: str, store: Path) -> None:
    project = make_project(tmp_path, {}, DOCUMENTED)
    place_datasets(project, store)
    if line == "3":
        change(project, macro_params=["ds", {"prev_ds": replacement_in(project)}])
    home = tmp_path / "airflow"
    first = place_awaited(home, line, *AWAITED)
    dag_file = compile_dag(project, tmp_path / "dags", line)
    with cluster(tmp_path, {IMAGE: image_of(project)}, namespaces=[NAMESPACE]) as running:
        running.put_secret("airflow-secrets", {"sql_alchemy_conn": "sqlite://"}, NAMESPACE)
        env = {**running.env, "AIRFLOW_VAR_ENV": "production"}
        run = run_dag(dag_file, home, LINES[line], env=env, logical_date=MOMENT, first=first)
        check_the_tasks(run)
        assert running.refused() == []
        check_the_pods(running)
        check_the_data(project, Path(running.claims()[0]["folder"]), store)


def check_the_tasks(run: DagRun) -> None:
    assert run.succeeded, run.log.read_text(encoding="utf-8")[-4000:]
    assert {task.task_id: task.state for task in run.tasks} == dict.fromkeys(
        [
            "wait_for_upstream-dag",
            "wait_for_another-upstream-dag.with-precise-task",
            "create_pipeline_storage",
            "data_volume_init",
            *("split_data", "train_model", "evaluate_model", "report"),
            "delete_pipeline_storage",
        ],
        "success",
    )


def check_the_pods(running: Cluster) -> None:
    pods = {pod["metadata"]["labels"]["task_id"]: pod for pod in running.pods()}
    assert len(pods) == len(running.pods()) == 5
    report = pods["report"]
    assert report["metadata"]["labels"]["spark_driver"] == "report"
    assert "storage" not in [one["name"] for one in report["spec"].get("volumes") or ()]
    (container,) = pods["train_model"]["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "16", "memory": "128Gi"}
    assert '--params=ds="2026-01-02",prev_ds="2026-01-01",env="production"' in container["args"]
    (secret,) = (one for one in container["env"] if one["name"] == "SQL_CONN")
    reference = {"name": "airflow-secrets", "key": "sql_alchemy_conn"}
    assert secret["valueFrom"]["secretKeyRef"] == reference


def check_the_data(project: Path, volume: Path, store: Path) -> None:
    ours = {name: read(store if name in WITHOUT_VOLUME else volume, name) for name in DATASETS}
    subprocess.run(
        [sys.executable, "-m", "kedro", "run"],
        cwd=project,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        capture_output=True,
        check=True,
    )
    assert ours == {name: read(project / "data", name) for name in DATASETS}


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
