"""DAG files put together by hand around embedded functions, to run these in real Airflow."""

from __future__ import annotations

import ast

from tests.airflow.running import ROOT

EMBEDDED = ROOT / "kairflow" / "lower" / "airflow" / "embedded"

IMPORTS = {
    "3": """
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Variable
""",
    "2": """
from airflow import DAG
from airflow.models import Variable
from airflow.operators.python import PythonOperator
""",
}
COMMON_IMPORTS = """
import os
import ssl
import time
from datetime import datetime, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token
from kubernetes.client import ApiException
"""
RUN = """
CLAIM_NAME = (
    "apiary-{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id) }}"
)
MLFLOW_RUN_ID = "{{ ti.xcom_pull(task_ids='start_mlflow_run') }}"


def work(mlflow_run: str, task_id: str) -> None:
    print("MLFLOW_RUN_ID is", mlflow_run)
    if task_id == FAILING_TASK:
        raise RuntimeError("this task is asked to fail")


with DAG(dag_id=DAG_ID, schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):
    start = PythonOperator(
        task_id="start_mlflow_run", python_callable=start_mlflow_run, op_kwargs={"image": IMAGE}
    ).as_setup()
    create = PythonOperator(
        task_id="create_pipeline_storage", python_callable=create_claim, op_args=[CLAIM_NAME]
    ).as_setup()
    init = PythonOperator(
        task_id="data_volume_init", python_callable=work, op_args=["none", "data_volume_init"]
    ).as_setup()
    first = PythonOperator(
        task_id="first", python_callable=work, op_args=[MLFLOW_RUN_ID, "first"]
    )
    second = PythonOperator(
        task_id="second", python_callable=work, op_args=[MLFLOW_RUN_ID, "second"]
    )
    other = PythonOperator(
        task_id="other", python_callable=work, op_args=[MLFLOW_RUN_ID, "other"]
    )
    delete = PythonOperator(
        task_id="delete_pipeline_storage", python_callable=delete_claim, op_args=[CLAIM_NAME]
    ).as_teardown(setups=create)
    end = PythonOperator(
        task_id="end_mlflow_run", python_callable=end_mlflow_run
    ).as_teardown(setups=start)
    create >> init >> [first, other]
    start >> [first, other]
    first >> second
    [second, other] >> delete
    [second, other] >> end
"""


def functions_of(module: str) -> str:
    """The source of a module's functions, as it stands."""
    text = (EMBEDDED / f"{module}.py").read_text(encoding="utf-8")
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return "\n\n\n".join(ast.get_source_segment(text, node) or "" for node in found)


def constants_text(**constants: object) -> str:
    """What lowering writes at the top of a DAG file, as far as the functions need it."""
    values = {
        "IMAGE": "registry.example.com/apiary:1.0",
        "NAMESPACE": "analytics",
        "CLAIM_SPEC": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "MLFLOW_EXPERIMENT": "apiary",
        "FAILING_TASK": None,
        **constants,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())


def dag_text(dag_id: str, line: str, url: str, *, access: str = "none", **constants: object) -> str:
    """A DAG file with claim, MLflow run and three tasks."""
    modules = ("claims", f"mlflow_access_{access}", f"mlflow_states_{line}", "mlflow")
    functions = "\n\n\n".join(map(functions_of, modules))
    top = constants_text(DAG_ID=dag_id, MLFLOW_URL=url, **constants)
    return f"{COMMON_IMPORTS}{IMPORTS[line]}\n{top}\n\n\n{functions}\n\n{RUN}"
