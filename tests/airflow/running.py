"""Run one DAG file in a real Airflow on its embedded database, without a server."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
AIRFLOW_2 = ROOT / ".venvs" / "airflow-2" / "bin" / "python"
AIRFLOW_2_OLDEST = ROOT / ".venvs" / "airflow-2-oldest" / "bin" / "python"
AIRFLOW_3 = ROOT / ".venvs" / "airflow-3" / "bin" / "python"
AIRFLOW_3_OLDEST = ROOT / ".venvs" / "airflow-3-oldest" / "bin" / "python"
LINES = {"3": AIRFLOW_3, "2": AIRFLOW_2}
"""The newest Airflow of each line that DAG files are made for."""


@dataclass(frozen=True)
class TaskRun:
    """How one task ended, and how long it took in seconds: 0 on line 2, which does not say."""

    task_id: str
    state: str
    seconds: float


@dataclass(frozen=True)
class DagRun:
    """How a run ended; `log` is the file that holds all that Airflow said."""

    succeeded: bool
    tasks: tuple[TaskRun, ...]
    log: Path


def airflow_environment(home: Path) -> dict[str, str]:
    """Return the environment of an Airflow that has its own folder, database and DAGs."""
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


def migrate(home: Path, python: Path = AIRFLOW_3) -> None:
    """Make the database, which every run needs; a second call changes nothing."""
    (home / "dags").mkdir(parents=True, exist_ok=True)
    if (home / "airflow.db").exists():
        return
    with (home / "airflow.log").open("ab") as sink:
        subprocess.run(
            [python, "-m", "airflow", "db", "migrate"],
            env=airflow_environment(home),
            stdout=sink,
            stderr=subprocess.STDOUT,
            check=True,
        )


def run_dag(
    dag_file: Path,
    home: Path,
    python: Path = AIRFLOW_3,
    *,
    env: Mapping[str, str] | None = None,
    conf: Mapping[str, object] | None = None,
    logical_date: date | None = None,
    on_state: Callable[[str, str], None] = lambda task_id, state: None,
) -> DagRun:
    """Run the DAG of a file once, with `airflow dags test`; report each change of a state.

    `conf` is what the run is triggered with; without a `logical_date` the run stands for now.
    """
    migrate(home, python)
    if dag_file.parent != home / "dags":
        shutil.copy(dag_file, home / "dags")
    log, database = home / "airflow.log", home / "airflow.db"
    before = _newest_change(database)
    seen: dict[str, str] = {}
    with log.open("ab") as sink:
        run = subprocess.Popen(
            [python, "-m", "airflow", *_test_arguments(dag_file.stem, conf, logical_date)],
            env={**airflow_environment(home), **(env or {})},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        ended = False
        while not ended:
            ended = run.poll() is not None
            for task in _task_runs(database, dag_file.stem, before):
                if seen.get(task.task_id) != task.state:
                    seen[task.task_id] = task.state
                    on_state(task.task_id, task.state)
            time.sleep(0 if ended else 0.3)
    return DagRun(run.returncode == 0, _task_runs(database, dag_file.stem, before), log)


def _test_arguments(
    dag_id: str, conf: Mapping[str, object] | None, logical_date: date | None
) -> list[str]:
    dated = [logical_date.isoformat()] if logical_date else []
    return ["dags", "test", dag_id, *dated, *(["--conf", json.dumps(dict(conf))] if conf else [])]


def _newest_change(database: Path) -> str:
    """Return when a run changed last: all that the next run leaves is newer."""
    ((newest,),) = _rows(database, "SELECT COALESCE(MAX(updated_at), '') FROM dag_run")
    return str(newest)


def _task_runs(database: Path, dag_id: str, since: str) -> tuple[TaskRun, ...]:
    """Read the tasks' states; Airflow's own table says more, and sooner, than its command line."""
    query = (
        "SELECT task_id, t.state, duration FROM task_instance t JOIN dag_run r "
        "USING (dag_id, run_id) WHERE dag_id = ? AND r.updated_at > ? AND t.state IS NOT NULL "
        "ORDER BY t.start_date IS NULL, t.start_date, task_id"
    )
    rows = _rows(database, query, dag_id, since)
    return tuple(TaskRun(task_id, state, seconds or 0.0) for task_id, state, seconds in rows)


def _rows(database: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query, values).fetchall()
