"""Spark groups by `spark-submit` to Kubernetes, which waits until the driver has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kairflow.errors import Code, Diagnostic
from kairflow.ir.model import Document
from kairflow.lower.airflow import arguments, spark_conf, spark_support
from kairflow.lower.airflow.model import (
    NodesArgument,
    OperatorCall,
    Reference,
    Setting,
    SparkJobs,
    Text,
)
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed

_NAME = Text("{{ (ti.dag_id ~ '-' ~ ti.task_id)[:200] }}", literal=False)
"""Spark puts a name of its own making for each pod behind it, where 253 characters may stand."""

_FIXED = {
    "spark.submit.deployMode": "cluster",
    "spark.kubernetes.submission.waitAppCompletion": "true",
}
"""Settings that the task relies on: it learns from the log of spark-submit how the driver ended."""


def lower_submit(document: Document, options: Options, dag_id: str) -> SparkJobs:
    """Decide about jobs that `spark-submit` starts on the Airflow worker.

    All there is to say is said in `conf`, so that a setting of the user's wins, whatever it is.
    The deploy mode alone is an argument: without it the operator takes a driver that failed for
    one that succeeded.
    """
    spark, cluster = spark_conf.spark_of(document)
    conf = spark_conf.settings(document, options)
    given = {key: value for key, value in conf.items() if key not in _FIXED}
    name = given.pop(spark_conf.APPLICATION_NAME, _NAME)
    parameters = spark_conf.parameters(conf)
    return SparkJobs(
        # A constant cannot hold what differs from job to job.
        constants={} if parameters else {spark_conf.CONSTANT: given},
        parameters=parameters,
        job=OperatorCall(
            "SparkSubmitOperator",
            {
                "conn_id": spark.connection_id or spark.cluster_name or "spark_default",
                "deploy_mode": "cluster",
                "name": name,
                "conf": given if parameters else Reference(spark_conf.CONSTANT),
                "application": as_typed(cluster.run_script, ()),
                "application_args": (
                    *arguments.job_arguments(document, options.line, in_pod=True),
                    NodesArgument(arguments.has_literal_nodes(document)),
                ),
            },
        ),
    )


def job_parameters(document: Document, options: Options) -> Mapping[str, Mapping[str, Setting]]:
    """Return what the job of each group is told, beside what all jobs are."""
    return spark_conf.job_parameters(document, options)


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for everything that Spark or Kubernetes would refuse, or that is lost."""
    _, cluster = spark_conf.spark_of(document)
    yield from spark_support.check(document, options)
    for where, conf in spark_support.given_settings(document):
        for key, needed in _FIXED.items():
            if (found := conf.get(key, needed)) != needed:
                message = f"found {found!r}, expected {needed!r}, on which the task relies"
                yield Diagnostic(Code.NOT_LOWERED, message, f"{where}.{key}", "leave it out")
    idle = {"spark_version": cluster.spark_version, "application": cluster.application}
    keys = (f"cluster_config.{key}" for key, value in idle.items() if value)
    yield from spark_support.unused(keys, "it means something to type spark-operator only")
