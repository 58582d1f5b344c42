"""The states of a DAG run's tasks on Airflow 2, where tasks read the database."""

from __future__ import annotations

from typing import Any


def task_states(ti: Any) -> dict[str, Any]:
    """Return the state of each task of this DAG run."""
    tasks = ti.get_dagrun().get_task_instances()
    return {task.task_id: task.state for task in tasks}
