"""Answers of MLflow for a server that only keeps what it was asked, and a reader of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.lower.airflow.embedded.local_http import Answer, Asked
from tests.services.mlflow_server import Mlflow

API = "/api/2.0/mlflow/"
EXPERIMENT = {"experiment": {"experiment_id": "1", "lifecycle_stage": "active"}}
NEW_RUN = {"run": {"info": {"run_id": "run-1"}, "data": {}}}
MISSING = 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}
EXISTS = 400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "it exists"}

FINE: Mapping[str, Answer] = {
    "experiments/get-by-name": (200, EXPERIMENT),
    "runs/search": (200, {}),
    "runs/create": (200, NEW_RUN),
    "runs/update": (200, {}),
    "runs/log-batch": (200, {}),
}


def fine(asked: Asked) -> Answer:
    """Answer like an MLflow with one experiment and no run."""
    return FINE[path_of(asked)]


def path_of(asked: Asked) -> str:
    """What is asked for, without the query and what all paths begin with."""
    return asked.path.partition("?")[0].removeprefix(API)


def runs_of(mlflow: Mlflow, experiment: str) -> list[dict[str, Any]]:
    """The runs of an experiment in short; the newest first."""
    return [
        {
            **run["info"],
            "params": {item["key"]: item["value"] for item in run["data"].get("params", [])},
            "tags": {item["key"]: item["value"] for item in run["data"].get("tags", [])},
        }
        for run in mlflow.runs(experiment)
    ]
