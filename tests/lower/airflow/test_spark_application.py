"""Spark groups for the Spark operator become SparkApplications, in the words of its API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.model import Document
from kairflow.lower.airflow.model import NodesArgument, Reference, Setting, SparkJobs, Text
from kairflow.lower.airflow.names import airflow_id
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.spark_application import check, job_parameters, lower_application
from tests.ir_documents import make_document, make_run_config, node
from tests.lower.airflow.lowered import text_of
from tests.lower.airflow.rendering import context_of, render
from tests.lower.airflow.spark_documents import OPERATOR, spark_document

RUN_SCRIPT = "local:///home/kedro/spark_run.py"
PLAIN = {"run_script": RUN_SCRIPT, "spark_version": "4.0.1"}
ROLE = {"cores": 2, "coreRequest": "2", "coreLimit": "4", "memory": "16g"}


def operator(config: Mapping[str, Any] | None = None, **spark: Any) -> Document:
    cluster = {**PLAIN, **(config or {})}
    return spark_document({"type": "spark-operator", "cluster_config": cluster, **spark})


def lowered(document: Document) -> SparkJobs:
    return lower_application(document, Options(), "shop")


def spec(document: Document) -> dict[str, Any]:
    """Return the object's `spec` with its settings, as the operator gets them."""
    jobs = lowered(document)
    template: Any = jobs.job.arguments["template_spec"]
    assert template["apiVersion"] == "sparkoperator.k8s.io/v1beta2"
    assert template["kind"] == "SparkApplication"
    assert template["spec"]["sparkConf"] == Reference("SPARK_CONF")
    found: dict[str, Any] = arrive({**template["spec"], "sparkConf": conf_of(jobs)})
    return found


def conf_of(jobs: SparkJobs) -> Setting:
    return jobs.constants["SPARK_CONF"]


def arrive(value: Setting) -> Any:
    """Render as the operator does, which reads a file for a text that ends like one's name."""
    if isinstance(value, Mapping):
        return {key: arrive(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [arrive(item) for item in value]
    if not isinstance(value, Text):
        return value
    if value.literal:
        return value.value
    assert not value.value.endswith(("yaml", "yml", "json"))
    return render(value.value, context_of())


def found(document: Document) -> list[Diagnostic]:
    return list(check(document, Options()))


def test_the_documents_example_becomes_what_it_says() -> None:
    made = spec(spark_document(OPERATOR, service_account_name="runner", image_pull_secrets="a,b"))
    conf = made.pop("sparkConf")
    assert made == {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": "4.0.1",
        "mainApplicationFile": RUN_SCRIPT,
        "arguments": ["run", "--runner=ThreadRunner", NodesArgument(literal=False)],
        "restartPolicy": {"type": "Never"},
        "image": "airflow-k8s-plugin-spark-demo",
        "imagePullPolicy": "IfNotPresent",
        "imagePullSecrets": ["a", "b"],
        "deps": {
            "jars": ["local:///home/kedro/jars/gcs-connector.jar"],
            "repositories": ["https://oss.sonatype.org/content/groups/public"],
            "packages": [
                "org.apache.spark:spark-streaming-kafka_2.10:1.6.0",
                "org.elasticsearch:elasticsearch-spark_2.10:2.2.0",
            ],
        },
        "driver": {**ROLE, "serviceAccount": "runner", "labels": {"huge-machine": "true"}},
        "executor": {
            **ROLE,
            "serviceAccount": "runner",
            "labels": {"huge-machine": "true"},
            "instances": 4,
        },
    }
    assert conf["spark.driver.port"] == "10000"
    assert conf["spark.kubernetes.executor.secrets.kedro-secret"] == "/var/kedro_secret"
    assert conf["spark.executorEnv.GOOGLE_APPLICATION_CREDENTIALS"] == "/var/kedro_secret/sa"
    assert conf["spark.dynamicAllocation.maxExecutors"] == "4"


def test_nothing_is_said_twice() -> None:
    """The operator of Kubernetes refuses some settings, and others would contradict a field."""
    conf = spec(spark_document(OPERATOR, service_account_name="runner"))["sparkConf"]
    refused = ("namespace", "container.image", "serviceAccountName", ".cores", ".memory", ".jars")
    assert [key for key in conf if key.endswith(refused) or ".label." in key] == []


def test_settings_win_over_keys_also_where_they_are_fields() -> None:
    conf = {"spark.executor.memory": "3g", "spark.executor.cores": 8, "spark.x": "y"}
    made = spec(operator({"limits": {"memory": "16Gi"}, "conf": conf}))
    assert made["executor"] == {"memory": "3g", "cores": 8, "instances": 1}
    assert made["driver"] == {"memory": "16g"}
    assert made["sparkConf"]["spark.x"] == "y"


def test_a_number_that_only_the_run_knows_stays_a_setting() -> None:
    made = spec(operator({"conf": {"spark.executor.instances": "{{ ds }}"}}))
    assert "instances" not in made["executor"]
    assert made["sparkConf"]["spark.executor.instances"] == "2024-01-31"


def test_what_the_user_wrote_is_merged_over_all() -> None:
    application = {
        "restartPolicy": {"type": "OnFailure", "onFailureRetries": 2},
        "driver": {"memory": "5g", "tolerations": [{"key": "spot"}]},
        "sparkConf": {"spark.x": "user"},
        "imagePullSecrets": ["mine"],
        "nodeSelector": {"day": "{{ ds }}"},
    }
    config = {"limits": {"memory": "16Gi", "cpu": 1}, "conf": {"spark.x": "key", "spark.y": "key"}}
    made = spec(operator({**config, "application": application}))
    assert made["restartPolicy"] == application["restartPolicy"]
    assert made["driver"]["memory"] == "5g"
    assert made["driver"]["coreLimit"] == "1"
    assert made["driver"]["tolerations"] == [{"key": "spot"}]
    assert made["executor"]["memory"] == "16g"
    assert (made["sparkConf"]["spark.x"], made["sparkConf"]["spark.y"]) == ("user", "key")
    assert made["imagePullSecrets"] == ["mine"]
    assert made["nodeSelector"] == {"day": "2024-01-31"}


FILES = st.sampled_from(["json", "yaml", "yml", ".json", "to_json", "", "a", "{{ ds }}"])


@given(FILES, FILES)
def test_no_text_is_taken_for_a_file(start: str, end: str) -> None:
    text = start + end
    config = {
        "env_vars": {"X": text},
        "conf": {"spark.x": text},
        "application": {"proxyUser": text},
    }
    made = spec(operator(config))
    assert made["sparkConf"]["spark.kubernetes.driverEnv.X"] == text
    written = text.replace("{{ ds }}", "2024-01-31")
    assert (made["sparkConf"]["spark.x"], made["proxyUser"]) == (written, written)


@pytest.mark.parametrize(("name", "literal"), [("clean", False), ("to_json", True)])
def test_nodes_are_not_taken_for_a_file(name: str, literal: bool) -> None:
    template: Any = lowered(of_node(name)).job.arguments["template_spec"]
    assert template["spec"]["arguments"][-1] == NodesArgument(literal)


def of_node(*names: str) -> Document:
    """Return a document with one job for each name."""
    nodes = [node(name, [f"raw_{i}"], [f"out_{i}"], spark=True) for i, name in enumerate(names)]
    config = make_run_config(
        volume={"disabled": True}, spark={"type": "spark-operator", "cluster_config": PLAIN}
    )
    return make_document(nodes, run_config=config)


def application_name(document: Document, task_id: str, name: str | None) -> str:
    """Name an application as the operator of Airflow does, which adds eight characters."""
    stem = (name or task_id)[: 63 - 9].strip("-.")
    return re.sub("[^a-z0-9-]+", "-", f"{stem}-0a1b2c3d".lower())


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True))
def test_every_application_has_a_legal_name(names: list[str]) -> None:
    document = of_node(*names)
    for group in document.groups:
        told = job_parameters(document, Options())[group.id]
        name = told.get("name")
        assert [*told] == [*lowered(document).parameters]
        made = application_name(document, airflow_id(group.id), name if name else None)  # type: ignore[arg-type]
        if airflow_id(group.id):
            # DNS-1035, on which the operator of Kubernetes insists.
            assert re.fullmatch("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", made)
            # Airflow strips this from the driver's name to find the application again.
            assert f"{made}-driver".replace("-driver", "") == made


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("clean", None),
        ("Train.model_1", None),
        ("2024_sales", "sales"),
        ("rank-drivers", "rank-ds"),
        ("_private", "private"),
        ("蜂蜜1", "job"),
    ],
)
def test_a_name_is_given_only_where_the_tasks_own_does_not_do(
    task: str, expected: str | None
) -> None:
    document = of_node(task)
    told = job_parameters(document, Options())[document.groups[0].id]
    assert told == ({} if expected is None else {"name": expected})


def test_names_stand_in_the_calls() -> None:
    text = text_of(of_node("clean", "2024_sales"))
    assert 'name="sales"' in text
    assert 'name="clean"' in text
    assert "name=name" in text


@pytest.mark.parametrize(
    ("action", "kept"),
    [("delete_pod", None), ("keep_pod", False), ("delete_succeeded_pod", False)],
)
def test_an_application_is_deleted_as_pods_are(action: str, kept: bool | None) -> None:
    document = spark_document(OPERATOR, on_finish_action=action)
    told = lowered(document).job.arguments
    assert told.get("delete_on_termination") == kept
    # A driver that stays and is not marked would be taken for that of a task that was cleared.
    assert told.get("on_finish_action") == (None if kept is None else "keep_pod")
    warned = [one.where for one in found(document)]
    assert warned == (["run_config.on_finish_action"] if action.startswith("delete_s") else [])


def test_only_a_connection_that_was_asked_for_is_named() -> None:
    assert "kubernetes_conn_id" not in lowered(operator()).job.arguments
    named = lowered(operator(connection_id="far"))
    assert named.job.arguments["kubernetes_conn_id"] == Text("far", literal=False)


def test_the_documents_example_is_fine() -> None:
    assert found(spark_document(OPERATOR)) == []


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"conf": {"spark.master": "local"}}, "conf.spark.master", Code.NOT_LOWERED),
        (
            {"conf": {"spark.kubernetes.namespace": "other"}},
            "conf.spark.kubernetes.namespace",
            Code.NOT_LOWERED,
        ),
        (
            {"conf": {"spark.kubernetes.driver.pod.name": "x"}},
            "conf.spark.kubernetes.driver.pod.name",
            Code.NOT_LOWERED,
        ),
        (
            {"conf": {"spark.kubernetes.authenticate.driver.oauthToken": "x"}},
            "conf.spark.kubernetes.authenticate.driver.oauthToken",
            Code.NOT_LOWERED,
        ),
        ({"application": {"driver": None}}, "application.driver", Code.NAME_INVALID),
        ({"application": {"sparkConf": ["a"]}}, "application.sparkConf", Code.NAME_INVALID),
        ({"application": {"proxyUser": "{{ prev_ds }}"}}, "application", Code.MACRO_UNKNOWN),
        ({"run_script": "/home/run.py"}, "run_script", Code.NAME_INVALID),
    ],
)
def test_what_cannot_work_is_refused(config: dict[str, Any], where: str, code: Code) -> None:
    (refusal,) = found(operator(config))
    assert refusal.where == f"run_config.spark.cluster_config.{where}"
    assert (refusal.code, refusal.severity) == (code, Severity.ERROR)


def test_the_same_namespace_is_fine() -> None:
    assert found(operator({"conf": {"spark.kubernetes.namespace": "shop"}})) == []


def test_the_other_types_name_of_the_connection_is_named() -> None:
    (warning,) = found(operator(cluster_name="spark_k8s"))
    assert warning.where == "run_config.spark.cluster_name"
    assert warning.severity is Severity.WARNING


IMAGES = (("one", "repo/shop:a.json"), ("two", "repo/shop:b.yaml"))


def test_no_jobs_image_is_read_as_a_file() -> None:
    """The operator reads a text that ends so as a template's file, wherever it stands."""
    nodes = (node("a", [], ["x"], spark=True), node("b", [], ["y"], spark=True))
    templates = {name: {"template": {"kind": "Pod"}, "image": image} for name, image in IMAGES}
    cluster = {key: value for key, value in OPERATOR["cluster_config"].items() if key != "image"}
    config = make_run_config(
        spark={**OPERATOR, "cluster_config": cluster},
        kubernetes_pod_templates=templates,
        nodes={"a": {"pod_template": "one"}, "b": {"pod_template": "two"}},
    )
    told = job_parameters(make_document(nodes, run_config=config), Options())
    assert [values["image"] for values in told.values()] == [
        Text(image, literal=True) for _, image in IMAGES
    ]
