"""Spark on Kubernetes: what the real operators ask for, and the pods that the real Spark makes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kairflow.ir.model import Document
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import AirflowLine, Options
from tests.airflow.conftest import ENVIRONMENTS, Environment
from tests.airflow.running import airflow_environment
from tests.airflow.spark_cluster import (
    SPARKS,
    driver_objects,
    executor_objects,
    pods_of,
    write_kubeconfig,
)
from tests.lower.airflow.rendering import expanded_by_kubernetes
from tests.lower.airflow.spark_documents import (
    FIRST,
    KUBERNETES,
    LAST,
    OPERATOR,
    spark_document,
)
from tests.lower.airflow.test_spark_conf import DOCUMENTED

HERE = Path(__file__).parent
XCOM = "<xcom start_mlflow_run return_value>"
MASTER = "k8s://https://cluster.example.com:6443"
CONNECTION = {"conn_type": "spark", "host": "k8s://https://cluster.example.com", "port": 6443}
PASSWORD = "u:$$p@$(HOST)"
TYPED = {"cost": "$(x) $$ {{ ds }}", "steps": ["a,b", "10:30"]}
EVERYTHING: dict[str, Any] = {
    "mlflow": {"tracking_uri": "http://mlflow.example.com"},
    "env_vars": ["DB_URL"],
    "service_account_name": "runner",
    "image_pull_secrets": ["a", "b"],
    "secrets": [
        {"secret": "db", "deploy_target": "TOKEN", "key": "token"},
        {"secret": "certs", "deploy_type": "volume", "deploy_target": "/etc/certs"},
    ],
    "startup_timeout": 77,
}


def full_document(spark: dict[str, Any]) -> Document:
    source = {"env": "prod", "runtime_params": TYPED}
    return spark_document(spark, source=source, **EVERYTHING)


DOCUMENTS = {
    "full": full_document(KUBERNETES),
    "short": spark_document(KUBERNETES),
    "operator": full_document({**OPERATOR, "connection_id": "far"}),
}
Tasks = dict[str, dict[str, Any]]


def recorded(environment: Environment, home: Path) -> dict[str, Tasks]:
    """Return what the Spark tasks of each document ask for, on one Airflow."""
    line, paths = AirflowLine(environment.line), []
    for name, document in DOCUMENTS.items():
        paths.append(home / f"{name}.py")
        paths[-1].write_text(compile_dag(document, Options(line)).text, encoding="utf-8")
    given = {
        "AIRFLOW_VAR_DB_URL": PASSWORD,
        "AIRFLOW_CONN_SPARK_K8S": json.dumps(CONNECTION),
        "AIRFLOW_CONN_FAR": json.dumps({"conn_type": "kubernetes"}),
        "KUBECONFIG": str(write_kubeconfig(home)),
    }
    answer = subprocess.run(
        [environment.python, HERE / "record_spark.py", *paths],
        env={**airflow_environment(home), **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return {name: asked_for(report) for name, report in json.loads(answer.stdout).items()}


def asked_for(report: dict[str, Any]) -> Tasks:
    assert report["warnings"] == []
    return {name: task for name, task in report["tasks"].items() if task is not None}


Ask = Callable[[Environment], dict[str, Tasks]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Ask an Airflow for all documents at once, and but once: its start takes seconds."""
    return cache(lambda environment: recorded(environment, tmp_path_factory.mktemp("airflow")))


def settings_in(command: list[str]) -> dict[str, str]:
    pairs = (command[i + 1] for i, part in enumerate(command) if part == "--conf")
    return dict(pair.split("=", 1) for pair in pairs)


def application_in(command: list[str]) -> list[str]:
    return command[command.index("local:///home/kedro/spark_run.py") :]


def told(arguments: list[str]) -> list[str]:
    """Return what the runner in the pod is told, after Kubernetes has read it."""
    return [expanded_by_kubernetes(one) for one in arguments]


def params_text(document: Document) -> str:
    from kairflow.lower.airflow.kedro_run import params_text

    return f"--params={params_text(document.source.runtime_params)}"


def test_spark_submit_is_told_what_the_documentation_says(
    environment: Environment, ask: Ask
) -> None:
    document, tasks = DOCUMENTS["full"], ask(environment)["full"]
    assert [*tasks] == [FIRST, LAST]
    for name, nodes in ((FIRST, "clean"), (LAST, "join,rank")):
        command = tasks[name]["command"]
        assert command[:3] == ["spark-submit", "--master", MASTER]
        assert command[command.index("--deploy-mode") + 1] == "cluster"
        assert command[command.index("--name") + 1] == f"shop-{name}"
        assert told(application_in(command)[1:]) == [
            *("run", "--env=prod", "--runner=ThreadRunner", params_text(document)),
            f"--nodes={nodes}",
        ]
        settings = settings_in(command)
        for key, expected in DOCUMENTED.items():
            assert {k: settings[k] for k in expected} == expected, key
        for role, variables in (
            ("driver", "spark.kubernetes.driverEnv"),
            ("executor", "spark.executorEnv"),
        ):
            password = settings[f"{variables}.DB_URL"]
            assert (expanded_by_kubernetes(password) if role == "driver" else password) == PASSWORD
            assert settings[f"{variables}.MLFLOW_RUN_ID"] == XCOM
            assert settings[f"spark.kubernetes.{role}.secretKeyRef.TOKEN"] == "db:token"


def test_a_task_ends_as_its_driver_does(environment: Environment, ask: Ask) -> None:
    """Spark's own exit code is 0 either way; the operator reads the log in cluster mode only."""
    tasks = ask(environment)["short"]
    assert [*tasks] == [FIRST, LAST]
    for task in tasks.values():
        assert task["error"] is None
        assert "spark exit code is: 1" in task["error_of_failed_driver"]


def test_the_spark_operator_is_sent_an_application(environment: Environment, ask: Ask) -> None:
    document, tasks = DOCUMENTS["operator"], ask(environment)["operator"]
    assert [*tasks] == [FIRST, LAST]
    task = tasks[LAST]
    assert task["startup_timeout_seconds"] == 77
    assert (task["delete_on_termination"], task["deferrable"]) == (True, False)
    assert task["kubernetes_conn_id"] == "far"
    sent = task["object"]
    assert (sent["group"], sent["version"]) == ("sparkoperator.k8s.io", "v1beta2")
    assert (sent["plural"], sent["namespace"]) == ("sparkapplications", "shop")
    assert re.fullmatch(
        "join-rank-[a-z0-9]{8}|join--rank-[a-z0-9]{8}", sent["body"]["metadata"]["name"]
    )
    spec = sent["body"]["spec"]
    assert told(spec["arguments"]) == [
        *("run", "--env=prod", "--runner=ThreadRunner", params_text(document)),
        "--nodes=join,rank",
    ]
    assert (spec["type"], spec["mode"], spec["sparkVersion"]) == ("Python", "cluster", "4.0.1")
    assert spec["mainApplicationFile"] == "local:///home/kedro/spark_run.py"
    assert spec["image"] == "airflow-k8s-plugin-spark-demo"
    assert spec["imagePullSecrets"] == ["a", "b"]
    for role, instances in (("driver", None), ("executor", 4)):
        of_role = spec[role]
        assert (of_role["cores"], of_role["coreRequest"], of_role["coreLimit"]) == (2, "2", "4")
        assert (of_role["memory"], of_role["serviceAccount"]) == ("16g", "runner")
        assert of_role["labels"]["huge-machine"] == "true"
        assert of_role.get("instances") == instances
    conf = spec["sparkConf"]
    assert expanded_by_kubernetes(conf["spark.kubernetes.driverEnv.DB_URL"]) == PASSWORD
    assert conf["spark.executorEnv.MLFLOW_RUN_ID"] == XCOM


def container_of(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def check_pod(pod: dict[str, Any], objects: list[dict[str, Any]], overhead: float) -> None:
    """Compare a pod with what the documentation says of both driver and executors."""
    container = container_of(pod)
    assert container["image"] == "airflow-k8s-plugin-spark-demo"
    assert pod["metadata"]["labels"]["huge-machine"] == "true"
    assert pod["spec"]["serviceAccountName"] == "runner"
    assert [one["name"] for one in pod["spec"]["imagePullSecrets"]] == ["a", "b"]
    memory = f"{int(16 * 1024 * (1 + overhead))}Mi"
    assert container["resources"]["requests"] == {"cpu": "2", "memory": memory}
    assert container["resources"]["limits"] == {"cpu": "4", "memory": memory}
    variables = {one["name"]: one for one in container["env"]}
    assert variables["GOOGLE_APPLICATION_CREDENTIALS"]["value"] == "/var/kedro_secret/sa"
    password = variables["DB_URL"]["value"]
    is_driver = pod["metadata"]["labels"]["spark-role"] == "driver"
    assert (expanded_by_kubernetes(password) if is_driver else password) == PASSWORD
    assert variables["MLFLOW_RUN_ID"]["value"] == XCOM
    assert variables["TOKEN"]["valueFrom"] == {"secretKeyRef": {"name": "db", "key": "token"}}
    assert variables["SPARK_LOCAL_DIRS"]["value"] == "/storage"
    folders = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    for folder, secret in (("/var/kedro_secret", "kedro-secret"), ("/etc/certs", "certs")):
        assert volumes[folders[folder]]["secret"]["secretName"] == secret
    claim = volumes[folders["/storage"]]["persistentVolumeClaim"]["claimName"]
    (made,) = (
        one["spec"]
        for one in objects
        if one["kind"] == "PersistentVolumeClaim" and one["metadata"]["name"] == claim
    )
    assert made["storageClassName"] == "standard"
    assert made["resources"]["requests"]["storage"] == "100Gi"
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports["blockmanager"] == 10001


@pytest.mark.parametrize("spark", SPARKS)
def test_spark_makes_the_pods_that_the_documentation_describes(spark: str, ask: Ask) -> None:
    """Spark adds memory for what is not Java: 40 % to a Python driver, 10 % to an executor."""
    command = ask(ENVIRONMENTS[0])["full"][LAST]["command"]
    # What is fetched from a repository would take a network.
    online = ("spark.jars.packages=", "spark.jars.repositories=")
    kept = [
        part
        for i, part in enumerate(command)
        if not part.startswith(online)
        and not command[min(i + 1, len(command) - 1)].startswith(online)
    ]
    objects = driver_objects(spark, kept)
    driver = pods_of(objects)[0]
    check_pod(driver, objects, overhead=0.4)
    arguments = container_of(driver)["args"]
    assert told(application_in(arguments)) == told(application_in(command))
    ports = {one["name"]: one["containerPort"] for one in container_of(driver)["ports"]}
    assert ports["driver-rpc-port"] == 10000
    settings = settings_in(kept)
    objects = executor_objects(spark, {**settings, "spark.dynamicAllocation.enabled": "false"})
    executors = pods_of(objects)
    assert len(executors) >= int(settings["spark.executor.instances"])
    check_pod(executors[0], objects, overhead=0.1)
    variables = {one["name"]: one.get("value") for one in container_of(executors[0])["env"]}
    assert variables["SPARK_EXECUTOR_CORES"] == "2"
