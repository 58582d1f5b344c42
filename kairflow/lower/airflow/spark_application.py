"""Spark groups as objects of the Kubernetes operator for Spark, which runs them in the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.json_types import texts_in
from kairflow.ir.model import Document, Engine
from kairflow.lower.airflow import arguments, kedro_run, macros, names, spark_conf, spark_support
from kairflow.lower.airflow.model import (
    NodesArgument,
    OperatorCall,
    Reference,
    Setting,
    SparkJobs,
    Text,
)
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed, as_written, is_template

NAME_PARAMETER = "name"
EXTENSIONS = ("yaml", "yml", "json")
"""A text of the operator's that ends so, with a full stop or without, is read as a file."""

_SPEC = "run_config.spark.cluster_config.application"
_NAME_LENGTH = 54
"""With a hyphen and the operator's eight characters it makes 63, the limit for a service."""

_TEXTS = {
    spark_conf.IMAGE: ("image",),
    spark_conf.PULL_POLICY: ("imagePullPolicy",),
    **{
        setting: (role, field)
        for role in spark_conf.ROLES
        for setting, field in (
            (f"spark.kubernetes.{role}.container.image", "image"),
            (f"spark.kubernetes.authenticate.{role}.serviceAccountName", "serviceAccount"),
            (f"spark.{role}.memory", "memory"),
            (f"spark.kubernetes.{role}.request.cores", "coreRequest"),
            (f"spark.kubernetes.{role}.limit.cores", "coreLimit"),
        )
    },
}
_NUMBERS = {
    "spark.driver.cores": ("driver", "cores"),
    "spark.executor.cores": ("executor", "cores"),
    spark_conf.EXECUTORS: ("executor", "instances"),
}
_LISTS = {
    spark_conf.PULL_SECRETS: ("imagePullSecrets",),
    spark_conf.JARS: ("deps", "jars"),
    spark_conf.REPOSITORIES: ("deps", "repositories"),
    spark_conf.PACKAGES: ("deps", "packages"),
}
_LABEL = re.compile(r"spark\.kubernetes\.(driver|executor)\.label\.(.+)")
"""Settings that are fields of the object; the operator makes the same settings of them again.

What else there is stays a setting: other fields need the webhook, which not every cluster has.
"""

_FIXED = frozenset({"spark.master", "spark.kubernetes.driver.pod.name"})
"""Settings that are the operator's own business, by which it finds the pods again."""


def lower_application(document: Document, options: Options, dag_id: str) -> SparkJobs:
    """Decide about jobs that the operator of Airflow hands to the operator of Kubernetes."""
    config = document.deployment.run_config
    spark, _ = spark_conf.spark_of(document)
    conf = spark_conf.settings(document, options)
    spec = _no_files(_spec(document, options, conf))
    named = not all(map(_is_name, _task_ids(document)))
    asked: dict[str, Setting] = {
        "name": Reference(NAME_PARAMETER) if named else None,
        "namespace": as_typed(config.namespace, EXTENSIONS),
        "kubernetes_conn_id": as_typed(spark.connection_id, EXTENSIONS)
        if spark.connection_id
        else None,
        "template_spec": {
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "SparkApplication",
            "spec": {**spec, "sparkConf": Reference(spark_conf.CONSTANT)},
        },
        "delete_on_termination": None if config.on_finish_action == "delete_pod" else False,
        # A driver that stays must be marked as seen, or a second run of the task would find it.
        "on_finish_action": None if config.on_finish_action == "delete_pod" else "keep_pod",
        # Older providers would defer to a pod that has nothing to do with the application.
        "deferrable": False,
    }
    return SparkJobs(
        constants={spark_conf.CONSTANT: spec["sparkConf"]},
        parameters=(*((NAME_PARAMETER,) if named else ()), *spark_conf.parameters(conf)),
        job=OperatorCall(
            "SparkKubernetesOperator",
            {key: value for key, value in asked.items() if value is not None},
        ),
    )


def job_parameters(document: Document, options: Options) -> Mapping[str, Mapping[str, Setting]]:
    """Return what the job of each group is told, beside what all jobs are."""
    images = spark_conf.job_parameters(document, options)
    told = {group_id: _no_files(image) for group_id, image in images.items()}
    if all(map(_is_name, _task_ids(document))):
        return told
    return {
        group_id: {NAME_PARAMETER: _name(names.airflow_id(group_id)), **image}
        for group_id, image in told.items()
    }


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for everything that one of the operators would refuse, or that is lost."""
    spark, cluster = spark_conf.spark_of(document)
    yield from spark_support.check(document, options)
    yield from _check_settings(document)
    yield from _check_shape(cluster.application)
    for text in texts_in(cluster.application):
        yield from macros.check_template(text, _SPEC, options.line)
    if document.deployment.run_config.on_finish_action == "delete_succeeded_pod":
        message = "an application is deleted whenever it ends, or never: it is kept"
        where = "run_config.on_finish_action"
        hint = "set delete_pod, or have application.timeToLiveSeconds delete it later"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, Severity.WARNING)
    if spark.cluster_name is not None:
        hint = "the connection of type spark-operator is connection_id"
        yield from spark_support.unused(("cluster_name",), hint)


def _spec(document: Document, options: Options, conf: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the object's `spec`: what the keys became, and on top of it what the user wrote."""
    _, cluster = spark_conf.spark_of(document)
    spec: dict[str, Setting] = {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": as_typed(cluster.spark_version or "", ()),
        "mainApplicationFile": as_typed(cluster.run_script, ()),
        "arguments": (
            *arguments.job_arguments(document, options.line, in_pod=True),
            NodesArgument(_has_literal_nodes(document)),
        ),
        "restartPolicy": {"type": "Never"},
        "driver": {},
        "executor": {},
    }
    rest = dict[str, Setting]()
    for key, value in conf.items():
        if (field := _field(key, value)) is not None:
            spec = _merged(spec, _nested(*field))
        elif key != spark_conf.NAMESPACE:
            rest[key] = value
    user = {key: as_written(value) for key, value in cluster.application.items()}
    return _merged({**spec, "sparkConf": rest}, user)


def _field(key: str, value: Setting) -> tuple[tuple[str, ...], Setting] | None:
    """Return the field that says the same as a setting, and its value there."""
    if key in _TEXTS:
        return _TEXTS[key], value
    if label := _LABEL.fullmatch(key):
        return (label[1], "labels", label[2]), value
    if not isinstance(value, Text) or is_template(value.value):
        return None
    if key in _NUMBERS and re.fullmatch("[0-9]{1,9}", value.value):
        return _NUMBERS[key], int(value.value)
    if key in _LISTS:
        items = tuple(as_typed(item.strip(), ()) for item in value.value.split(",") if item.strip())
        return _LISTS[key], items
    return None


def _nested(path: tuple[str, ...], value: Setting) -> dict[str, Setting]:
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}


def _merged(under: Mapping[str, Setting], over: Mapping[str, Setting]) -> dict[str, Setting]:
    """Merge mappings at every depth; of all else the second one counts."""
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            both[key] = _merged(below, value)
        else:
            both[key] = value
    return both


def _no_files(mapping: Mapping[str, Setting]) -> dict[str, Setting]:
    """Keep the operator from taking any text for the name of a file."""
    return {key: _no_file(item) for key, item in mapping.items()}


def _no_file(value: Setting) -> Setting:
    if isinstance(value, Mapping):
        return _no_files(value)
    if isinstance(value, tuple):
        return tuple(map(_no_file, value))
    if not isinstance(value, Text) or value.literal or not value.value.endswith(EXTENSIONS):
        return value
    if is_template(value.value):
        return Text(f"{value.value}{{# #}}", literal=False)
    return Text(value.value, literal=True)


def _has_literal_nodes(document: Document) -> bool:
    texts = (kedro_run.nodes_argument(group.nodes) for group in document.groups)
    return any(as_typed(text, EXTENSIONS).literal for text in texts)


def _task_ids(document: Document) -> Iterator[str]:
    jobs = (group for group in document.groups if group.engine is Engine.SPARK)
    return (names.airflow_id(group.id) for group in jobs)


def _is_name(task_id: str) -> bool:
    """Tell whether the operator makes a legal name of a task's id by itself.

    It must begin with a letter, and the operator loses an application with `-driver` in its name:
    it strips that from the driver's name to find the application.
    """
    legal = re.sub("[^a-z0-9-]+", "-", task_id.lower())
    return re.match("[a-z]", legal) is not None and "-driver" not in legal


def _name(task_id: str) -> str:
    words = names.ascii_words(task_id, "-").lower().replace("-driver", "-d")
    return words.lstrip("-0123456789")[:_NAME_LENGTH].strip("-") or "job"


def _check_settings(document: Document) -> Iterator[Diagnostic]:
    """Refuse the settings that the operator of Kubernetes refuses."""
    namespace = document.deployment.run_config.namespace
    for where, conf in spark_support.given_settings(document):
        for key, value in conf.items():
            if key in _FIXED or re.match(r"spark\.kubernetes\.authenticate\..*[oO][aA]uth", key):
                message = "the Spark operator sets this itself, and refuses another value"
                yield Diagnostic(Code.NOT_LOWERED, message, f"{where}.{key}", "leave it out")
            elif key == spark_conf.NAMESPACE and value != namespace:
                message = f"found {value!r}, expected {namespace!r}, where the application is"
                hint = "leave it out, and see run_config.namespace"
                yield Diagnostic(Code.NOT_LOWERED, message, f"{where}.{key}", hint)


_MAPPINGS = ("driver", "executor", "deps", "sparkConf", "restartPolicy")


def _check_shape(application: Mapping[str, JsonValue]) -> Iterator[Diagnostic]:
    """Refuse what no mapping of ours can be merged with."""
    for key in _MAPPINGS:
        if key in application and not isinstance(application[key], dict):
            message = f"expected a mapping, found {application[key]!r:.60}"
            yield Diagnostic(Code.NAME_INVALID, message, f"{_SPEC}.{key}")
