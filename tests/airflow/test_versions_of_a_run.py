"""With `versions: run` the tasks of a run share one version, also when one is tried again."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from tests.airflow.cluster_project import make_project
from tests.airflow.compiling import as_processes, compile_project
from tests.airflow.running import LINES, ROOT, DagRun, run_dag

PROBE = ROOT / "tests" / "projects" / "probe"
CONFIG = {"versions": "run", "retries": 1, "retry_delay": 1}
DATASETS = ("drawn", "checked", "used")


def compile_versioned(project: Path, dags: Path, line: str) -> Path:
    """Compile the pipeline for the local runtime; its producer is one task of two nodes."""
    what = ("--pipeline", "versioned", "--group-by", "tag", "--env", "cluster")
    return compile_project(
        project, dags, export=what, lower=("--airflow", line, *as_processes(project))
    )


def versions_in(project: Path) -> set[tuple[str, str]]:
    """Return dataset and version for all that there is."""
    paths = (project / "data").glob("*.json/*/*.json")
    return {(path.stem, path.parent.name) for path in paths}


def read(project: Path, name: str, version: str) -> Any:
    path = project / "data" / f"{name}.json" / version / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def size_of(log: Path) -> int:
    """Return where the next run will go on in the log that all runs share."""
    return log.stat().st_size if log.exists() else 0


def check_one_run(project: Path, run: DagRun, said: str, before: set[tuple[str, str]]) -> None:
    """All is new, all has one version, and the consumer read what the second try left."""
    assert run.succeeded, said[-4000:]
    assert len(run.tasks) == 2
    assert "planned, in the first try" in said
    new = versions_in(project) - before
    (version,) = {version for _, version in new}
    assert new == {(name, version) for name in DATASETS}
    drawn = read(project, "drawn", version)
    assert read(project, "used", version) == {"drawn": drawn, "checked": drawn}


def test_all_tasks_of_a_run_share_one_version(tmp_path: Path, line: str) -> None:
    project, home = make_project(tmp_path, CONFIG, PROBE), tmp_path / "airflow"
    shutil.rmtree(project / "data", ignore_errors=True)
    (project / "data").mkdir()
    dag_file = compile_versioned(project, tmp_path / "dags", line)
    for day in (date(2026, 1, 2), date(2026, 1, 3)):
        before, said_before = versions_in(project), size_of(home / "airflow.log")
        run = run_dag(dag_file, home, LINES[line], logical_date=day)
        said = run.log.read_bytes()[said_before:].decode()
        check_one_run(project, run, said, before)
    assert len({version for _, version in versions_in(project)}) == 2
