"""Spark groups whatever runs them: where nothing can, and what a cluster cannot see."""

from __future__ import annotations

import ast
import contextlib
from itertools import pairwise
from typing import Any

import pytest

from kairflow.errors import Code, LoweringError, Severity
from kairflow.ir import Document
from kairflow.ir.model import Dataset, DatasetKind
from kairflow.ir.spark import CustomOperators
from kairflow.lower.airflow.options import Options
from tests.ir_documents import make_document, make_run_config, node
from tests.lower.airflow.lowered import local, refusals, text_of, warnings
from tests.lower.airflow.reading import read_dag
from tests.lower.airflow.receiving import jobs_of
from tests.lower.airflow.rendering import context_of
from tests.lower.airflow.spark_documents import (
    ARCHIVE,
    DATAPROC,
    FIRST,
    KUBERNETES,
    LAST,
    OPERATOR,
    SERVERLESS,
    WEAVE,
    spark_document,
)

CLUSTERS = {
    "dataproc": (DATAPROC, "DataprocSubmitJobOperator"),
    "dataproc-serverless": (SERVERLESS, "DataprocCreateBatchOperator"),
    "kubernetes": (KUBERNETES, "SparkSubmitOperator"),
    "k8s": ({**KUBERNETES, "type": "k8s"}, "SparkSubmitOperator"),
    "spark-operator": (OPERATOR, "SparkKubernetesOperator"),
}


def stored(document: Document, **uris: str) -> Document:
    """Return the document with addresses for some of its datasets."""
    changed = {
        name: Dataset(kind=DatasetKind.PERSISTENT, base=name, uri=uri) for name, uri in uris.items()
    }
    return document.model_copy(update={"datasets": {**document.datasets, **changed}})


@pytest.mark.parametrize("kind", CLUSTERS)
def test_each_kind_of_cluster_has_its_operator(kind: str) -> None:
    spark, operator = CLUSTERS[kind]
    text = text_of(spark_document(spark))
    assert f" -> {operator}:\n" in text
    assert [task.task_id for task in read_dag(text).tasks] == [FIRST, "price", LAST, "report"]


def test_without_a_cluster_lowering_stops_and_says_what_to_do() -> None:
    (found,) = refusals(spark_document(None))
    assert found.code is Code.NOT_LOWERED
    assert found.where == "run_config.spark"
    assert FIRST in found.message
    assert LAST in found.message
    assert "--runtime local" in found.hint


def test_the_local_runtime_needs_no_cluster() -> None:
    text = text_of(spark_document(None), local())
    assert " -> KedroOperator:\n" in text
    assert "spark-submit" in text


def test_a_cluster_without_spark_groups_is_not_started() -> None:
    config = make_run_config(spark=DATAPROC, volume={"disabled": True})
    text = text_of(make_document((node("a", ["x"], ["y"]),), run_config=config))
    assert "Dataproc" not in text


def test_a_pipeline_of_spark_alone_has_no_pods() -> None:
    nodes = (node("a", ["x"], ["y"], spark=True),)
    made = make_document(nodes, run_config=make_run_config(spark=DATAPROC))
    text = text_of(made.model_copy(update={"archive": ARCHIVE}))
    assert "kedro_pod" not in text
    assert "KubernetesPodOperator" not in text
    assert "create_pipeline_storage" not in text


@pytest.mark.parametrize("uri", ["data/01_raw/cars.csv", "file:///data/cars", "/mnt/x"])
def test_data_on_a_disk_that_no_cluster_sees_are_reported(uri: str) -> None:
    (found,) = warnings(stored(spark_document(DATAPROC), raw=uri, page="data/page.html"))
    assert found.code is Code.DATA_STAYS_IN_POD
    assert found.severity is Severity.WARNING
    assert "'raw'" in found.message
    assert "'page'" not in found.message


def test_shared_addresses_and_the_local_runtime_are_fine() -> None:
    document = stored(spark_document(DATAPROC), raw="gs://bucket/cars.csv", cars="s3a://b/cars")
    assert warnings(document) == []
    assert warnings(stored(spark_document(None), raw="data/cars.csv"), local()) == []


def test_a_class_that_sizes_pods_says_nothing_to_a_job() -> None:
    document = spark_document(
        DATAPROC,
        resources={"huge": {"limits": {"memory": "64Gi"}}, "patient": {"retries": 3}},
        nodes={"clean": {"resources": "huge"}, "join": {"resources": "patient"}},
    )
    (found,) = warnings(document)
    assert found.where == f"group {FIRST!r}"
    assert "'huge'" in found.message


def test_operators_of_others_must_pass_on_what_only_the_run_knows() -> None:
    written = CustomOperators(
        imports="from shop import Job", submit={FIRST: "Job()", LAST: "Job()"}
    )
    spark = {"type": "custom", "operator_factory": "shop.factories.Jobs"}
    allowed = Options(allow_custom_operators=True)

    def said(**settings: Any) -> list[str]:
        made = spark_document(spark, **settings)
        document = made.model_copy(update={"custom_operators": written})
        return [found.message for found in warnings(document, allowed)]

    assert said() == []
    (message,) = said(macro_params=["ds"], mlflow={"tracking_uri": "http://mlflow"})
    assert message.endswith("macro_params, mlflow")


def test_the_clusters_of_others_are_kept_from_the_limits_of_the_jobs() -> None:
    written = CustomOperators(
        imports="from shop import Cluster, Job",
        create_cluster="Cluster(pool='clusters')",
        delete_cluster="Cluster()",
        submit={FIRST: "Job()", LAST: "Job()"},
    )
    spark = {"type": "custom", "operator_factory": "shop.factories.Jobs"}
    made = spark_document(spark, execution_timeout=60, pool="jobs")
    document = made.model_copy(update={"custom_operators": written})
    dag = read_dag(text_of(document, Options(allow_custom_operators=True)))
    create, delete = (dag.in_frame(f"{verb}-spark-cluster") for verb in ("create", "delete"))
    assert (create.keywords["pool"], delete.keywords["pool"]) == ("clusters", "default_pool")
    assert create.keywords["execution_timeout"] is delete.keywords["execution_timeout"] is None


@pytest.mark.parametrize("kind", CLUSTERS)
@pytest.mark.parametrize("key", ["cluster_name", "conf", "region", "connection_id"])
def test_text_of_the_configuration_is_text(kind: str, key: str) -> None:
    """A quote, a line feed, a bracket: none ends the text that it stands in."""
    hostile = "x'\"\n)]}; import os #"
    spark: dict[str, Any] = {**CLUSTERS[kind][0]}
    spark[key] = {"spark.x": hostile, hostile: "y"} if key == "conf" else hostile
    harmless = {**spark, key: {"spark.x": "a", "spark.b": "y"} if key == "conf" else "abc"}
    # Some of it is refused, which is fine, too.
    with contextlib.suppress(LoweringError):
        text = text_of(spark_document(spark))
        assert text.count("\nimport ") == text_of(spark_document(harmless)).count("\nimport ")
        compile(text, "dag.py", "exec")


def told(text: str) -> list[str]:
    """Return what follows `--conf` in the arguments of the child that runs a Spark group."""
    (job,) = {str(job.fields["arguments"]) for job in jobs_of(text, context_of()).values()}
    listed = ast.literal_eval(job)
    return [item for before, item in pairwise(listed) if before == "--conf"]


def test_settings_of_the_local_runtime_arrive_as_typed_and_templates_filled_in() -> None:
    conf = {"spark.a{{b": "{{ ds }}\n", "spark.c": "x\n", "spark.d{%": "y", "spark.e": "a.json"}
    made = make_document((WEAVE[0],), run_config=make_run_config(spark={**DATAPROC, "conf": conf}))
    assert told(text_of(made, local())) == [
        *("spark.a{{b=2024-01-31\n", "spark.c=x\n", "spark.d{%=y", "spark.e=a.json"),
    ]


@pytest.mark.parametrize("conf", [{"spark.a=b": "c"}, {"a": "b"}, {"spark.a": "{{ ds"}])
def test_settings_that_spark_submit_would_misread_are_refused(conf: dict[str, str]) -> None:
    (found,) = refusals(spark_document({**DATAPROC, "conf": conf}), local())
    assert found.where.startswith("run_config.spark.conf")


def test_a_template_that_only_spark_groups_ask_for_makes_no_pod() -> None:
    """It may mount the volume, which nobody makes where no pod sees it."""
    claim = {"persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
    config = make_run_config(
        spark=DATAPROC,
        kubernetes_pod_templates={"big": {"template": {"spec": {"volumes": [claim]}}}},
        nodes={"clean": {"pod_template": "big"}},
    )
    made = make_document((WEAVE[0],), run_config=config)
    assert "claim" not in text_of(made.model_copy(update={"archive": ARCHIVE}))
