"""The words of `airflow-k8s.yml`: documented defaults, spellings that are taken, and refusals."""

from __future__ import annotations

import datetime
import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from kairflow.errors import Code
from kairflow.ir import dump_document, read_document
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.execution import EXECUTION_KEYS
from kairflow.ir.pods import ResourceClass
from kairflow.ir.spark import KubernetesCluster, Spark, SparkType
from kairflow.ir.validation import CONFIG_CODES, diagnose
from tests.ir_documents import REQUIRED, make_document, make_run_config


def at(config: RunConfig, path: str) -> Any:
    found: Any = config.model_dump()
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, (list, tuple)) else found[step]
    return found


def refusals(**settings: Any) -> list[tuple[Code, str]]:
    """Return code and place of every complaint about these settings."""
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate({"run_config": {**REQUIRED, **settings}})
    found = diagnose(caught.value, Deployment, CONFIG_CODES, "")
    return [(one.code, one.where) for one in found]


DEFAULTS: list[tuple[str, object]] = [
    *((key, None) for key in EXECUTION_KEYS),
    ("max_active_runs", None),
    ("mlflow", None),
    ("image_pull_policy", "IfNotPresent"),
    ("image_pull_secrets", ()),
    ("startup_timeout", 600),
    ("service_account_name", None),
    ("run_name", None),  # export fills in the experiment's name
    ("cron_expression", "@daily"),
    ("timetable", "interval"),
    ("timezone", "UTC"),
    ("start_date", datetime.date(2024, 1, 1)),
    ("catchup", False),
    ("description", None),
    ("conf_source", None),
    ("command", None),
    ("on_finish_action", "delete_pod"),
    ("env_vars", ()),
    ("macro_params", {}),
    ("variables_params", ()),
    ("run_params", ()),
    ("resources", {}),
    ("nodes", {}),
    ("volume.storageclass", None),
    ("volume.size", "1Gi"),
    ("volume.access_modes", ("ReadWriteOnce",)),
    ("volume.skip_init", False),
    ("volume.owner", 0),
    ("volume.disabled", False),
    ("volume.keep", "never"),
    ("volume.mount_path", "/home/kedro/data"),
    ("secrets", ()),
    ("external_dependencies", ()),
    ("failure_handlers", ()),
    ("authentication.type", None),
    ("authentication.params", ()),
    ("kubernetes_pod_templates", {}),
    ("spark", None),
    ("group_spark_nodes", True),
    ("versions", None),
]


@pytest.mark.parametrize(("path", "expected"), DEFAULTS)
def test_a_default_is_the_documented_one(path: str, expected: object) -> None:
    assert at(make_run_config(), path) == expected


def test_the_table_of_defaults_is_complete() -> None:
    listed = {path.split(".")[0] for path, _ in DEFAULTS}
    assert listed | set(REQUIRED) == set(RunConfig.model_fields)


RUN_SCRIPT = {"run_script": "/opt/run.py"}
ON_DATAPROC = {"type": "dataproc", "region": "here", "artifacts_path": "gs://shop"}
SPARK_DEFAULTS: list[tuple[str, object]] = [
    ("operator_factory", None),
    ("region", None),
    ("project_id", None),
    ("cluster_name", None),
    ("unique_cluster_name", False),
    ("connection_id", None),
    ("artifacts_path", None),
    ("user_init_path", None),
    ("user_post_init_path", None),
    ("user_init", None),
    ("user_post_init", None),
    ("conf", {}),
    ("group_spark_nodes", True),
]
CLUSTER_DEFAULTS: list[tuple[str, object]] = [
    ("image", None),
    ("conf", {}),
    ("driver_port", None),
    ("block_manager_port", None),
    ("secrets", {}),
    ("labels", {}),
    ("local_storage", None),
    ("env_vars", {}),
    ("requests", {"cpu": None, "memory": None}),
    ("limits", {"cpu": None, "memory": None}),
    ("num_executors", 1),
    ("jars", None),
    ("repositories", None),
    ("packages", None),
    ("spark_version", None),
    ("application", {}),
]


def test_the_tables_of_defaults_of_spark_are_complete() -> None:
    assert {key for key, _ in SPARK_DEFAULTS} | {"type", "cluster_config"} == set(
        Spark.model_fields
    )
    assert {key for key, _ in CLUSTER_DEFAULTS} | set(RUN_SCRIPT) == set(
        KubernetesCluster.model_fields
    )


INNER_DEFAULTS: list[tuple[str, object, str, object]] = [
    ("secrets", [{"secret": "s"}], "secrets.0.deploy_type", "env"),
    ("secrets", [{"secret": "s"}], "secrets.0.deploy_target", None),
    ("secrets", [{"secret": "s"}], "secrets.0.key", None),
    ("external_dependencies", [{"dag_id": "d"}], "external_dependencies.0.task_id", None),
    ("external_dependencies", [{"dag_id": "d"}], "external_dependencies.0.timeout", 1440),
    ("external_dependencies", [{"dag_id": "d"}], "external_dependencies.0.check_existence", True),
    ("external_dependencies", [{"dag_id": "d"}], "external_dependencies.0.execution_delta", 0),
    (
        "failure_handlers",
        [{"type": "slack", "connection_id": "c"}],
        "failure_handlers.0.message_template",
        "Task failed!",
    ),
    *(
        (("spark", {"type": "k8s", "cluster_config": RUN_SCRIPT}, f"spark.{key}", value))
        for key, value in SPARK_DEFAULTS
    ),
    *(
        (
            (
                "spark",
                {"type": "k8s", "cluster_config": RUN_SCRIPT},
                f"spark.cluster_config.{key}",
                value,
            )
        )
        for key, value in CLUSTER_DEFAULTS
    ),
    ("spark", ON_DATAPROC, "spark.cluster_config", {}),
    (
        "spark",
        {"type": "k8s", "cluster_config": {**RUN_SCRIPT, "local_storage": {"size": "1Gi"}}},
        "spark.cluster_config.local_storage.class_name",
        "standard",
    ),
    ("resources", {"a": {}}, "resources.a.tolerations", ()),
]


@pytest.mark.parametrize(("key", "value", "path", "expected"), INNER_DEFAULTS)
def test_a_default_within_a_block_is_the_documented_one(
    key: str, value: object, path: str, expected: object
) -> None:
    assert at(make_run_config(**{key: value}), path) == expected


POD = "kubernetes_pod_templates.a.template"
SPELLINGS: list[tuple[str, object, str, object]] = [
    ("startup_time", 60, "startup_timeout", 60),
    ("startup_timeout", 60, "startup_timeout", 60),
    ("image_pull_secrets", "one", "image_pull_secrets", ("one",)),
    ("image_pull_secrets", "one, two,three", "image_pull_secrets", ("one", "two", "three")),
    ("image_pull_secrets", "", "image_pull_secrets", ()),
    ("image_pull_secrets", ["one", "two"], "image_pull_secrets", ("one", "two")),
    ("start_date", "20210721", "start_date", datetime.date(2021, 7, 21)),
    ("start_date", 20210721, "start_date", datetime.date(2021, 7, 21)),
    ("start_date", "2021-07-21", "start_date", datetime.date(2021, 7, 21)),
    ("start_date", datetime.date(2021, 7, 21), "start_date", datetime.date(2021, 7, 21)),
    ("cron_expression", None, "cron_expression", None),
    ("authentication", {"type": None}, "authentication.type", None),
    ("authentication", {"type": "Null"}, "authentication.type", "Null"),
    ("resources", {"a": {"labels": {"b": True}}}, "resources.a.labels.b", "true"),
    ("resources", {"a": {"labels": {"b": False}}}, "resources.a.labels.b", "false"),
    ("resources", {"a": {"labels": {"b": 10}}}, "resources.a.labels.b", "10"),
    ("resources", {"a": {"labels": {"b": ""}}}, "resources.a.labels.b", ""),
    ("resources", {"a": {"annotations": {"b": 1.5}}}, "resources.a.annotations.b", "1.5"),
    ("resources", {"a": {"node_selectors": {"b": 0}}}, "resources.a.node_selectors.b", "0"),
    ("resources", {"a": {"requests": {"cpu": 2}}}, "resources.a.requests.cpu", "2"),
    ("resources", {"a": {"limits": {"cpu": 0.5}}}, "resources.a.limits.cpu", "0.5"),
    (
        "resources",
        {"a": {"tolerations": [{"key": "k", "value": True}]}},
        "resources.a.tolerations.0.value",
        "true",
    ),
    ("volume", {"size": 5}, "volume.size", "5"),
    ("macro_params", ["ds", "ts"], "macro_params", {"ds": None, "ts": None}),
    ("macro_params", ["ds", {"day": "{{ ds }}"}], "macro_params", {"ds": None, "day": "{{ ds }}"}),
    ("macro_params", {"day": "{{ ds }}", "ts": None}, "macro_params.day", "{{ ds }}"),
    ("macro_params", {"a.b": 5}, "macro_params", {"a.b": "5"}),
    (
        "kubernetes_pod_templates",
        {"a": {"template": "x"}},
        "kubernetes_pod_templates.a.image",
        None,
    ),
    ("kubernetes_pod_templates", {"a": {"template": {"kind": "Pod"}}}, POD, {"kind": "Pod"}),
    ("resources", {"a": {"retries": 3}}, "resources.a.retries", 3),
    ("nodes", {"a": {"pool": "p"}}, "nodes.a.pool", "p"),
    *(
        ("spark", {"type": "k8s", "cluster_config": {**RUN_SCRIPT, key: value}}, path, expected)
        for key, value, path, expected in (
            ("jars", "a.jar,b.jar", "spark.cluster_config.jars", "a.jar,b.jar"),
            ("jars", ["a.jar", "b.jar"], "spark.cluster_config.jars", "a.jar,b.jar"),
            ("conf", {"spark.a": True}, "spark.cluster_config.conf", {"spark.a": "true"}),
            ("env_vars", {"A": 1}, "spark.cluster_config.env_vars.A", "1"),
            ("requests", {"cpu": 2}, "spark.cluster_config.requests.cpu", "2"),
        )
    ),
    ("spark", {**ON_DATAPROC, "cluster_config": {"a": [1]}}, "spark.cluster_config", {"a": [1]}),
    ("mlflow", {}, "mlflow", {"tracking_uri": None, "experiment_name": None, "disabled": False}),
]


@pytest.mark.parametrize(("key", "value", "path", "expected"), SPELLINGS)
def test_a_spelling_is_taken(key: str, value: object, path: str, expected: object) -> None:
    assert at(make_run_config(**{key: value}), path) == expected


def test_both_spellings_of_the_startup_timeout_are_one_too_many() -> None:
    assert refusals(startup_timeout=60, startup_time=60) == [
        (Code.CONFIG_UNKNOWN_KEY, "run_config.startup_time")
    ]


@pytest.mark.parametrize(
    "quantity", ["0", "1", "1.5", ".5", "3.", "+1", "500m", "16Gi", "1k", "2E", "1e3", "1E-3", "1n"]
)
def test_a_quantity_of_kubernetes_is_taken(quantity: str) -> None:
    config = make_run_config(volume={"size": quantity})
    assert config.volume.size == quantity


@pytest.mark.parametrize(
    "quantity", ["", "-1", "1 Gi", "1gi", "1K", "Gi", "1e", "1Gi ", "1Gi\n", "1,5", ".", "inf", "٣"]
)
def test_a_quantity_that_kubernetes_refuses_is_refused(quantity: str) -> None:
    expected = [(Code.CONFIG_VALUE, "run_config.volume.size")]
    assert refusals(volume={"size": quantity}) == expected


@pytest.mark.parametrize(
    "key", ["app", "A", "a_b.c-d", "example.com/pool", "a" * 63, "node_pool/x", "x/y/z"]
)
def test_a_label_key_follows_the_syntax_of_kubernetes(key: str) -> None:
    legal = key not in ("node_pool/x", "x/y/z")  # a prefix is a DNS name; one slash only
    if legal:
        assert list(make_run_config(resources={"a": {"labels": {key: "v"}}}).resources) == ["a"]
        return
    ((code, where),) = refusals(resources={"a": {"labels": {key: "v"}}})
    assert code is Code.CONFIG_VALUE
    assert where.startswith("run_config.resources.a.labels")


@pytest.mark.parametrize("value", ["a b", "a/b", "-a", "a-", "ä", "a" * 64, "a\n", "{{ ds }}"])
def test_a_label_value_that_kubernetes_refuses_is_refused(value: str) -> None:
    assert refusals(resources={"a": {"labels": {"key": value}}}) == [
        (Code.CONFIG_VALUE, "run_config.resources.a.labels.key")
    ]


@pytest.mark.parametrize("value", ["any text\nat all", "{{ ds }}", "ä" * 1000, ""])
def test_an_annotation_may_say_anything(value: str) -> None:
    config = make_run_config(resources={"a": {"annotations": {"example.com/note": value}}})
    assert config.resources["a"].annotations == {"example.com/note": value}


REFUSED_CLUSTERS: list[tuple[dict[str, Any], str]] = [
    ({"driver_port": 0}, "spark.cluster_config.driver_port"),
    ({"block_manager_port": 65536}, "spark.cluster_config.block_manager_port"),
    ({"num_executors": 0}, "spark.cluster_config.num_executors"),
    ({"image": "two words"}, "spark.cluster_config.image"),
    ({"secrets": {"token": "home"}}, "spark.cluster_config.secrets.token"),
    ({"labels": {"a": "b c"}}, "spark.cluster_config.labels.a"),
    ({"env_vars": {"A B": "c"}}, "spark.cluster_config.env_vars['A B']"),
    ({"requests": {"cpu": "much"}}, "spark.cluster_config.requests.cpu"),
    ({"limits": {"memory": "16gb"}}, "spark.cluster_config.limits.memory"),
    ({"local_storage": {"size": "-1Gi"}}, "spark.cluster_config.local_storage.size"),
    ({"jars": []}, "spark.cluster_config.jars"),
    ({"packages": [1]}, "spark.cluster_config.packages"),
    (
        {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "spark.cluster_config",
    ),
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"image": ""}, "image"),
    ({"image": "shop 1.0"}, "image"),
    ({"image": None}, "image"),
    ({"image": 5}, "image"),
    ({"image_pull_policy": "always"}, "image_pull_policy"),
    ({"image_pull_secrets": "One"}, "image_pull_secrets[0]"),
    ({"image_pull_secrets": 5}, "image_pull_secrets"),
    ({"startup_timeout": 0}, "startup_timeout"),
    ({"startup_timeout": "soon"}, "startup_timeout"),
    ({"namespace": "a.b"}, "namespace"),
    ({"namespace": "A"}, "namespace"),
    ({"namespace": "a\n"}, "namespace"),
    ({"namespace": "a" * 64}, "namespace"),
    ({"service_account_name": "a_b"}, "service_account_name"),
    ({"experiment_name": ""}, "experiment_name"),
    ({"run_name": ""}, "run_name"),
    ({"start_date": "2021-02-30"}, "start_date"),
    ({"start_date": "yesterday"}, "start_date"),
    ({"start_date": "2021-0721"}, "start_date"),
    ({"start_date": 86400}, "start_date"),
    ({"start_date": 1626825600}, "start_date"),
    ({"start_date": True}, "start_date"),
    ({"start_date": None}, "start_date"),
    ({"command": "python -m kedro"}, "command"),
    ({"env_vars": "A"}, "env_vars"),
    ({"volume": None}, "volume"),
    ({"volume": {"owner": -1}}, "volume.owner"),
    ({"volume": {"access_modes": ["ReadWriteSome"]}}, "volume.access_modes[0]"),
    ({"volume": {"access_modes": []}}, "volume.access_modes"),
    ({"volume": {"keep": "sometimes"}}, "volume.keep"),
    ({"secrets": [{"secret": "A_B"}]}, "secrets[0].secret"),
    ({"secrets": [{"secret": "a", "deploy_type": "file"}]}, "secrets[0].deploy_type"),
    (
        {"external_dependencies": [{"dag_id": "d", "timeout": 0}]},
        "external_dependencies[0].timeout",
    ),
    ({"failure_handlers": [{"type": "mail", "connection_id": "c"}]}, "failure_handlers[0].type"),
    ({"authentication": {"type": "Basic"}}, "authentication.type"),
    ({"spark": {"type": "emr"}}, "spark.type"),
    ({"spark": {**ON_DATAPROC, "cluster_config": {"a": float("nan")}}}, "spark.cluster_config.a"),
    ({"spark": {**ON_DATAPROC, "cluster_config": {"a": ["\ud800"]}}}, "spark.cluster_config.a"),
    ({"spark": {**ON_DATAPROC, "cluster_config": [1]}}, "spark.cluster_config"),
    ({"spark": {**ON_DATAPROC, "region": ""}}, "spark.region"),
    ({"spark": {**ON_DATAPROC, "user_init_path": "/init.sh"}}, "spark.user_init_path"),
    ({"spark": {**ON_DATAPROC, "user_init_path": "a/../../init.sh"}}, "spark.user_init_path"),
    ({"spark": {**ON_DATAPROC, "user_post_init_path": ""}}, "spark.user_post_init_path"),
    ({"spark": {"type": "dataproc"}}, "spark"),
    ({"spark": {"type": "dataproc-serverless", "region": "here"}}, "spark"),
    ({"spark": {"type": "custom"}}, "spark"),
    ({"spark": {"type": "k8s"}}, "spark"),
    ({"spark": {"type": "spark-operator", "cluster_config": RUN_SCRIPT}}, "spark"),
    *(
        ({"spark": {"type": "kubernetes", "cluster_config": {**RUN_SCRIPT, **cluster}}}, where)
        for cluster, where in REFUSED_CLUSTERS
    ),
    ({"x-a": float("inf")}, "x-a"),
    ({"retries": -1}, "retries"),
    ({"retry_delay": 0}, "retry_delay"),
    ({"execution_timeout": "1h"}, "execution_timeout"),
    ({"pool": ""}, "pool"),
    ({"pool_slots": 0}, "pool_slots"),
    ({"deferrable": "perhaps"}, "deferrable"),
    ({"max_active_runs": 0}, "max_active_runs"),
    ({"resources": {"a": {"retries": -1}}}, "resources.a.retries"),
    ({"nodes": {"a": {"priority": "high"}}}, "nodes.a.priority"),
    ({"env_vars": ["A B"]}, "env_vars[0]"),
    ({"env_vars": ["1A"]}, "env_vars[0]"),
    ({"macro_params": ["ds", "ds"]}, "macro_params"),
    ({"macro_params": ["ds", {"ds": "{{ ts }}"}]}, "macro_params"),
    ({"macro_params": ["a b"]}, "macro_params['a b']"),
    ({"macro_params": "ds"}, "macro_params"),
    ({"macro_params": [1]}, "macro_params[1]"),
    ({"variables_params": [""]}, "variables_params[0]"),
    ({"run_params": [""]}, "run_params[0]"),
    ({"volume": {"mount_path": "data"}}, "volume.mount_path"),
    ({"secrets": [{"secret": "a", "deploy_type": "volume"}]}, "secrets[0]"),
    (
        {"secrets": [{"secret": "a", "deploy_type": "volume", "deploy_target": "b"}]},
        "secrets[0]",
    ),
    ({"secrets": [{"secret": "a", "key": "k"}]}, "secrets[0]"),
    ({"secrets": [{"secret": "a", "deploy_target": "A"}]}, "secrets[0]"),
    ({"secrets": [{"secret": "a", "deploy_target": "A B", "key": "k"}]}, "secrets[0]"),
    ({"mlflow": {"tracking_uri": "file:///mlruns"}}, "mlflow.tracking_uri"),
    ({"mlflow": {"tracking_uri": "databricks"}}, "mlflow.tracking_uri"),
    ({"mlflow": {"tracking_uri": "http://"}}, "mlflow.tracking_uri"),
    ({"mlflow": {"tracking_uri": "http://a:b"}}, "mlflow.tracking_uri"),
    ({"mlflow": {"experiment_name": ""}}, "mlflow.experiment_name"),
    (
        {"kubernetes_pod_templates": {"a": {"template": "kind: Pod", "image": "a b"}}},
        "kubernetes_pod_templates.a.image",
    ),
    (
        {"kubernetes_pod_templates": {"a": {"template": "kind: Pod", "image": ""}}},
        "kubernetes_pod_templates.a.image",
    ),
    ({"authentication": {"type": "Vars", "params": ["HOME"]}}, "authentication.params[0]"),
    ({"versions": "all"}, "versions"),
]


@pytest.mark.parametrize(("settings", "where"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_value_that_nothing_can_obey_is_refused_at_its_place(
    settings: dict[str, Any], where: str
) -> None:
    assert refusals(**settings) == [(Code.CONFIG_VALUE, f"run_config.{where}")]


def test_what_a_type_lacks_is_named() -> None:
    complaints = {
        "dataproc": "needs region and artifacts_path",
        "custom": "needs operator_factory",
        "k8s": "needs cluster_config with a run_script",
    }
    for kind, complaint in complaints.items():
        with pytest.raises(ValidationError, match=complaint):
            make_run_config(spark={"type": kind})


def test_every_type_reads_its_cluster_in_its_own_words() -> None:
    given = {**RUN_SCRIPT, "spark_version": "4.0.1"}
    places = {**ON_DATAPROC, "operator_factory": "shop.spark.Factory", "cluster_config": given}
    for kind in get_args(SparkType):
        spark = make_run_config(spark={**places, "type": kind}).spark
        assert spark is not None
        ours = kind in ("k8s", "kubernetes", "spark-operator")
        assert isinstance(spark.cluster_config, KubernetesCluster) is ours
        assert spark.has_artefacts is not ours
        with pytest.raises(TypeError, match=f"type {kind} has no such cluster"):
            _ = spark.dataproc_config if ours else spark.cluster


def test_a_cluster_of_an_unknown_type_is_read_in_nobodys_words() -> None:
    assert refusals(spark={"type": "emr", "cluster_config": {"imge": 1}}) == [
        (Code.CONFIG_VALUE, "run_config.spark.type")
    ]
    assert refusals(spark={"type": "emr", "cluster_config": [1]}) == [
        (Code.CONFIG_VALUE, "run_config.spark.type"),
        (Code.CONFIG_VALUE, "run_config.spark.cluster_config"),
    ]


@pytest.mark.parametrize(
    "toleration",
    [
        {},
        {"value": "a"},
        {"key": "", "operator": "Equal"},
        {"effect": "NoSchedule"},
        {"key": "a", "operator": "Exists", "value": "b"},
        {"operator": "Exists", "value": True},
    ],
    ids=str,
)
def test_a_toleration_that_kubernetes_refuses_is_refused(toleration: dict[str, Any]) -> None:
    found = refusals(resources={"a": {"tolerations": [toleration]}})
    assert found == [(Code.CONFIG_VALUE, "run_config.resources.a.tolerations[0]")]


@pytest.mark.parametrize(
    "toleration",
    [
        {"operator": "Exists"},
        {"key": "", "operator": "Exists", "value": ""},
        {"key": "a", "operator": "Exists", "effect": "NoExecute"},
        {"key": "a", "value": "b"},
        {"key": "a", "operator": "Equal"},
    ],
    ids=str,
)
def test_a_toleration_that_kubernetes_takes_is_taken(toleration: dict[str, Any]) -> None:
    assert ResourceClass.model_validate({"tolerations": [toleration]}).tolerations


@pytest.mark.parametrize("template", ["", {}, None, 4, ["a"], {"a": float("nan")}])
def test_a_template_that_is_none_is_told_once(template: object) -> None:
    found = refusals(kubernetes_pod_templates={"a": {"template": template}})
    assert [where for _, where in found] == ["run_config.kubernetes_pod_templates.a.template"]


@pytest.mark.parametrize("scheme", ["http", "ftp", "http:/"])
def test_a_password_in_an_address_is_not_repeated(scheme: str) -> None:
    settings = {**REQUIRED, "mlflow": {"tracking_uri": f"{scheme}://me:hush@mlflow"}}
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate({"run_config": settings})
    (found,) = diagnose(caught.value, Deployment, CONFIG_CODES, "")
    assert found.where == "run_config.mlflow.tracking_uri"
    assert "hush" not in str(found)


@pytest.mark.parametrize("key", sorted(REQUIRED))
def test_a_required_key_is_missed(key: str) -> None:
    settings = {name: value for name, value in REQUIRED.items() if name != key}
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate({"run_config": settings})
    (found,) = diagnose(caught.value, Deployment, CONFIG_CODES, "")
    assert (found.code, found.where) == (Code.CONFIG_REQUIRED_KEY, f"run_config.{key}")


def test_what_was_spelt_another_way_is_written_the_canonical_way() -> None:
    config = make_run_config(startup_time=5, start_date=20210721, image_pull_secrets="a,b")
    raw = json.loads(dump_document(make_document(run_config=config)))["deployment"]["run_config"]
    assert raw["startup_timeout"] == 5
    assert "startup_time" not in raw
    assert raw["start_date"] == "2021-07-21"
    assert raw["image_pull_secrets"] == ["a", "b"]


def test_a_block_of_another_tool_is_carried_through_untouched() -> None:
    block = {"Z": [1, {"a": None, "": 0.5}], "a": "x"}
    config = make_run_config(**{"x-tool": block, "x-": 1})
    document = make_document(run_config=config)
    kept = json.loads(dump_document(read_document(dump_document(document))))
    assert kept["deployment"]["run_config"]["x-tool"] == block
    assert kept["deployment"]["run_config"]["x-"] == 1


def test_models_are_frozen() -> None:
    config = make_run_config()
    with pytest.raises(ValidationError):
        config.image = "other"  # type: ignore[misc]
