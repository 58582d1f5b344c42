"""Clear tasks of ended runs by `airflow tasks clear`, and print what lost its state each time.

    …/bin/python clear_tasks.py DATABASE '{"DAG_ID": [["--task-regex", "first"], …], …}'

Airflow makes the run of each DAG with its tasks marked as successful: what clearing reaches depends
on the DAG alone. Prints JSON: for each DAG the tasks of the run, then those of each clearing. One
process does it all, since Airflow takes seconds to start.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

# Started by its path, in an environment that has Airflow and no Kairflow.
sys.path[0] = str(Path(__file__).parents[2])

from tests.airflow.commands import run  # noqa: E402
from tests.airflow.running import PATIENCE  # noqa: E402


def ended(database: str, dag_id: str) -> list[str]:
    """Return the tasks of a run that are successful."""
    query = "SELECT task_id FROM task_instance WHERE dag_id = ? AND state = 'success'"
    with closing(sqlite3.connect(database, timeout=PATIENCE)) as connection:
        return [task_id for (task_id,) in connection.execute(query, (dag_id,))]


def lost(database: str, dag_id: str) -> list[str]:
    """Return the tasks without a state, and give them back what they had."""
    where = "WHERE dag_id = ? AND state IS NULL"
    with closing(sqlite3.connect(database, timeout=PATIENCE)) as connection, connection:
        rows = connection.execute(f"SELECT task_id FROM task_instance {where}", (dag_id,))
        found = [task_id for (task_id,) in rows]
        connection.execute(f"UPDATE task_instance SET state = 'success' {where}", (dag_id,))
    return found


def cleared(database: str, dag_id: str, clearings: Sequence[Sequence[str]]) -> list[list[str]]:
    run("dags", "test", "--mark-success-pattern", ".*", dag_id)
    found = [ended(database, dag_id)]
    for options in clearings:
        run("tasks", "clear", "--yes", *options, dag_id)
        found.append(lost(database, dag_id))
    return found


def main() -> None:
    database, asked = sys.argv[1], json.loads(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):
        report = {dag_id: cleared(database, dag_id, asked[dag_id]) for dag_id in asked}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
