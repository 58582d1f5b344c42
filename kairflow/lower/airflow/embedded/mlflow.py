"""The MLflow run of one DAG run, over MLflow's REST API: a setup starts it, a teardown ends it.

`mlflow_access` comes from one of the modules mlflow_access_*, `task_states` from mlflow_states_2
or mlflow_states_3.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from kairflow.lower.airflow.embedded.mlflow_access_none import mlflow_access
from kairflow.lower.airflow.embedded.mlflow_states_3 import task_states

# Lowering writes these.
MLFLOW_URL = "https://mlflow.example.com"
MLFLOW_EXPERIMENT = "apiary"


def start_mlflow_run(image: str, dag_run: Any, ti: Any) -> str:
    """Start the MLflow run of this DAG run, or the one it has, again."""
    logged = {
        "image": image,
        "dag_id": dag_run.dag_id,
        "execution_date": (dag_run.logical_date or dag_run.run_after).isoformat(),
    }
    with open_mlflow() as mlflow:
        run = find_or_create_run(mlflow, find_or_create_experiment(mlflow), dag_run)
        run_id = str(run["info"]["run_id"])
        started = {"run_id": run_id, "status": "RUNNING"}
        ask_mlflow(mlflow, "POST", "runs/update", started)
        # MLflow refuses another value for a parameter that it has.
        known = [param["key"] for param in run["data"].get("params", [])]
        params = [{"key": k, "value": v} for k, v in logged.items() if k not in known]
        ask_mlflow(mlflow, "POST", "runs/log-batch", {"run_id": run_id, "params": params})
    # Pod templates may ask for it by this name.
    ti.xcom_push(key="mlflow_run_id", value=run_id)
    return run_id


def end_mlflow_run(ti: Any) -> None:
    """Close the MLflow run with how the tasks before this one ended."""
    run_id = ti.xcom_pull(task_ids="start_mlflow_run")
    if not run_id:
        return
    states = task_states(ti)
    before = ti.task.get_flat_relative_ids(upstream=True)
    failed = [name for name in before if states.get(name) in ("failed", "upstream_failed")]
    ended = {
        "run_id": run_id,
        "status": "FAILED" if failed else "FINISHED",
        "end_time": int(time.time() * 1000),
    }
    with open_mlflow() as mlflow:
        ask_mlflow(mlflow, "POST", "runs/update", ended)


def find_or_create_run(mlflow: httpx.Client, experiment: str, dag_run: Any) -> Any:
    """Return the MLflow run that bears the tag of this DAG run."""
    tag = str(uuid5(NAMESPACE_URL, dag_run.dag_id + "/" + dag_run.run_id))
    wanted = {
        "experiment_ids": [experiment],
        "filter": f"tags.`kairflow.run` = '{tag}'",
        "max_results": 1,
    }
    found = ask_mlflow(mlflow, "POST", "runs/search", wanted).get("runs", [])
    if found:
        return found[0]
    new = {
        "experiment_id": experiment,
        "run_name": dag_run.run_id,
        "start_time": int(time.time() * 1000),
        "tags": [{"key": "kairflow.run", "value": tag}],
    }
    return ask_mlflow(mlflow, "POST", "runs/create", new)["run"]


def find_or_create_experiment(mlflow: httpx.Client) -> str:
    """Return the id of the experiment."""
    found = find_experiment(mlflow)
    if found:
        return found
    new = {"name": MLFLOW_EXPERIMENT}
    created = ask_mlflow(mlflow, "POST", "experiments/create", new, "RESOURCE_ALREADY_EXISTS")
    # Another DAG run may have created it in between.
    experiment = created.get("experiment_id") or find_experiment(mlflow)
    if not experiment:
        raise RuntimeError(f"MLflow neither finds nor creates {MLFLOW_EXPERIMENT}.")
    return str(experiment)


def find_experiment(mlflow: httpx.Client) -> str:
    """Return the id of the experiment, or nothing when there is none."""
    wanted = {"experiment_name": MLFLOW_EXPERIMENT}
    path = "experiments/get-by-name"
    found = ask_mlflow(mlflow, "GET", path, wanted, "RESOURCE_DOES_NOT_EXIST")
    if not found:
        return ""
    experiment = found["experiment"]
    if experiment["lifecycle_stage"] == "deleted":
        raise RuntimeError(f"The MLflow experiment {MLFLOW_EXPERIMENT} is deleted; restore it.")
    return str(experiment["experiment_id"])


def ask_mlflow(
    mlflow: httpx.Client, method: str, path: str, fields: dict[str, Any], expected_error: str = ""
) -> dict[str, Any]:
    """Return what MLflow answers; nothing when it is the expected error."""
    params = fields if method == "GET" else None
    body = fields if method == "POST" else None
    try:
        response = mlflow.request(method, path, params=params, json=body)
    except httpx.TransportError as error:
        raise RuntimeError(f"MLflow at {MLFLOW_URL} cannot be reached: {error}") from error
    return mlflow_answer(response, expected_error)


def mlflow_answer(response: httpx.Response, expected_error: str) -> dict[str, Any]:
    """Read an answer of MLflow; what is no answer of MLflow is an error."""
    try:
        answer = dict(response.json())
    except (TypeError, ValueError):
        answer = None
    if response.is_success and answer is not None:
        return answer
    if expected_error and answer and answer.get("error_code") == expected_error:
        return {}
    status = response.status_code
    text = response.text[:500]
    raise RuntimeError(f"MLflow at {MLFLOW_URL} answered {status}: {text}")


def open_mlflow() -> httpx.Client:
    """Open the connection to MLflow; redirects are not followed."""
    api = f"{MLFLOW_URL}/api/2.0/mlflow/"
    return httpx.Client(base_url=api, timeout=60, follow_redirects=False, **mlflow_access())
