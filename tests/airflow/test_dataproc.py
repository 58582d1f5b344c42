"""What Dataproc is asked for, by the real operators on every Airflow, read by Google's messages."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kairflow.ir import Document
from kairflow.ir.artefacts import name_artefacts
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import AirflowLine, Options
from tests.airflow.conftest import ENVIRONMENTS, Environment
from tests.airflow.running import airflow_environment
from tests.lower.airflow.spark_documents import (
    ARCHIVE,
    DATAPROC,
    FIRST,
    LAST,
    SERVERLESS,
    spark_document,
)

HERE = Path(__file__).parent
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
XCOM = "<xcom start_mlflow_run return_value>"
EVERYTHING = {
    "mlflow": {"tracking_uri": "http://mlflow.example.com"},
    "env_vars": ["DB_URL"],
    "macro_params": ["ds"],
}
VARIABLES = {"AIRFLOW_VAR_DB_URL": "postgres://$(x)"}


FIXED = {
    **DATAPROC,
    "cluster_name": "ephemeral",
    "cluster_config": {
        **DATAPROC["cluster_config"],
        "initialization_actions": [{"executable_file": "gs://bucket/own.sh"}],
    },
}
DOCUMENTS = {
    "cluster": spark_document(
        {**DATAPROC, "conf": {"spark.sql.shuffle.partitions": 8}, "connection_id": "gcp"},
        **EVERYTHING,
    ),
    "fixed": spark_document(FIXED),
    "batches": spark_document(
        {**SERVERLESS, "conf": {"spark.executor.cores": "4", "spark.x": "y"}}, **EVERYTHING
    ),
}
Calls = dict[str, list[dict[str, Any]]]


def recorded(
    documents: dict[str, Document], environment: Environment, home: Path
) -> dict[str, Calls]:
    """Return what each task of each document asked Dataproc for."""
    line, paths = AirflowLine(environment.line), []
    for name, document in documents.items():
        paths.append(home / f"{name}.py")
        paths[-1].write_text(compile_dag(document, Options(line)).text)
    answer = subprocess.run(
        [environment.python, HERE / "record_dataproc.py", *paths],
        env={**airflow_environment(home), **VARIABLES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    report: dict[str, Calls] = json.loads(answer.stdout)
    return report


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Calls]]:
    """What was recorded, by the name of the environment: starting Airflow takes its time."""
    return {}


@pytest.fixture
def calls_of(
    environment: Environment,
    reports: dict[str, dict[str, Calls]],
    tmp_path: Path,
) -> dict[str, Calls]:
    if environment.name not in reports:
        reports[environment.name] = recorded(DOCUMENTS, environment, tmp_path)
    return reports[environment.name]


def runner_of(document: Document, group: str) -> str:
    files = name_artefacts(document)
    assert files is not None
    return files.runners[group]


def test_a_cluster_is_made_used_and_deleted(calls_of: dict[str, Calls]) -> None:
    document, calls = DOCUMENTS["cluster"], calls_of["cluster"]
    assert list(calls) == ["create-spark-cluster", FIRST, LAST, "delete-spark-cluster"]
    (create,), (first,), (last,), (delete,) = calls.values()
    for call in (create, first, last, delete):
        assert call["region"] == "europe-west1"
        assert call["project_id"] == "target-project"
        assert call["connection"] == "gcp"
    name = create["cluster_name"]
    assert re.fullmatch(f"shop-{UUID}", name)
    assert len(name) <= 51
    assert delete["cluster_name"] == name
    config = create["read"]["config"]
    assert config["master_config"]["disk_config"]["boot_disk_size_gb"] == 35
    assert config["worker_config"]["disk_config"]["boot_disk_size_gb"] == 35
    (action,) = config["initialization_actions"]
    assert re.fullmatch(r"gs://bucket/packages/shop-[0-9a-f]{16}\.sh", action["executable_file"])
    for call, group in ((first, FIRST), (last, LAST)):
        job = call["read"]
        assert job["placement"]["cluster_name"] == name
        assert job["pyspark_job"]["main_python_file_uri"] == runner_of(document, group)
        assert job["pyspark_job"]["args"] == [
            "COLUMNS=200",
            "DB_URL=postgres://$(x)",
            f"MLFLOW_RUN_ID={XCOM}",
            '--params=ds="2024-05-06"',
        ]
        assert job["pyspark_job"]["properties"] == {
            "spark.executorEnv.DB_URL": "postgres://$(x)",
            "spark.executorEnv.MLFLOW_RUN_ID": XCOM,
            "spark.sql.shuffle.partitions": "8",
        }
    assert re.fullmatch(UUID, first["request_id"])
    assert first["request_id"] != last["request_id"]


def test_a_fixed_name_stays_and_the_users_actions_come_first(
    calls_of: dict[str, Calls],
) -> None:
    (create,), (first,) = (calls_of["fixed"][task] for task in ("create-spark-cluster", FIRST))
    assert create["cluster_name"] == "ephemeral"
    assert create["connection"] == "google_cloud_default"
    actions = create["read"]["config"]["initialization_actions"]
    assert [one["executable_file"].rpartition("/")[2][:4] for one in actions] == ["own.", "shop"]
    assert first["read"]["placement"]["cluster_name"] == "ephemeral"


def test_a_batch_needs_no_cluster(calls_of: dict[str, Calls]) -> None:
    document, calls = DOCUMENTS["batches"], calls_of["batches"]
    assert list(calls) == [FIRST, LAST]
    (first,), (last,) = calls.values()
    for call, group in ((first, FIRST), (last, LAST)):
        assert re.fullmatch(f"shop-{UUID}", call["batch_id"])
        assert len(call["batch_id"]) <= 63
        job = call["read"]["pyspark_batch"]
        assert job["main_python_file_uri"] == runner_of(document, group)
        assert job["archive_uris"] == [f"gs://bucket/packages/{ARCHIVE.name}#project"]
        assert job["args"][-2:] == [f"MLFLOW_RUN_ID={XCOM}", '--params=ds="2024-05-06"']
        runtime = call["read"]["runtime_config"]
        assert runtime["version"] == "2.2"
        assert runtime["properties"] == {
            "spark.executorEnv.PYTHONPATH": "project/src",
            "spark.executorEnv.DB_URL": "postgres://$(x)",
            "spark.executorEnv.MLFLOW_RUN_ID": XCOM,
            "spark.executor.cores": "8",
            "spark.x": "y",
        }
        execution = call["read"]["environment_config"]["execution_config"]
        assert execution["subnetwork_uri"] == "default"
    assert first["batch_id"] != last["batch_id"]


def test_the_reader_of_the_requests_can_fail(tmp_path: Path) -> None:
    config = {**DATAPROC["cluster_config"], "gce_cluster_confg": {"a": 1}}
    wrong = {"wrong": spark_document({**DATAPROC, "cluster_config": config})}
    with pytest.raises(AssertionError, match="Unknown field"):
        recorded(wrong, ENVIRONMENTS[0], tmp_path)
