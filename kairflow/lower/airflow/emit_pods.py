"""The part of a DAG file that makes pods: resource classes as constants, and one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kairflow.lower.airflow.emit_task_doc import NODES_ARGUMENT, TASK_DOC, task_parameters
from kairflow.lower.airflow.model import Pods, PodSettings, Text, Toleration
from kairflow.lower.codegen import nodes as n

_SETTINGS_TYPE = n.Subscript(n.Name("dict"), (n.Name("str"), n.Name("Any")))


def pod_constants(pods: Pods) -> Iterator[n.Statement]:
    """Build one constant for each resource class."""
    if pods.settings:
        yield n.Comment("What the pods of each resource class ask for.")
    for settings in pods.settings:
        yield n.Assign(n.Name(settings.constant), _settings(settings), _SETTINGS_TYPE)


def _settings(settings: PodSettings) -> n.DictDisplay:
    entries = {
        "container_resources": _resources(settings),
        "node_selector": _text_map(settings.node_selector),
        "labels": _text_map(settings.labels),
        "annotations": _text_map(settings.annotations),
        "tolerations": _list(map(_toleration, settings.tolerations)),
    }
    return n.DictDisplay(
        tuple((n.Literal(key), value) for key, value in entries.items() if value is not None)
    )


def _resources(settings: PodSettings) -> n.Call | None:
    asked = {"requests": settings.requests, "limits": settings.limits}
    keywords = tuple(n.Keyword(k, n.Literal(dict(v))) for k, v in asked.items() if v)
    return n.Call(n.dotted("k8s.V1ResourceRequirements"), (), keywords) if keywords else None


def _text_map(texts: Mapping[str, Text]) -> n.DictDisplay | None:
    items = tuple((n.Literal(key), _text(text)) for key, text in texts.items())
    return n.DictDisplay(items) if items else None


def _list(items: Iterator[n.Expression]) -> n.ListDisplay | None:
    listed = tuple(items)
    return n.ListDisplay(listed) if listed else None


def _toleration(toleration: Toleration) -> n.Call:
    fields = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
        "toleration_seconds": toleration.toleration_seconds,
    }
    return n.Call(
        n.dotted("k8s.V1Toleration"),
        (),
        tuple(n.Keyword(k, n.Literal(v)) for k, v in fields.items() if v is not None),
    )


def _text(text: Text) -> n.Expression:
    value = n.Literal(text.value)
    return n.Call(n.Name("literal"), (value,)) if text.literal else value


def pod_function(pods: Pods) -> n.FunctionDef:
    """Build the function `kedro_pod`, which every task calls."""
    operator = n.Name("KubernetesPodOperator")
    return n.FunctionDef(
        name="kedro_pod",
        parameters=(
            *task_parameters(),
            n.Parameter("settings", n.Name("Any"), kind=n.ParameterKind.KWARGS),
        ),
        docstring="Run Kedro nodes in one pod.",
        body=(
            n.Comment(
                "COLUMNS: Kedro wraps its log lines at 80 columns where it sees no terminal."
            ),
            n.Return(n.Call(operator, (), tuple(_operator_keywords(pods)))),
        ),
        returns=operator,
    )


def _operator_keywords(pods: Pods) -> Iterator[n.Keyword | n.StarStar]:
    yield n.Keyword("task_id", n.Name("task_id"))
    yield n.Keyword("namespace", _text(pods.namespace))
    yield n.Keyword("image", _text(pods.image))
    yield n.Keyword("image_pull_policy", n.Literal(pods.image_pull_policy))
    if pods.image_pull_secrets:
        yield n.Keyword("image_pull_secrets", n.ListDisplay(tuple(_pull_secrets(pods))))
    if pods.service_account_name is not None:
        yield n.Keyword("service_account_name", n.Literal(pods.service_account_name))
    if pods.command is not None:
        yield n.Keyword("cmds", n.ListDisplay(tuple(map(_text, pods.command))))
    yield n.Keyword("arguments", _arguments(pods))
    yield n.Keyword("env_vars", n.Literal({"COLUMNS": "200"}))
    yield n.Keyword("on_finish_action", n.Literal(pods.on_finish_action))
    yield n.Keyword("doc_md", TASK_DOC)
    yield n.StarStar(n.Name("settings"))


def _pull_secrets(pods: Pods) -> Iterator[n.Call]:
    for secret in pods.image_pull_secrets:
        name = n.Keyword("name", n.Literal(secret))
        yield n.Call(n.dotted("k8s.V1LocalObjectReference"), (), (name,))


def _arguments(pods: Pods) -> n.ListDisplay:
    nodes: n.Expression = NODES_ARGUMENT
    if pods.literal_nodes:
        nodes = n.Call(n.Name("literal"), (nodes,))
    return n.ListDisplay((*map(_text, pods.arguments), nodes))
