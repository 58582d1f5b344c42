"""Spark groups of the local runtime: one spark-submit each, a child of the Airflow worker."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.errors import Diagnostic
from kairflow.ir.model import Document
from kairflow.lower.airflow import arguments, processes, spark_support
from kairflow.lower.airflow.model import NodesArgument, OperatorCall, Program, Reference, SparkJobs
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed
from kairflow.lower.spark.launcher import launcher_text


def lower_local(document: Document, options: Options) -> SparkJobs:
    """Decide about jobs that run on the worker's own machine, with a local master."""
    told = (
        as_typed("-c"),
        Reference("SPARK_LAUNCHER"),
        *arguments.child_job_arguments(document, options.line),
        NodesArgument(arguments.has_literal_nodes(document)),
    )
    environment = processes.environment(document.deployment.run_config)
    return SparkJobs(
        constants={"SPARK_LAUNCHER": Program(launcher_text().rstrip("\n"))},
        parameters=(),
        job=OperatorCall("KedroOperator", {"arguments": told, "env": environment}),
    )


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each setting that could not reach Spark as it is."""
    spark = document.deployment.run_config.spark
    if spark is not None:
        yield from spark_support.check_settings("run_config.spark.conf", spark.conf, options)
