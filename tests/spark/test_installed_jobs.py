"""From the commands to a job on an initialised machine: archive, script and runner fit together."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spark.running import (
    SPARK_4,
    copy_orchard,
    run,
    spark_environment,
    submit,
    succeeded,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example project in a repository of its own; its requirements are there already."""
    folder = copy_orchard(SPARK_4, tmp_path / "project")
    (folder / "requirements.txt").write_text("six\n", encoding="utf-8")
    config = folder / "conf" / "base" / "airflow-k8s.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace("gs://orchard-example/artefacts", str(tmp_path / "bucket"))
    text = text.replace("after_installation.sh", "mark.sh")
    config.write_text(text, encoding="utf-8")
    script = folder / "src" / "scripts" / "mark.sh"
    script.write_text('echo "installed in $PROJECT_HOME" > "$PROJECT_HOME/mark"\n')
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def machine_python(tmp_path: Path) -> Path:
    """A Python to install into, which sees Spark and Kedro but nothing of the project."""
    subprocess.run([SPARK_4.python, "-m", "venv", tmp_path / "venv"], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    (theirs,) = SPARK_4.python.parents[1].glob("lib/python3*/site-packages")
    (packages / "spark.pth").write_text(f"{theirs}\n", encoding="utf-8")
    return tmp_path / "venv" / "bin" / "python"


def compile_into(bucket: Path, project: Path, dags: Path) -> None:
    """Export and lower, with everything for Spark in a folder that stands for a bucket."""
    kairflow = (sys.executable, "-m", "kairflow")
    ir = dags / "ir.json"
    env = spark_environment(SPARK_4)
    export = ("export", "--project", project, "--archive", bucket, "-o", ir)
    succeeded(run([*kairflow, *export], project, env))
    succeeded(run([*kairflow, "lower", ir, "--artifacts", bucket, "-o", dags], project, env))


def test_an_initialised_machine_runs_the_job(
    project: Path, machine_python: Path, tmp_path: Path, scripts: Path
) -> None:
    bucket, home = tmp_path / "bucket", tmp_path / "home"
    dags = tmp_path / "dags"
    dags.mkdir()
    compile_into(bucket, project, dags)
    dag = (dags / "orchard.py").read_text(encoding="utf-8")
    (init,) = bucket.glob("*.sh")
    runners = sorted(path for path in bucket.iterdir() if path.suffix == ".py")
    for path in (init, *runners):
        assert f'"{path}"' in dag, "the DAG asks for another file"

    # This machine is shared, so the project does not go to /opt.
    text = init.read_text(encoding="utf-8")
    assert "PROJECT_HOME=/opt/orchard\n" in text
    init.write_text(text.replace("/opt/orchard", str(home)), encoding="utf-8")
    env = spark_environment(SPARK_4, PROJECT_HOME=str(home), PYSPARK_PYTHON=str(machine_python))
    initialised = run(["bash", init], scripts, {**env, "PYTHON": str(machine_python)})
    assert succeeded(initialised).count("Successfully installed") >= 1
    assert (home / "mark").read_text(encoding="utf-8") == f"installed in {home}\n"
    where: list[str | Path] = [machine_python, "-c", "import orchard; print(orchard.__file__)"]
    assert succeeded(run(where, scripts, env)).startswith(str(machine_python.parents[1]))

    # Data stays out of the archive.
    shutil.copytree(project / "data" / "01_raw", home / "data" / "01_raw", dirs_exist_ok=True)
    succeeded(run([machine_python, "-m", "kedro", "run", "--nodes=clean_trees"], home, env))
    (runner,) = (path for path in runners if "compute_revenue" in path.name)
    succeeded(submit(SPARK_4, runner, cwd=scripts, env=env))
    assert list((home / "data" / "03_primary" / "revenue.parquet").glob("*.parquet"))
