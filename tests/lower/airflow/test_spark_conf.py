"""Each documented key of `cluster_config` becomes the Spark settings that mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.model import Document
from kairflow.lower.airflow import spark_conf
from kairflow.lower.airflow.model import Reference, Setting, Text
from kairflow.lower.airflow.options import AirflowLine, Options
from kairflow.lower.airflow.spark_submit import check
from tests.ir_documents import free_text, make_document, make_run_config, node
from tests.lower.airflow.rendering import context_of, expanded_by_kubernetes, render
from tests.lower.airflow.spark_documents import KUBERNETES, WEAVE, spark_document

RUN_SCRIPT = "local:///home/kedro/spark_run.py"
ROLES = ("driver", "executor")
STORAGE = "volumes.persistentVolumeClaim.spark-local-dir-1"
DOCUMENTED = {
    "image": {"spark.kubernetes.container.image": "airflow-k8s-plugin-spark-demo"},
    "conf": {
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.maxExecutors": "4",
    },
    "driver_port": {"spark.driver.port": "10000"},
    "block_manager_port": {
        "spark.blockManager.port": "10001",
        "spark.driver.blockManager.port": "10001",
    },
    "secrets": {
        f"spark.kubernetes.{role}.secrets.kedro-secret": "/var/kedro_secret" for role in ROLES
    },
    "labels": {f"spark.kubernetes.{role}.label.huge-machine": "true" for role in ROLES},
    "local_storage": {
        f"spark.kubernetes.{role}.{STORAGE}.{key}": value
        for role in ROLES
        for key, value in (
            ("options.claimName", "OnDemand"),
            ("options.storageClass", "standard"),
            ("options.sizeLimit", "100Gi"),
            ("mount.path", "/storage"),
            ("mount.readOnly", "false"),
        )
    },
    "env_vars": {
        "spark.kubernetes.driverEnv.GOOGLE_APPLICATION_CREDENTIALS": "/var/kedro_secret/sa",
        "spark.executorEnv.GOOGLE_APPLICATION_CREDENTIALS": "/var/kedro_secret/sa",
    },
    "requests": {
        f"spark.{where}": "2"
        for role in ROLES
        for where in (f"{role}.cores", f"kubernetes.{role}.request.cores")
    },
    "limits": {
        **{f"spark.kubernetes.{role}.limit.cores": "4" for role in ROLES},
        **{f"spark.{role}.memory": "16g" for role in ROLES},
    },
    "num_executors": {"spark.executor.instances": "4"},
    "jars": {"spark.jars": "local:///home/kedro/jars/gcs-connector.jar"},
    "repositories": {"spark.jars.repositories": "https://oss.sonatype.org/content/groups/public"},
    "packages": {
        "spark.jars.packages": "org.apache.spark:spark-streaming-kafka_2.10:1.6.0,"
        "org.elasticsearch:elasticsearch-spark_2.10:2.2.0"
    },
}
"""Key of the documents' example to the settings, as Spark's documentation names them:
https://spark.apache.org/docs/latest/running-on-kubernetes.html#configuration."""

ALWAYS = {
    "spark.kubernetes.namespace": "shop",
    "spark.kubernetes.container.image.pullPolicy": "IfNotPresent",
    "spark.kubernetes.driverEnv.COLUMNS": "200",
}


def kubernetes(config: Mapping[str, Any] | None = None, **spark: Any) -> Document:
    cluster = {"run_script": RUN_SCRIPT, **(config or {})}
    return spark_document({"type": "k8s", "cluster_config": cluster, **spark})


def settings_of(document: Document, options: Options | None = None) -> dict[str, Setting]:
    return spark_conf.settings(document, options or Options())


def arrived(document: Document, options: Options | None = None) -> dict[str, str]:
    """Return the settings as spark-submit gets them."""
    return {key: arrive(value) for key, value in settings_of(document, options).items()}


def arrive(value: Setting) -> str:
    assert isinstance(value, Text)
    return value.value if value.literal else render(value.value, context_of())


def found(document: Document, line: AirflowLine = AirflowLine.AIRFLOW_3) -> list[Diagnostic]:
    return list(check(document, Options(line)))


def test_the_documents_example_becomes_what_it_says() -> None:
    expected = {key: value for one in DOCUMENTED.values() for key, value in one.items()}
    assert arrived(spark_document(KUBERNETES)) == {**ALWAYS, **expected}


@pytest.mark.parametrize("key", DOCUMENTED)
def test_a_key_that_is_left_out_leaves_its_settings_out(key: str) -> None:
    given_keys = {k: v for k, v in KUBERNETES["cluster_config"].items() if k != key}
    without = arrived(kubernetes(given_keys))
    defaults = {"image": {"spark.kubernetes.container.image": "shop:1.0"}}
    defaults["num_executors"] = {"spark.executor.instances": "1"}
    # A limit alone is the request as well, as Kubernetes has it.
    defaults["requests"] = dict.fromkeys(DOCUMENTED["requests"], "4")
    for name in DOCUMENTED[key]:
        assert without.get(name) == defaults.get(key, {}).get(name)


def test_what_all_pods_have_is_there_too() -> None:
    document = spark_document(
        KUBERNETES,
        service_account_name="runner",
        image_pull_policy="Always",
        image_pull_secrets=["a", "b"],
        env_vars=["DB_URL"],
        mlflow={"tracking_uri": "http://mlflow.example.com"},
    )
    found_settings = settings_of(document)
    shown = {key: value.value for key, value in found_settings.items() if isinstance(value, Text)}
    for role in ROLES:
        assert shown[f"spark.kubernetes.authenticate.{role}.serviceAccountName"] == "runner"
    assert shown["spark.kubernetes.container.image.pullPolicy"] == "Always"
    assert shown["spark.kubernetes.container.image.pullSecrets"] == "a,b"
    driver, executor = "spark.kubernetes.driverEnv.", "spark.executorEnv."
    assert shown[f"{driver}DB_URL"] == "{{ var.value.DB_URL | replace('$', '$$') }}"
    assert shown[f"{executor}DB_URL"] == "{{ var.value.DB_URL }}"
    for prefix in (driver, executor):
        assert shown[f"{prefix}MLFLOW_RUN_ID"] == "{{ ti.xcom_pull(task_ids='start_mlflow_run') }}"


def test_settings_win_over_keys_and_those_of_the_cluster_over_those_of_every_job() -> None:
    config = {"num_executors": 2, "conf": {"spark.b": "cluster"}, "limits": {"memory": "1Gi"}}
    document = kubernetes(
        config, conf={"spark.executor.instances": 7, "spark.b": "job", "spark.driver.memory": "3g"}
    )
    shown = arrived(document)
    assert shown["spark.executor.instances"] == "7"
    assert shown["spark.b"] == "cluster"
    assert shown["spark.driver.memory"] == "3g"
    assert shown["spark.executor.memory"] == "1g"


@pytest.mark.parametrize(
    ("requests", "limits", "cores", "asked", "limit"),
    [
        ({"cpu": "500m"}, {}, "1", "500m", None),
        ({"cpu": "1500m"}, {"cpu": 2}, "2", "1500m", "2"),
        ({}, {"cpu": "500m"}, "1", "500m", "500m"),
        ({}, {}, None, None, None),
    ],
)
def test_cores_are_whole_and_a_request_never_exceeds_a_limit(
    requests: Any, limits: Any, cores: str | None, asked: str | None, limit: str | None
) -> None:
    shown = arrived(kubernetes({"requests": requests, "limits": limits}))
    for role in ROLES:
        assert shown.get(f"spark.{role}.cores") == cores
        assert shown.get(f"spark.kubernetes.{role}.request.cores") == asked
        assert shown.get(f"spark.kubernetes.{role}.limit.cores") == limit


@pytest.mark.parametrize("key", ["requests", "limits"])
def test_memory_is_request_and_limit(key: str) -> None:
    shown = arrived(kubernetes({key: {"memory": "1500Mi"}}))
    assert [shown[f"spark.{role}.memory"] for role in ROLES] == ["1500m", "1500m"]


@given(free_text())
@example("$(HOME) and $$")
@example("{{ ds }} and $(HOME)\n")
def test_environment_variables_arrive_as_typed(value: str) -> None:
    """Kubernetes fills in the driver's; an executor tells its workers what the setting says."""
    shown = arrived(kubernetes({"env_vars": {"X": value}}))
    assert expanded_by_kubernetes(shown["spark.kubernetes.driverEnv.X"]) == value
    assert shown["spark.executorEnv.X"] == value


@given(st.text(st.characters(exclude_characters="{\r", exclude_categories=["Cs"])))
def test_settings_arrive_as_typed_unless_they_are_templates(value: str) -> None:
    assert arrived(kubernetes({"conf": {"spark.x": value}}))["spark.x"] == value


def test_a_template_in_a_setting_is_filled_in() -> None:
    assert arrived(kubernetes(conf={"spark.x": "at {{ ds }}"}))["spark.x"] == "at 2024-01-31"


def with_template(image: str | None, cluster_image: str | None = None) -> Document:
    """The second job is of the template `big`."""
    nodes = [
        one.model_copy(update={"tags": ("k8s_template.big",)}) if one.name == "join" else one
        for one in WEAVE
    ]
    cluster = {"run_script": RUN_SCRIPT, "image": cluster_image}
    config = make_run_config(
        volume={"disabled": True},
        spark={"type": "k8s", "cluster_config": cluster},
        kubernetes_pod_templates={"big": {"template": {"kind": "Pod"}, "image": image}},
    )
    return make_document(nodes, run_config=config)


@pytest.mark.parametrize(
    ("cluster", "template", "asked", "images"),
    [
        (None, None, None, ["shop:1.0", "shop:1.0"]),
        (None, None, "shop:2", ["shop:2", "shop:2"]),
        (None, "big:1", None, ["shop:1.0", "big:1"]),
        (None, "big:1", "shop:2", ["shop:2", "big:1"]),
        ("spark:1", "big:1", "shop:2", ["spark:1", "spark:1"]),
    ],
)
def test_the_nearest_image_wins(
    cluster: str | None, template: str | None, asked: str | None, images: list[str]
) -> None:
    document, options = with_template(template, cluster), Options(image=asked)
    shared = settings_of(document, options)["spark.kubernetes.container.image"]
    jobs = [group for group in document.groups if group.engine.value == "spark"]
    told = spark_conf.job_parameters(document, options)
    own = [told[group.id] for group in jobs]
    if isinstance(shared, Reference):
        assert [arrive(one[shared.name]) for one in own] == images
    else:
        assert own == [{}, {}]
        assert [arrive(shared)] * 2 == images


def test_an_image_in_the_settings_is_that_of_all_jobs() -> None:
    document = with_template("big:1")
    spark = document.deployment.run_config.spark
    assert spark is not None
    told = spark.model_copy(update={"conf": {"spark.kubernetes.container.image": "x"}})
    config = document.deployment.run_config.model_copy(update={"spark": told})
    deployment = document.deployment.model_copy(update={"run_config": config})
    changed = document.model_copy(update={"deployment": deployment})
    assert arrived(changed)["spark.kubernetes.container.image"] == "x"
    assert spark_conf.job_parameters(changed, Options())[changed.groups[0].id] == {}


def test_secrets_of_pods_reach_driver_and_executors() -> None:
    secrets = [
        {"secret": "db", "deploy_target": "db_password", "key": "password"},
        {"secret": "certs", "deploy_type": "volume", "deploy_target": "/etc/certs"},
        {"secret": "all"},
    ]
    document = spark_document(KUBERNETES, secrets=secrets)
    shown = arrived(document)
    for role in ROLES:
        assert shown[f"spark.kubernetes.{role}.secretKeyRef.DB_PASSWORD"] == "db:password"
        assert shown[f"spark.kubernetes.{role}.secrets.certs"] == "/etc/certs"
    assert not [key for key in shown if key.endswith(".all")]
    (warning,) = found(document)
    assert (warning.where, warning.severity) == ("run_config.secrets[2]", Severity.WARNING)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ({"secret": "a", "key": "k", "deploy_target": "/a"}, "all keys"),
        ({"secret": "a.b", "deploy_target": "/a"}, "full stop"),
        ({"secret": "kedro-secret", "deploy_target": "/elsewhere"}, "elsewhere"),
    ],
)
def test_what_jobs_see_otherwise_than_pods_is_said(secret: dict[str, str], says: str) -> None:
    document = spark_document(KUBERNETES, secrets=[{**secret, "deploy_type": "volume"}])
    (warning,) = found(document)
    assert says in warning.message
    assert warning.severity is Severity.WARNING


def test_the_documents_example_is_fine() -> None:
    assert found(spark_document(KUBERNETES)) == []


@pytest.mark.parametrize(
    ("config", "where", "code"),
    [
        ({"run_script": "/home/run.py"}, "run_script", Code.NAME_INVALID),
        ({"run_script": "run.py"}, "run_script", Code.NAME_INVALID),
        ({"run_script": "file:///home/run.py"}, "run_script", Code.NAME_INVALID),
        ({"run_script": "local://home/run.py"}, "run_script", Code.NAME_INVALID),
        ({"requests": {"cpu": 4}, "limits": {"cpu": "3500m"}}, "requests.cpu", Code.NOT_LOWERED),
        ({"limits": {"memory": "16m"}}, "limits.memory", Code.NOT_LOWERED),
        ({"requests": {"memory": "449Mi"}}, "requests.memory", Code.NOT_LOWERED),
        ({"driver_port": 80}, "driver_port", Code.NOT_LOWERED),
        (
            {"driver_port": 8000, "block_manager_port": 8000},
            "block_manager_port",
            Code.NOT_LOWERED,
        ),
        ({"labels": {"spark-role": "x"}}, "labels.spark-role", Code.NAME_INVALID),
        ({"secrets": {"a.b": "/a"}}, "secrets.a.b", Code.NAME_INVALID),
        ({"secrets": {"a" * 57: "/a"}}, f"secrets.{'a' * 57}", Code.NAME_INVALID),
        ({"secrets": {"a": "/x:y"}}, "secrets.a", Code.NAME_INVALID),
        ({"secrets": {"a": "/x", "b": "/x"}}, "secrets.b", Code.NAME_INVALID),
        ({"conf": {"shuffle": "1"}}, "conf", Code.NAME_INVALID),
        ({"conf": {"spark.a b": "1"}}, "conf", Code.NAME_INVALID),
        ({"conf": {"spark.x": "{{ ds"}}, "conf.spark.x", Code.MACRO_UNKNOWN),
        ({"conf": {"spark.x": "{{ prev_ds }}"}}, "conf.spark.x", Code.MACRO_UNKNOWN),
        (
            {"conf": {"spark.submit.deployMode": "client"}},
            "conf.spark.submit.deployMode",
            Code.NOT_LOWERED,
        ),
        (
            {"conf": {"spark.kubernetes.submission.waitAppCompletion": False}},
            "conf.spark.kubernetes.submission.waitAppCompletion",
            Code.NOT_LOWERED,
        ),
    ],
)
def test_what_cannot_work_is_refused(config: dict[str, Any], where: str, code: Code) -> None:
    (refusal,) = found(kubernetes(config))
    assert refusal.where == f"run_config.spark.cluster_config.{where}"
    assert (refusal.code, refusal.severity) == (code, Severity.ERROR)


@pytest.mark.parametrize(
    "script",
    ["local:///home/run.py", "local:/home/run.py", "s3a://bucket/run.py", "https://x.y/run.py"],
)
def test_a_script_of_the_image_or_of_a_store_is_fine(script: str) -> None:
    assert found(kubernetes({"run_script": script})) == []


def test_a_script_of_the_worker_is_fine_when_it_is_uploaded() -> None:
    upload = {"spark.kubernetes.file.upload.path": "s3a://bucket/upload"}
    assert found(kubernetes({"run_script": "/srv/run.py", "conf": upload})) == []


@pytest.mark.parametrize("memory", ["450Mi", "1e9", "16Gi"])
def test_memory_that_spark_starts_with_is_fine(memory: str) -> None:
    assert found(kubernetes({"limits": {"memory": memory}})) == []


@pytest.mark.parametrize(
    ("spark", "where"),
    [
        ({"region": "europe-west1"}, "region"),
        ({"artifacts_path": "gs://b/x"}, "artifacts_path"),
        ({"config": {"spark_version": "4.0.1"}}, "cluster_config.spark_version"),
        ({"config": {"application": {"failureRetries": 1}}}, "cluster_config.application"),
    ],
)
def test_keys_of_other_types_are_named(spark: dict[str, Any], where: str) -> None:
    (warning,) = found(kubernetes(**spark))
    assert warning.where == f"run_config.spark.{where}"
    assert warning.severity is Severity.WARNING


def test_all_problems_are_reported_at_once() -> None:
    config = {"run_script": "x", "driver_port": 1, "labels": {"spark-role": "x"}}
    assert len(found(kubernetes(config))) == 3


def test_a_node_is_no_part_of_the_settings() -> None:
    one = make_document((node("only", ["raw"], ["x"], spark=True),), run_config=_config())
    other = make_document((node("other", ["raw"], ["x"], spark=True),), run_config=_config())
    assert settings_of(one) == settings_of(other)


def _config() -> Any:
    return make_run_config(spark={"type": "k8s", "cluster_config": {"run_script": RUN_SCRIPT}})
