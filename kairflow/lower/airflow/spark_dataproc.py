"""Spark groups on Dataproc: a cluster for the run and one job per group, or batches without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from kairflow.errors import InternalError
from kairflow.ir.artefacts import Artefacts, name_artefacts
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document
from kairflow.ir.spark import Spark
from kairflow.lower.airflow import arguments, execution, mlflow, pods
from kairflow.lower.airflow.model import OperatorCall, Reference, Setting, SparkJobs, Text
from kairflow.lower.airflow.names import ascii_words
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed, as_written

_SLUG = 14
"""With a hyphen and 36 characters of the run's own it makes 51, Dataproc's limit for a cluster."""

_INSTALLING = 1800
"""Seconds that the initialisation may take; Dataproc's own limit of ten minutes is often short."""

_OF_THE_RUN = "dag.dag_id ~ '/' ~ run_id"
_OF_THE_TRY = "dag.dag_id ~ '/' ~ run_id ~ '/' ~ ti.task_id ~ '/' ~ ti.try_number"
PROJECT_FOLDER = "project"
"""Where a batch unpacks the project, below the folder in which its driver starts."""


def lower_cluster(document: Document, options: Options, dag_id: str) -> SparkJobs:
    """Decide about a cluster that is created for the run, and the jobs on it."""
    spark = _spark(document)
    name, region = Reference("CLUSTER_NAME"), {"shared": "DATAPROC"}
    around = execution.of_cluster(document.deployment.run_config)
    return SparkJobs(
        constants={
            "CLUSTER_NAME": cluster_name(spark, dag_id),
            "CLUSTER_CONFIG": _cluster_config(spark, _files(document).init_script),
            "DATAPROC": _place(document, spark),
            "SPARK_PROPERTIES": _properties(document, spark),
        },
        parameters=("script",),
        job=OperatorCall(
            "DataprocSubmitJobOperator",
            {
                "job": {
                    "placement": {"cluster_name": name},
                    "pyspark_job": {
                        "main_python_file_uri": Reference("script"),
                        "args": _runner_arguments(document, options),
                        "properties": Reference("SPARK_PROPERTIES"),
                    },
                },
                # A request that is sent twice, since an answer got lost, starts one job.
                "request_id": Text(_uuid(_OF_THE_TRY), literal=False),
            },
            **region,
        ),
        create=OperatorCall(
            "DataprocCreateClusterOperator",
            {"cluster_name": name, "cluster_config": Reference("CLUSTER_CONFIG"), **around},
            **region,
        ),
        delete=OperatorCall(
            "DataprocDeleteClusterOperator",
            {"cluster_name": name, **around, **_retries(document.deployment.run_config)},
            **region,
        ),
        deferrable=True,
    )


def _retries(config: RunConfig) -> dict[str, Setting]:
    return {"retries": execution.DELETING} if config.retries is None else {}


def lower_batches(document: Document, options: Options, dag_id: str) -> SparkJobs:
    """Decide about batches of Dataproc Serverless: nothing to create, nothing to delete."""
    spark = _spark(document)
    given = spark.dataproc_config
    of_batch: Mapping[str, Any] = given.get("pyspark_batch") or {}
    of_runtime: Mapping[str, Any] = given.get("runtime_config") or {}
    batch: dict[str, Setting] = {
        **_written(given),
        "pyspark_batch": {
            **_written(of_batch),
            "main_python_file_uri": Reference("script"),
            "args": _runner_arguments(document, options),
            "archive_uris": (
                as_typed(f"{_files(document).archive}#{PROJECT_FOLDER}", ()),
                *map(as_written, of_batch.get("archive_uris") or ()),
            ),
        },
        "runtime_config": {**_written(of_runtime), "properties": Reference("SPARK_PROPERTIES")},
    }
    properties = {
        # Executors unpack the archive, too, and import the functions that nodes hand to Spark.
        "spark.executorEnv.PYTHONPATH": as_typed(
            f"{PROJECT_FOLDER}/{document.source.source_dir}", ()
        ),
        **_properties(document, spark),
        **_written(of_runtime.get("properties") or {}),
    }
    name = f"{_slug(dag_id)}-{_uuid(_OF_THE_TRY)}"
    return SparkJobs(
        constants={"DATAPROC": _place(document, spark), "SPARK_PROPERTIES": properties},
        parameters=("script",),
        job=OperatorCall(
            "DataprocCreateBatchOperator",
            {"batch": batch, "batch_id": Text(name, literal=False)},
            shared="DATAPROC",
        ),
        deferrable=True,
    )


def job_parameters(document: Document) -> dict[str, dict[str, Setting]]:
    """Return what the job of each group is told, beside what all jobs are."""
    runners = _files(document).runners
    return {group_id: {"script": as_typed(address, ())} for group_id, address in runners.items()}


def _spark(document: Document) -> Spark:
    spark = document.deployment.run_config.spark
    if spark is None:
        raise InternalError("only a pipeline with a Spark block is lowered to Dataproc")
    return spark


def _files(document: Document) -> Artefacts:
    if (files := name_artefacts(document)) is not None:
        return files
    raise InternalError("nobody checked whether the jobs have an archive to fetch")


def cluster_name(spark: Spark, dag_id: str) -> Setting:
    """Return the name of the cluster: the user's, or one that each run has for itself."""
    if spark.cluster_name is not None and not spark.unique_cluster_name:
        return as_written(spark.cluster_name)
    name = f"{_slug(spark.cluster_name or dag_id)}-{_uuid(_OF_THE_RUN)}"
    return Text(name, literal=False)


def _slug(text: str) -> str:
    """Dataproc wants a letter first, then letters, digits and hyphens."""
    words = ascii_words(text, "-").lower().lstrip("-0123456789")
    return words[:_SLUG].strip("-") or "spark"


def _uuid(of: str) -> str:
    return "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, " + of + ") }}"


def _place(document: Document, spark: Spark) -> dict[str, Setting]:
    """Return where everything happens: arguments that all operators of Dataproc take."""
    asked: dict[str, Setting] = {
        "region": as_written(spark.region or ""),
        "project_id": as_written(spark.project_id) if spark.project_id else None,
        "gcp_conn_id": as_typed(spark.connection_id, ()) if spark.connection_id else None,
        "deferrable": document.deployment.run_config.deferrable,
    }
    return {key: value for key, value in asked.items() if value is not None}


def _cluster_config(spark: Spark, init_script: str) -> dict[str, Setting]:
    """Return the cluster as given, with our initialisation after those of the user."""
    ours: Setting = {
        "executable_file": as_typed(init_script, ()),
        "execution_timeout": {"seconds": _INSTALLING},
    }
    theirs = spark.dataproc_config.get("initialization_actions") or ()
    actions = (*map(as_written, theirs), ours)
    return {**_written(spark.dataproc_config), "initialization_actions": actions}


def _written(mapping: Mapping[str, JsonValue]) -> dict[str, Setting]:
    return {key: as_written(value) for key, value in mapping.items()}


def _properties(document: Document, spark: Spark) -> dict[str, Setting]:
    """Return the Spark settings of every job: the executors' environment, and the user's."""
    config = document.deployment.run_config
    variables = {**pods.variables(config), **mlflow.environment(config)}
    executors = {f"spark.executorEnv.{name}": value for name, value in variables.items()}
    return {**executors, **_written(dict(spark.conf))}


def _runner_arguments(document: Document, options: Options) -> tuple[Setting, ...]:
    """Return what the runner is told: the driver's environment, and what only the run knows.

    A property for the driver's environment is heeded only where the driver runs in a container of
    the cluster, which by default it does not.
    """
    config = document.deployment.run_config
    driver = {**pods.environment(config, in_pod=False), **mlflow.environment(config)}
    settings = (Text(f"{name}={value.value}", value.literal) for name, value in driver.items())
    return (*settings, *arguments.run_arguments(document, options.line))
