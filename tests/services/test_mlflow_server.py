"""The MLflow server: it is a real one, and it can be read."""

from __future__ import annotations

from tests.services.mlflow_server import Mlflow, tags


def test_it_holds_experiments_and_runs(mlflow: Mlflow) -> None:
    made = mlflow.post("experiments/create", {"name": "shop"})["experiment_id"]
    run = {"experiment_id": made, "tags": [{"key": "kairflow.run", "value": "r1"}]}
    mlflow.post("runs/create", run)
    assert {item["name"] for item in mlflow.experiments()} == {"Default", "shop"}
    (found,) = mlflow.runs("shop")
    assert tags(found)["kairflow.run"] == "r1"
    assert mlflow.runs("nothing") == []
