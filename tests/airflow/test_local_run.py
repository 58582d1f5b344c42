"""The local DAG, run by real Airflow: it leaves what plain `kedro run` leaves, and it can fail."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.airflow.compiling import EXAMPLE, as_processes, compile_project
from tests.airflow.running import AIRFLOW_3, airflow_environment, migrate, run_dag


def compile_local(project: Path, dags: Path, python: str, *export: str) -> Path:
    return compile_project(project, dags, export=export, lower=as_processes(project, python))


def data_of(project: Path) -> dict[str, str]:
    """Digest every file below `data`, with the time stamps of versions left out of the paths."""
    files = (path for path in sorted((project / "data").rglob("*")) if path.is_file())
    return {
        "/".join(
            "VERSION" if part[:4].isdecimal() and "T" in part else part
            for part in path.relative_to(project).parts
        ): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_airflow_leaves_what_plain_kedro_leaves(tmp_path: Path) -> None:
    plain, ours = tmp_path / "plain", tmp_path / "ours"
    shutil.copytree(EXAMPLE, plain)
    shutil.copytree(EXAMPLE, ours)
    raw = data_of(plain)
    subprocess.run(
        [sys.executable, "-m", "kedro", "run"],
        cwd=plain,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        capture_output=True,
        check=True,
    )
    home = tmp_path / "airflow"
    run = run_dag(compile_local(ours, home / "dags", sys.executable), home)
    assert run.succeeded, run.log.read_text(encoding="utf-8")[-3000:]
    assert {task.state for task in run.tasks} == {"success"}
    expected = data_of(plain)
    assert len(expected) > len(raw) + 8
    assert "data/08_reporting/metrics.json" in expected
    assert data_of(ours) == expected


@pytest.fixture
def home(tmp_path: Path) -> Path:
    migrate(tmp_path / "airflow")
    return tmp_path / "airflow"


def test_a_failing_node_fails_the_run_and_what_comes_after(tmp_path: Path, home: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    (project / "data" / "01_raw" / "hives.csv").unlink()
    nodes = "clean_hives,clean_weighings,check_weighings,weekly_gains"
    dag_file = compile_local(project, home / "dags", sys.executable, "--nodes", nodes)
    run = run_dag(dag_file, home)
    states = {task.task_id: task.state for task in run.tasks}
    assert not run.succeeded
    assert states == {
        "clean_hives": "failed",
        "clean_weighings--weekly_gains": "upstream_failed",
    }
    log = run.log.read_text(encoding="utf-8")
    assert "kedro run ended with exit code 1" in log
    assert "hives.csv" in log


FAKE = """\
#!{python}
import json, os, subprocess, time

child = subprocess.Popen(["sleep", "3600"])
with open("{pids}.new", "w") as file:
    json.dump([os.getpid(), child.pid], file)
os.replace("{pids}.new", "{pids}")
time.sleep(3600)
"""
"""Stands in for the Python of a project: says who it is, and whom it started, and stays."""


def test_the_child_ends_with_its_task(tmp_path: Path, home: Path) -> None:
    """Interrupting Airflow must not leave a `kedro run` behind, nor what it started."""
    pids, fake = tmp_path / "pids.json", tmp_path / "python"
    fake.write_text(FAKE.format(python=sys.executable, pids=pids), encoding="utf-8")
    fake.chmod(0o755)
    dag_file = compile_local(EXAMPLE, home / "dags", str(fake), "--nodes", "clean_hives")
    command = ("dags", "test", dag_file.stem)
    with (tmp_path / "log").open("wb") as sink:
        airflow = subprocess.Popen(
            # Tests that run in the background of a shell ignore interrupts, and who they start.
            ["env", "--default-signal=INT", AIRFLOW_3, "-m", "airflow", *command],
            env=airflow_environment(home),
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(lambda: pids.exists() or airflow.poll() is not None, seconds=600)
        assert pids.exists(), (tmp_path / "log").read_text(encoding="utf-8")[-3000:]
        assert all(map(_is_alive, _read(pids)))
        airflow.send_signal(signal.SIGINT)
        airflow.wait(timeout=120)
        _wait_for(lambda: not any(map(_is_alive, _read(pids))), seconds=120)
    finally:
        airflow.kill()
        airflow.wait()
        _kill(_read(pids) if pids.exists() else ())


def _read(pids: Path) -> list[int]:
    found: list[int] = json.loads(pids.read_text(encoding="utf-8"))
    return found


def _wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _kill(pids: Iterable[int]) -> None:
    for pid in filter(_is_alive, pids):
        os.kill(pid, signal.SIGKILL)
