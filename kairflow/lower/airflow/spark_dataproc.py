"""Spark groups on Dataproc: a cluster for the run and one job per group, or batches without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, InternalError, Severity
from kairflow.ir.artefacts import Artefacts, name_artefacts
from kairflow.ir.json_types import texts_in
from kairflow.ir.model import Document
from kairflow.ir.spark import Spark
from kairflow.lower.airflow import arguments, macros, mlflow, pods, spark_support
from kairflow.lower.airflow.model import OperatorCall, Reference, Setting, SparkJobs, Text
from kairflow.lower.airflow.names import ascii_words
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed, as_written, is_template

_SLUG = 14
"""With a hyphen and 36 characters of the run's own it makes 51, Dataproc's limit for a cluster."""

_INSTALLING = 1800
"""Seconds that the initialisation may take; Dataproc's own limit of ten minutes is often short."""

_OF_THE_RUN = "dag.dag_id ~ '/' ~ run_id"
_OF_THE_TRY = "dag.dag_id ~ '/' ~ run_id ~ '/' ~ ti.task_id ~ '/' ~ ti.try_number"
_FREE_KEYS = frozenset({"properties", "metadata", "labels"})
"""Mappings whose keys are not Dataproc's."""

PROJECT_FOLDER = "project"
"""Where a batch unpacks the project, below the folder in which its driver starts."""


def lower_cluster(document: Document, options: Options, dag_id: str) -> SparkJobs:
    """Decide about a cluster that is created for the run, and the jobs on it."""
    spark = _spark(document)
    name, region = Reference("CLUSTER_NAME"), {"shared": "DATAPROC"}
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
            {"cluster_name": name, "cluster_config": Reference("CLUSTER_CONFIG")},
            **region,
        ),
        delete=OperatorCall("DataprocDeleteClusterOperator", {"cluster_name": name}, **region),
        deferrable=True,
    )


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
        "spark.executorEnv.PYTHONPATH": as_typed(f"{PROJECT_FOLDER}/src"),
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


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for everything that Dataproc would refuse, or that would be lost."""
    spark = _spark(document)
    where = "run_config.spark.cluster_config"
    if document.archive is None:
        message = "the jobs fetch the project from an archive, and the IR names none"
        hint = "export again with --archive DIR, or compile with --artifacts DIR"
        yield Diagnostic(Code.NOT_LOWERED, message, "$.archive", hint)
    yield from _check_spelling(spark.dataproc_config, where)
    yield from _check_shape(spark.dataproc_config, where)
    for place, text in _rendered(spark):
        yield from macros.check_template(text, place, options.line)
    if spark.type == "dataproc":
        yield from _check_name(spark)
        yield from _check_shared(spark, document.deployment.run_config.max_active_runs)
        return
    idle = [key for key in ("cluster_name", "unique_cluster_name") if getattr(spark, key)]
    yield from spark_support.unused(idle, "a batch runs without a cluster of anybody's")


def _rendered(spark: Spark) -> Iterator[tuple[str, str]]:
    """Yield the texts that may be templates of the user's, and where they stand."""
    for text in texts_in(spark.dataproc_config):
        yield "run_config.spark.cluster_config", text
    for key, value in spark.conf.items():
        yield f"run_config.spark.conf.{key}", value
    for key in ("region", "project_id", *(() if spark.unique_cluster_name else ("cluster_name",))):
        yield f"run_config.spark.{key}", getattr(spark, key) or ""


def _spark(document: Document) -> Spark:
    spark = document.deployment.run_config.spark
    if spark is None:
        raise InternalError("only a pipeline with a Spark block is lowered to Dataproc")
    return spark


def _files(document: Document) -> Artefacts:
    config, archive = document.deployment.run_config, document.archive
    if archive is not None and (
        files := name_artefacts(document.source, config, document.groups, archive)
    ):
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


def _check_spelling(value: JsonValue, where: str) -> Iterator[Diagnostic]:
    """Refuse the REST spelling of a key: the operators take that of Python's messages alone."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check_spelling(item, f"{where}[{index}]")
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key in _FREE_KEYS:
            continue
        if re.search("[a-z][A-Z]", key):
            spelt = re.sub("(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", key)
            message = f"found the key {key!r}, expected Python's spelling"
            yield Diagnostic(Code.NAME_INVALID, message, f"{where}.{key}", f"write {spelt}")
        yield from _check_spelling(item, f"{where}.{key}")


_SHAPES: dict[str, dict[str, type]] = {
    "": {"initialization_actions": list, "pyspark_batch": dict, "runtime_config": dict},
    "pyspark_batch": {"archive_uris": list},
    "runtime_config": {"properties": dict},
}


def _check_shape(config: Mapping[str, JsonValue], where: str) -> Iterator[Diagnostic]:
    """Refuse what cannot be completed since it is neither the list nor the mapping it should be."""
    for place, shapes in _SHAPES.items():
        mapping = config.get(place) if place else config
        if not isinstance(mapping, Mapping):
            continue
        for key, shape in shapes.items():
            if (found := mapping.get(key)) is not None and not isinstance(found, shape):
                expected = "a list" if shape is list else "a mapping"
                message = f"expected {expected}, found {found!r:.60}"
                path = ".".join(filter(None, (where, place, key)))
                yield Diagnostic(Code.NAME_INVALID, message, path)


def _check_shared(spark: Spark, max_active_runs: int | None) -> Iterator[Diagnostic]:
    """Warn about a cluster that one run deletes while another one still works on it."""
    fixed = spark.cluster_name is not None and not spark.unique_cluster_name
    if not fixed or max_active_runs == 1:
        return
    if "{" not in str(spark.cluster_name):
        message = (
            f"two runs at once share cluster {spark.cluster_name!r}; the first to end deletes it"
        )
        hint = "set run_config.max_active_runs to 1, or spark.unique_cluster_name to true"
        where, warning = "run_config.spark.cluster_name", Severity.WARNING
        yield Diagnostic(Code.CLUSTER_SHARED, message, where, hint, warning)


def _check_name(spark: Spark) -> Iterator[Diagnostic]:
    name = spark.cluster_name
    if name is None or spark.unique_cluster_name or is_template(name):
        return
    if not re.fullmatch("[a-z]([-a-z0-9]{0,49}[a-z0-9])?", name):
        message = f"Dataproc takes no cluster named {name!r}"
        hint = "a letter, then up to 50 small letters, digits and hyphens, no hyphen last"
        yield Diagnostic(Code.NAME_INVALID, message, "run_config.spark.cluster_name", hint)
