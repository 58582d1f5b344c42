"""What Dataproc would refuse of a cluster or batch, and what its jobs would go without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, InternalError, Severity
from kairflow.ir.json_types import texts_in
from kairflow.ir.model import Document
from kairflow.ir.spark import Spark
from kairflow.ir.validation import nearest
from kairflow.lower.airflow import macros, spark_support
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import is_template

_FREE_KEYS = frozenset({"properties", "metadata", "labels"})
"""Mappings whose keys are not Dataproc's."""


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for everything that Dataproc would refuse, or that would be lost."""
    spark = document.deployment.run_config.spark
    if spark is None:
        raise InternalError("only a pipeline with a Spark block is lowered to Dataproc")
    where = "run_config.spark.cluster_config"
    if document.archive is None:
        message = "the jobs fetch the project from an archive, and the IR names none"
        hint = "export again with --archive DIR, or compile with --artifacts DIR"
        yield Diagnostic(Code.NOT_LOWERED, message, "$.archive", hint)
    yield from _check_spelling(spark.dataproc_config, where)
    yield from _check_shape(spark.dataproc_config, where)
    for place, text in _rendered(spark):
        yield from macros.check_template(text, place, options.line)
    yield from _check_keys(spark, where)
    yield from _check_lost(document)
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


def _check_keys(spark: Spark, where: str) -> Iterator[Diagnostic]:
    """Warn about keys that Dataproc does not know, as far as this release knows them all."""
    known = _CLUSTER_KEYS if spark.type == "dataproc" else _BATCH_KEYS
    for key in spark.dataproc_config:
        if key not in known and not re.search("[a-z][A-Z]", key):
            message = f"Dataproc has no {key!r} there, so the task would fail"
            hint = nearest(key, known) or f"known keys: {', '.join(known)}"
            yield Diagnostic(Code.NAME_INVALID, message, f"{where}.{key}", hint, Severity.WARNING)


_CLUSTER_KEYS = (
    *("autoscaling_config", "auxiliary_node_groups", "cluster_tier", "cluster_type"),
    *("config_bucket", "dataproc_metric_config", "encryption_config", "endpoint_config", "engine"),
    *("gce_cluster_config", "initialization_actions", "lifecycle_config", "master_config"),
    *("master_flexible_config", "metastore_config", "secondary_worker_config"),
    *("secondary_worker_flexible_config", "security_config", "software_config", "temp_bucket"),
    *("worker_config", "worker_flexible_config"),
)
"""The fields of Dataproc's ClusterConfig."""

_BATCH_KEYS = ("environment_config", "labels", "pyspark_batch", "runtime_config")
"""The fields of Dataproc's Batch that a batch of PySpark may have."""


def _check_lost(document: Document) -> Iterator[Diagnostic]:
    """Warn about what is there for pods, and not for jobs elsewhere."""
    config = document.deployment.run_config
    if config.secrets:
        shown = ", ".join(repr(one.secret) for one in config.secrets)
        message = f"Dataproc sees no secrets of Kubernetes: the jobs go without {shown}"
        hint = "let the cluster's service account read them, for instance from Secret Manager"
        warning = Severity.WARNING
        yield Diagnostic(Code.NOT_LOWERED, message, "run_config.secrets", hint, warning)
    source = config.conf_source
    if source is not None and source.startswith("/"):
        message = f"found {source!r}, which is a path of the image: no machine of a cluster has it"
        hint = "give a path within the project, which the archive holds, or an address"
        warning = Severity.WARNING
        yield Diagnostic(Code.NOT_LOWERED, message, "run_config.conf_source", hint, warning)


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
