"""Make pools, and print how Airflow understands a DAG file, as JSON.

    AIRFLOW_HOME=… …/bin/python airflow_view.py DAG_FILE POOL…

Started by its path, in an environment that has Airflow and no Kairflow, with a database.
"""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[3])

from tests.airflow.inspect_dag import load, serialise  # noqa: E402

DAG = ("catchup", "description", "max_active_runs", "start_date")
TASK = (
    *("retries", "retry_delay", "retry_exponential_backoff", "max_retry_delay"),
    *("execution_timeout", "pool", "pool_slots", "priority_weight", "owner", "deferrable"),
    *("startup_timeout_seconds", "timeout", "check_existence", "execution_delta"),
    *("external_dag_id", "external_task_id"),
)


def main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        make_pools(sys.argv[2:])
        bag, _ = load(Path(sys.argv[1]))
        (dag,) = bag.dags.values()
        document, _ = serialise(dag)
        tasks = {task.task_id: task_view(task) for task in dag.tasks}
        attributes = {name: plain(getattr(dag, name)) for name in DAG}
    timetable = document["dag"]["timetable"]
    json.dump({"dag": {**attributes, "timetable": timetable}, "tasks": tasks}, sys.stdout)


def make_pools(names: list[str]) -> None:
    from airflow.models.pool import Pool

    for name in names:
        Pool.create_or_update_pool(name, 8, "of the tests", include_deferred=False)


def task_view(task: Any) -> dict[str, Any]:
    """Return the attributes of a task that the configuration speaks of."""
    return {name: plain(getattr(task, name, None)) for name in TASK}


def plain(value: Any) -> Any:
    """Return a time span in seconds, and a moment as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


if __name__ == "__main__":
    main()
