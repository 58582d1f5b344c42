"""Spark groups on Dataproc: names, what is refused, and what the DAG file says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.errors import Code
from kairflow.ir.spark import Spark
from kairflow.lower.airflow.model import Text
from kairflow.lower.airflow.options import AirflowLine, Options
from kairflow.lower.airflow.spark_dataproc import cluster_name
from tests.lower.airflow.lowered import refusals, text_of, warnings
from tests.lower.airflow.reading import constants, read_dag
from tests.lower.airflow.spark_documents import (
    DATAPROC,
    FIRST,
    LAST,
    SERVERLESS,
    spark_document,
)

UUID_LENGTH = 36


def with_config(**config: Any) -> dict[str, Any]:
    return {**DATAPROC, "cluster_config": {**DATAPROC["cluster_config"], **config}}


def name_of(dag_id: str, **spark: Any) -> str:
    found = cluster_name(Spark.model_validate({**DATAPROC, **spark}), dag_id)
    assert isinstance(found, Text)
    return found.value


@given(st.text(min_size=1))
def test_every_run_has_a_legal_cluster_of_its_own(dag_id: str) -> None:
    """Dataproc: up to 51 small letters, digits and hyphens, a letter first, no hyphen last."""
    stem, _, template = name_of(dag_id).partition("-{{")
    assert template
    assert "run_id" in template
    assert 1 <= len(stem) <= 51 - 1 - UUID_LENGTH
    assert stem[0] in "abcdefghijklmnopqrstuvwxyz"
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not stem.endswith("-")


def test_a_name_that_was_given_stays_unless_each_run_shall_have_its_own() -> None:
    assert name_of("shop", cluster_name="ephemeral") == "ephemeral"
    assert name_of("shop", cluster_name="{{ ds }}") == "{{ ds }}"
    unique = name_of("shop", cluster_name="ephemeral", unique_cluster_name=True)
    assert unique.startswith("ephemeral-{{")


def test_the_cluster_stands_around_the_jobs_alone() -> None:
    dag = read_dag(text_of(spark_document(DATAPROC)))
    create, delete = dag.in_frame("create-spark-cluster"), dag.in_frame("delete-spark-cluster")
    assert (create.role, create.operator) == ("setup", "DataprocCreateClusterOperator")
    assert (delete.role, delete.operator) == ("teardown", "DataprocDeleteClusterOperator")
    assert delete.setups == ("create-spark-cluster",)
    assert sorted(dag.frame_edges) == [
        ("create-spark-cluster", FIRST),
        (LAST, "delete-spark-cluster"),
    ]


def test_the_jobs_have_retries_and_pools_of_their_own() -> None:
    document = spark_document(
        DATAPROC,
        nodes={"rank": {"pool": "spark", "retries": 2}},
        resources={"__default__": {"retries": 5, "limits": {"cpu": 1}}},
        deferrable=True,
    )
    text = text_of(document)
    own = {task.task_id: task.own for task in read_dag(text).tasks}
    assert own[FIRST].items() >= {"retries": 5}.items()
    assert own[LAST].items() >= {"retries": 2, "pool": "spark"}.items()
    assert constants(text)["DATAPROC"] == {
        "region": "europe-west1",
        "project_id": "target-project",
        "deferrable": True,
    }


def test_limits_of_the_jobs_are_not_those_of_the_cluster() -> None:
    """Half a cluster, or one whose end waits for the jobs' slots, is paid for on and on."""
    document = spark_document(DATAPROC, execution_timeout=300, pool="jobs")
    dag = read_dag(text_of(document))
    assert dag.keywords["default_args"]["pool"] == "jobs"
    for name in ("create-spark-cluster", "delete-spark-cluster"):
        given = dag.in_frame(name).keywords
        assert (given["execution_timeout"], given["pool"]) == (None, "default_pool")
    plain = read_dag(text_of(spark_document(DATAPROC))).in_frame("create-spark-cluster").keywords
    assert not {"execution_timeout", "pool"} & plain.keys()


def test_deleting_is_tried_again() -> None:
    retries = [
        read_dag(text_of(spark_document(DATAPROC, **asked)))
        .in_frame("delete-spark-cluster")
        .keywords.get("retries")
        for asked in ({}, {"retries": 5}, {"retries": 0})
    ]
    assert retries == [2, None, None]


@pytest.mark.parametrize(
    ("spark", "key", "hint"),
    [
        (with_config(master_confg={}), "master_confg", "did you mean 'master_config'?"),
        (with_config(run_script="x"), "run_script", "known keys: autoscaling_config"),
        ({**SERVERLESS, "cluster_config": {"runtime_confg": {}}}, "runtime_confg", "runtime_conf"),
    ],
)
def test_a_key_that_dataproc_does_not_know_is_told(
    spark: dict[str, Any], key: str, hint: str
) -> None:
    (found,) = warnings(spark_document(spark))
    assert found.where == f"run_config.spark.cluster_config.{key}"
    assert hint in found.hint


def test_what_only_pods_have_is_told() -> None:
    secret = {"secret": "db", "key": "p", "deploy_target": "DB_PASSWORD"}
    (found,) = warnings(spark_document(DATAPROC, secrets=[secret]))
    assert (found.where, "'db'" in found.message) == ("run_config.secrets", True)
    (found,) = warnings(spark_document(DATAPROC, conf_source="/opt/conf"))
    assert found.where == "run_config.conf_source"
    assert warnings(spark_document(DATAPROC, conf_source="conf_cluster")) == []


def test_without_an_archive_there_is_nothing_to_fetch() -> None:
    document = spark_document(DATAPROC).model_copy(update={"archive": None})
    (found,) = refusals(document)
    assert found.code is Code.NOT_LOWERED
    assert "--archive" in found.hint


@pytest.mark.parametrize(
    ("config", "place", "said"),
    [
        ({"masterConfig": {}}, ".masterConfig", "master_config"),
        ({"gce_cluster_config": {"zoneUri": "x"}}, ".gce_cluster_config.zoneUri", "zone_uri"),
        ({"initialization_actions": {"a": 1}}, ".initialization_actions", "expected a list"),
        ({"initialization_actions": "x"}, ".initialization_actions", "expected a list"),
    ],
)
def test_a_cluster_that_dataproc_would_refuse(
    config: dict[str, Any], place: str, said: str
) -> None:
    (found,) = refusals(spark_document(with_config(**config)))
    assert found.where == f"run_config.spark.cluster_config{place}"
    assert said in f"{found.message} {found.hint}"


def test_the_users_own_keys_may_be_spelt_in_any_way() -> None:
    properties = {"spark:spark.someThing": "1"}
    config = {"software_config": {"properties": properties}}
    text = text_of(spark_document(with_config(**config)))
    assert constants(text)["CLUSTER_CONFIG"]["software_config"] == {"properties": properties}


@pytest.mark.parametrize(
    "config",
    [
        {"runtime_config": []},
        {"runtime_config": {"properties": ["a"]}},
        {"pyspark_batch": {"archive_uris": "x"}},
    ],
)
def test_a_batch_that_dataproc_would_refuse(config: dict[str, Any]) -> None:
    (found,) = refusals(spark_document({**SERVERLESS, "cluster_config": config}))
    assert found.code is Code.NAME_INVALID
    assert "expected a" in found.message


@pytest.mark.parametrize("name", ["Ephemeral", "1st", "a-", "a" * 52, "a_b"])
def test_a_name_that_dataproc_would_refuse(name: str) -> None:
    (found,) = refusals(spark_document({**DATAPROC, "cluster_name": name}))
    assert found.where == "run_config.spark.cluster_name"


def test_a_macro_that_the_line_lacks_is_refused_in_the_cluster() -> None:
    document = spark_document(with_config(metadata={"day": "{{ prev_ds }}"}))
    (found,) = refusals(document)
    assert found.code is Code.MACRO_UNKNOWN
    assert text_of(document, Options(AirflowLine.AIRFLOW_2))


def test_the_settings_of_a_batch_win_over_those_of_every_job() -> None:
    document = spark_document({**SERVERLESS, "conf": {"spark.executor.cores": 4, "spark.x": 1}})
    properties = constants(text_of(document))["SPARK_PROPERTIES"]
    assert properties.items() >= {"spark.executor.cores": "8", "spark.x": "1"}.items()


def test_runs_that_would_share_a_cluster_are_told() -> None:
    fixed = {**DATAPROC, "cluster_name": "ephemeral"}
    (found,) = warnings(spark_document(fixed))
    assert found.code is Code.CLUSTER_SHARED
    assert warnings(spark_document(fixed, max_active_runs=1)) == []
    assert warnings(spark_document({**fixed, "unique_cluster_name": True})) == []
    assert warnings(spark_document({**fixed, "cluster_name": "day-{{ ds }}"})) == []


def test_nothing_is_said_about_a_sound_cluster() -> None:
    assert warnings(spark_document(DATAPROC)) == []


@pytest.mark.parametrize("key", ["region", "project_id", "cluster_name", "conf"])
def test_a_template_that_does_not_end_is_refused_where_it_stands(key: str) -> None:
    value = {"spark.x": "{{ ds"} if key == "conf" else "{{ ds"
    (found,) = refusals(spark_document({**DATAPROC, key: value}))
    assert found.code is Code.MACRO_UNKNOWN
    assert found.where == f"run_config.spark.{key}{'.spark.x' if key == 'conf' else ''}"


def test_a_name_that_each_run_changes_may_be_any_text() -> None:
    document = spark_document(
        {**DATAPROC, "cluster_name": "{{ the shop", "unique_cluster_name": True}
    )
    assert constants(text_of(document))["CLUSTER_NAME"].startswith("the-shop-{{ ")


def test_a_brace_alone_makes_no_template_of_a_name() -> None:
    (found,) = refusals(spark_document({**DATAPROC, "cluster_name": "a{b"}))
    assert found.code is Code.NAME_INVALID


def test_batches_have_no_use_for_a_cluster_s_name() -> None:
    (found,) = warnings(spark_document({**SERVERLESS, "cluster_name": "No Name", "conf": {}}))
    assert found.where == "run_config.spark.cluster_name"
