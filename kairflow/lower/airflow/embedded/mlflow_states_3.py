"""The states of a DAG run's tasks on Airflow 3, where the API server tells them."""

from __future__ import annotations

from typing import Any


def task_states(ti: Any) -> dict[str, Any]:
    """Return the state of each task of this DAG run."""
    runs = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])
    return dict(runs[ti.run_id])
