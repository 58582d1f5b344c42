"""Spark groups: which operator runs them, and what every kind of cluster has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import RunConfig
from kairflow.ir.execution import asked_of_task
from kairflow.ir.model import DEFAULT_CLASS, Document, Engine, Group
from kairflow.ir.spark import ON_DATAPROC, ON_KUBERNETES
from kairflow.lower.airflow import (
    custom_operators,
    dataproc_support,
    execution,
    mlflow,
    pod_support,
    spark_application,
    spark_dataproc,
    spark_local,
    spark_submit,
)
from kairflow.lower.airflow.custom_operators import CustomJobs
from kairflow.lower.airflow.model import Setting, SparkJobs
from kairflow.lower.airflow.options import Options, Runtime

_POD_KEYS = (
    *("affinity", "annotations", "labels", "limits", "node_selectors", "requests"),
    "tolerations",
)


def spark_groups(document: Document) -> tuple[Group, ...]:
    """Return the groups that Spark runs."""
    return tuple(group for group in document.groups if group.engine is Engine.SPARK)


def python_groups(document: Document) -> tuple[Group, ...]:
    """Return the groups that a Python interpreter runs."""
    return tuple(group for group in document.groups if group.engine is Engine.PYTHON)


def has_cluster(document: Document, options: Options) -> bool:
    """Tell whether a run has a Spark cluster to itself, which somebody creates and deletes."""
    if options.runtime is Runtime.LOCAL or not spark_groups(document):
        return False
    spark, custom = document.deployment.run_config.spark, document.custom_operators
    if spark is None:
        return False
    made = custom is not None and custom.create_cluster is not None
    return spark.type == "dataproc" or (spark.type == "custom" and made)


def lower_jobs(
    document: Document, options: Options, dag_id: str, task_ids: Mapping[str, str]
) -> SparkJobs | CustomJobs | None:
    """Decide how the Spark groups run; None when there are none."""
    spark = document.deployment.run_config.spark
    if not spark_groups(document):
        return None
    if options.runtime is Runtime.LOCAL:
        return spark_local.lower_local(document, options)
    if spark is None:
        return None
    if spark.type == "custom":
        return custom_operators.read_operators(document, task_ids)
    return _LOWER[spark.type](document, options, dag_id)


_LOWER: Mapping[str, Callable[[Document, Options, str], SparkJobs]] = {
    "dataproc": spark_dataproc.lower_cluster,
    "dataproc-serverless": spark_dataproc.lower_batches,
    "k8s": spark_submit.lower_submit,
    "kubernetes": spark_submit.lower_submit,
    "spark-operator": spark_application.lower_application,
}


def job_parameters(document: Document, options: Options) -> dict[str, Mapping[str, Setting]]:
    """Return the values of the parameters of `spark_job`, by the id of each Spark group."""
    spark, groups = document.deployment.run_config.spark, spark_groups(document)
    if not groups or options.runtime is Runtime.LOCAL or spark is None or spark.type == "custom":
        return {group.id: {} for group in groups}
    if spark.type in ON_DATAPROC:
        return dict(spark_dataproc.job_parameters(document))
    lowering = spark_application if spark.type == "spark-operator" else spark_submit
    return dict(lowering.job_parameters(document, options))


def execution_of(group: Group, document: Document, *, deferrable: bool) -> dict[str, Setting]:
    """Return retries, time limits and pool of one job: those of its class, then of its nodes."""
    config = document.deployment.run_config
    of_class = config.resources.get(group.resource_class or "")
    asked = asked_of_task(of_class) if of_class is not None else {}
    return {
        **execution.arguments(asked, pods=deferrable),
        **execution.of_group(group, config, pods=deferrable),
    }


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each Spark group that no cluster could run as it is."""
    groups = spark_groups(document)
    if not groups:
        return
    if options.runtime is Runtime.LOCAL:
        yield from spark_local.check(document, options)
        return
    spark = document.deployment.run_config.spark
    if spark is None:
        yield _nowhere(groups)
        return
    if spark.type in ON_DATAPROC:
        yield from dataproc_support.check(document, options)
    elif spark.type == "spark-operator":
        yield from spark_application.check(document, options)
    elif spark.type in ON_KUBERNETES:
        yield from spark_submit.check(document, options)
    else:
        yield from custom_operators.check(document, options)
        yield from _check_values(document.deployment.run_config)
    yield from _check_unused(document, groups)
    yield from _check_local_data(document, groups)


def _nowhere(groups: tuple[Group, ...]) -> Diagnostic:
    shown = ", ".join(repr(group.id) for group in groups[:3])
    more = f" and {len(groups) - 3} more" if len(groups) > 3 else ""
    message = f"nothing says where Spark groups run: {shown}{more}"
    hint = "add run_config.spark with a type, or use --runtime local"
    return Diagnostic(Code.NOT_LOWERED, message, "run_config.spark", hint)


def _check_unused(document: Document, groups: tuple[Group, ...]) -> Iterator[Diagnostic]:
    """Warn about what was asked for by name, and means something to pods only."""
    config = document.deployment.run_config
    for group in groups:
        name = group.resource_class
        asked = config.resources.get(name or "")
        if name == DEFAULT_CLASS or asked is None:
            continue
        if any(getattr(asked, key) for key in _POD_KEYS):
            message = f"resource class {name!r} is for pods: a Spark job gets none of its sizes"
            hint = "size the job under run_config.spark"
            where = f"group {group.id!r}"
            yield Diagnostic(Code.NOT_LOWERED, message, where, hint, Severity.WARNING)


def _check_values(config: RunConfig) -> Iterator[Diagnostic]:
    """Warn about what only the run knows: operators that others wrote get it if they ask for it."""
    keys = ("env_vars", "macro_params", "run_params", "secrets", "variables_params", "versions")
    asked = [key for key in keys if getattr(config, key)]
    if mlflow.is_on(config):
        asked.append("mlflow")
    if asked:
        message = f"the project's own operators must pass these on themselves: {', '.join(asked)}"
        hint = "see that the texts of the factory have the templates for them"
        where = "run_config.spark.operator_factory"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, Severity.WARNING)


def _check_local_data(document: Document, groups: tuple[Group, ...]) -> Iterator[Diagnostic]:
    """Warn about data on local paths: each machine of a cluster has a disk of its own."""
    inside = {name for group in groups for name in group.nodes}
    touched = {
        name
        for node in document.nodes
        if node.name in inside
        for name in (*node.inputs, *node.outputs)
    }
    local = sorted({document.datasets[name].base for name in touched if _is_local(document, name)})
    if not local:
        return
    shown = ", ".join(repr(name) for name in local[:3])
    more = f" and {len(local) - 3} more" if len(local) > 3 else ""
    yield Diagnostic(
        Code.DATA_STAYS_IN_POD,
        f"Spark jobs read or write local paths, which no two machines of a cluster share: "
        f"{shown}{more}",
        "catalog",
        "give them an address such as gs://… or s3a://… for this environment",
        Severity.WARNING,
    )


def _is_local(document: Document, name: str) -> bool:
    return pod_support.is_local(document.datasets[name])
