"""Spark groups on Kubernetes become calls of the official operator for spark-submit."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.lower.airflow.model import NodesArgument, Reference, SparkJobs, Text
from kairflow.lower.airflow.options import AirflowLine, Options
from kairflow.lower.airflow.spark_submit import lower_submit
from tests.lower.airflow.lowered import text_of
from tests.lower.airflow.rendering import context_of, render
from tests.lower.airflow.spark_documents import KUBERNETES, spark_document
from tests.lower.airflow.test_spark_conf import kubernetes, with_template


def lowered(document: Any) -> SparkJobs:
    return lower_submit(document, Options(), "shop")


def argument(jobs: SparkJobs, name: str) -> Any:
    return jobs.job.arguments[name]


@pytest.mark.parametrize(
    ("spark", "expected"),
    [
        ({}, "spark_default"),
        ({"cluster_name": "spark_k8s"}, "spark_k8s"),
        ({"cluster_name": "spark_k8s", "connection_id": "mine"}, "mine"),
    ],
)
def test_the_connection_is_the_users_or_the_providers(spark: dict[str, Any], expected: str) -> None:
    # The field is no template, so the text stands as it is.
    assert argument(lowered(kubernetes(**spark)), "conn_id") == expected


def test_the_script_runs_in_a_pod_and_the_task_waits_for_it() -> None:
    jobs = lowered(spark_document(KUBERNETES))
    assert jobs.job.operator == "SparkSubmitOperator"
    assert argument(jobs, "application") == Text("local:///home/kedro/spark_run.py", literal=False)
    assert argument(jobs, "deploy_mode") == "cluster"
    assert (jobs.create, jobs.delete) == (None, None)


def test_the_runner_is_told_all_that_kedro_needs() -> None:
    source = {"env": "prod", "pipeline": "train", "runtime_params": {"cost": "$(x)"}}
    jobs = lowered(spark_document(KUBERNETES, source=source, conf_source="/conf"))
    *told, nodes = argument(jobs, "application_args")
    assert [one.value for one in told] == [
        *("run", "--env=prod", "--pipeline=train", "--conf-source=/conf"),
        *("--runner=ThreadRunner", '--params=cost="$$(x)"'),
    ]
    assert nodes == NodesArgument(literal=False)


@pytest.mark.parametrize(("dag_id", "task_id"), [("shop", "clean"), ("d" * 250, "t" * 250)])
def test_the_name_leaves_room_for_what_spark_adds(dag_id: str, task_id: str) -> None:
    context = context_of(dag_id)
    context["ti"].task_id = task_id
    name = render(argument(lowered(spark_document(KUBERNETES)), "name").value, context)
    assert f"{dag_id}-{task_id}".startswith(name)
    # Spark appends 16 digits and what the pod is for, and Kubernetes takes 253 characters.
    assert len(f"{name}-0123456789abcdef-exec-1000-pvc-0") <= 253


def test_a_name_in_the_settings_is_the_name() -> None:
    jobs = lowered(kubernetes(conf={"spark.app.name": "mine"}))
    assert argument(jobs, "name") == Text("mine", literal=False)
    assert "spark.app.name" not in jobs.constants["SPARK_CONF"]  # type: ignore[operator]


def test_settings_are_a_constant_unless_images_differ() -> None:
    alike, different = lowered(with_template(None)), lowered(with_template("big:1"))
    assert argument(alike, "conf") == Reference("SPARK_CONF")
    assert (alike.parameters, [*alike.constants]) == ((), ["SPARK_CONF"])
    assert argument(different, "conf")["spark.kubernetes.container.image"] == Reference("image")
    assert (different.parameters, [*different.constants]) == (("image",), [])


@pytest.mark.parametrize("line", AirflowLine)
def test_a_dag_file_calls_one_function_for_each_job(line: AirflowLine) -> None:
    text = text_of(spark_document(KUBERNETES), Options(line))
    assert text.count("return SparkSubmitOperator(") == 1
    assert text.count(" = spark_job(") == 2
    assert "literal(" not in text


def test_an_image_of_its_own_stands_in_the_call() -> None:
    text = text_of(with_template("big:1"))
    assert 'image="big:1"' in text
    assert 'image="shop:1.0"' in text
