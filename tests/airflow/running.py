"""Run one DAG file in a real Airflow on its embedded database, without a server."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

ROOT = Path(__file__).parents[2]
AIRFLOW_2 = ROOT / ".venvs" / "airflow-2" / "bin" / "python"
AIRFLOW_2_OLDEST = ROOT / ".venvs" / "airflow-2-oldest" / "bin" / "python"
AIRFLOW_3 = ROOT / ".venvs" / "airflow-3" / "bin" / "python"
AIRFLOW_3_OLDEST = ROOT / ".venvs" / "airflow-3-oldest" / "bin" / "python"
LINES = {"3": AIRFLOW_3, "2": AIRFLOW_2}
"""The newest Airflow of each line that DAG files are made for."""
PATIENCE = 120
"""Seconds to wait for a locked database; SQLite's own 5 are too few on a loaded machine."""


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
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout={PATIENCE}",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


def migrate(home: Path, python: Path = AIRFLOW_3) -> None:
    """Make the database, which every run needs; a second call changes nothing."""
    (home / "dags").mkdir(parents=True, exist_ok=True)
    if not (home / "airflow.db").exists():
        (home / "airflow.db").write_bytes(_fresh_database(python))


@cache
def _fresh_database(python: Path) -> bytes:
    """Return what `airflow db migrate` leaves: it takes seconds, and says nothing of its folder."""
    with TemporaryDirectory(prefix="kairflow-") as folder:
        home = Path(folder)
        made = subprocess.run(
            [python, "-m", "airflow", "db", "migrate"],
            env=airflow_environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, (made.stdout + made.stderr)[-3000:]
        return _whole_database(home / "airflow.db")


def _whole_database(path: Path) -> bytes:
    """Return one file's bytes of a database that may have left some of itself beside it."""
    copy = path.with_suffix(".copy")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy.read_bytes()


def run_dag(
    dag_file: Path,
    home: Path,
    python: Path = AIRFLOW_3,
    *,
    env: Mapping[str, str] | None = None,
    conf: Mapping[str, object] | None = None,
    logical_date: date | None = None,
    first: Sequence[Sequence[str]] = (),
    on_state: Callable[[str, str], None] | None = None,
) -> DagRun:
    """Run the DAG of a file once, with `airflow dags test`; tell `on_state` of each change.

    `conf` is what the run is triggered with; without a `logical_date` the run stands for now.
    The commands in `first` run before it, in the same process, and must succeed too.
    """
    migrate(home, python)
    _place(dag_file, home)
    log, database = home / "airflow.log", home / "airflow.db"
    before = _newest_change(database)
    commands = [*first, _test_arguments(dag_file.stem, conf, logical_date)]
    with log.open("ab") as sink:
        run = _start(home, python, commands, env or {}, sink)
        if on_state is not None:
            _watch(run, lambda: _task_runs(database, dag_file.stem, before), on_state)
        run.wait()
    return DagRun(run.returncode == 0, _task_runs(database, dag_file.stem, before), log)


def run_dags(
    dag_files: Sequence[Path], home: Path, python: Path, env: Mapping[str, str] | None = None
) -> list[DagRun]:
    """Run the DAGs of some files once, one after the other, all in one process."""
    migrate(home, python)
    log, database = home / "airflow.log", home / "airflow.db"
    for dag_file in dag_files:
        _place(dag_file, home)
    commands = [_test_arguments(dag_file.stem) for dag_file in dag_files]
    with log.open("ab") as sink:
        _start(home, python, commands, env or {}, sink).wait()
    return [
        DagRun(_succeeded(database, dag_id), _task_runs(database, dag_id, ""), log)
        for dag_id in (dag_file.stem for dag_file in dag_files)
    ]


def _place(dag_file: Path, home: Path) -> None:
    if dag_file.parent != home / "dags":
        shutil.copy(dag_file, home / "dags")


def _start(
    home: Path,
    python: Path,
    commands: Sequence[Sequence[str]],
    env: Mapping[str, str],
    sink: BinaryIO,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [python, Path(__file__).with_name("commands.py"), json.dumps(commands)],
        env={**airflow_environment(home), **env},
        stdout=sink,
        stderr=subprocess.STDOUT,
    )


def _watch(
    run: subprocess.Popen[bytes],
    tasks: Callable[[], tuple[TaskRun, ...]],
    on_state: Callable[[str, str], None],
) -> None:
    """Look at the tasks until the run has ended, and once more then."""
    seen: dict[str, str] = {}
    ended = False
    while not ended:
        ended = run.poll() is not None
        for task in tasks():
            if seen.get(task.task_id) != task.state:
                seen[task.task_id] = task.state
                on_state(task.task_id, task.state)
        time.sleep(0 if ended else 0.3)


def _test_arguments(
    dag_id: str, conf: Mapping[str, object] | None = None, logical_date: date | None = None
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


def _succeeded(database: Path, dag_id: str) -> bool:
    """Say how the only run of a DAG ended."""
    query = "SELECT state FROM dag_run WHERE dag_id = ?"
    return _rows(database, query, dag_id) == [("success",)]


def _rows(database: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    address = f"file:{database}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as connection:
        return connection.execute(query, values).fetchall()
