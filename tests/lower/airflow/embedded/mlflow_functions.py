"""The embedded MLflow functions as a DAG file has them, without Airflow around them."""

from __future__ import annotations

import ssl
import time
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from tests.lower.airflow.embedded.dag_text import functions_of

NOW = datetime(2026, 11, 22, 20, 30, tzinfo=timezone.utc)


def mlflow_functions(
    url: str, access: str = "none", states: str = "3", **constants: object
) -> SimpleNamespace:
    """Run the source of the functions, with the names that the DAG file would import."""
    names: dict[str, Any] = {
        "Any": Any,
        "MLFLOW_EXPERIMENT": "apiary",
        "MLFLOW_URL": url,
        "NAMESPACE_URL": NAMESPACE_URL,
        "httpx": httpx,
        "ssl": ssl,
        "time": time,
        "uuid5": uuid5,
        **constants,
    }
    for module in (f"mlflow_access_{access}", f"mlflow_states_{states}", "mlflow"):
        exec(compile(functions_of(module), module, "exec"), names)
    return SimpleNamespace(**names)


def dag_run(run_id: str, **attributes: object) -> SimpleNamespace:
    """A DAG run as Airflow hands it over; by default one with a logical date."""
    return SimpleNamespace(dag_id="apiary", run_id=run_id, **{"logical_date": NOW, **attributes})


def task_instance(mlflow_run: str | None, **states: str) -> SimpleNamespace:
    """The instance of the closing task; every task but `delete` is before it."""
    return SimpleNamespace(
        dag_id="apiary",
        run_id="r1",
        task=SimpleNamespace(get_flat_relative_ids=lambda upstream: set(states) - {"delete"}),
        get_task_states=lambda dag_id, run_ids: {run_ids[0]: {**states, "end": "running"}},
        xcom_pull=lambda task_ids: mlflow_run if task_ids == "start_mlflow_run" else None,
    )


class Xcoms:
    """What a task instance is told to hand on."""

    def __init__(self) -> None:
        self.pushed: dict[str, str] = {}

    def xcom_push(self, key: str, value: str) -> None:
        self.pushed[key] = value
