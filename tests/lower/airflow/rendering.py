"""What a generated DAG file tells Airflow to render, and rendering it as Airflow does."""

from __future__ import annotations

import ast
import uuid
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import jinja2.sandbox

from kairflow.lower.airflow.embedded import kedro_params
from tests.lower.airflow.reading import (
    LITERAL,
    dotted,
    expressions,
    job_arguments,
    operator_call,
)

_OF_DATAPROC = ("project_id", "region", "gcp_conn_id", "cluster_name")
TEMPLATED = {
    "KubernetesPodOperator": ("image", "namespace", "cmds", "arguments", "env_vars"),
    "KedroOperator": ("arguments", "env"),
    "PythonOperator": ("op_args", "op_kwargs"),
    "ExternalTaskSensor": ("external_dag_id", "external_task_id"),
    "SlackWebhookNotifier": ("slack_webhook_conn_id", "text"),
    "DataprocCreateClusterOperator": (*_OF_DATAPROC, "cluster_config"),
    "DataprocDeleteClusterOperator": _OF_DATAPROC,
    "DataprocSubmitJobOperator": (*_OF_DATAPROC, "job", "request_id"),
    "DataprocCreateBatchOperator": (*_OF_DATAPROC, "batch", "batch_id"),
    "SparkSubmitOperator": ("application", "conf", "name", "application_args"),
    "SparkKubernetesOperator": ("namespace", "template_spec", "kubernetes_conn_id"),
}
"""Operator to those of its fields that Airflow renders, as far as DAG files of ours use them."""

IN_CONSTANTS = (
    *("image", "namespace", "node_selector", "labels", "annotations", "pod_template_dict"),
)
"""Those fields of the pod operator that stand in constants."""

EXTENSIONS = {
    "KubernetesPodOperator": (".json", ".yaml", ".yml"),
    "SparkKubernetesOperator": ("json", "yaml", "yml"),
}
"""Operator to the ends of text that it takes for the name of a file, in some providers at least."""


class Sandbox(jinja2.sandbox.SandboxedEnvironment):
    """Jinja as Airflow sets it up: one underscore in front is fine, two are not."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not jinja2.sandbox.is_internal_attribute(obj, attr)


JINJA = Sandbox(undefined=jinja2.StrictUndefined, autoescape=False)
JINJA.filters |= {
    "kedro_params": kedro_params.kedro_params,
    "from_variable": kedro_params.from_variable,
}


class Rendered(NamedTuple):
    """A text that Airflow renders, unless it is marked `literal`."""

    operator: str
    field: str
    text: str
    literal: bool

    def arrive(self, context: Mapping[str, Any]) -> str:
        """Return what the operator gets."""
        return self.text if self.literal else render(self.text, context)


def render(text: str, context: Mapping[str, Any] | None = None) -> str:
    """Render a text as Airflow does."""
    return JINJA.from_string(text).render(context or {})


def templated(text: str) -> Iterator[Rendered]:
    """Yield each text of a DAG file that Airflow renders; the names of nodes come by themselves."""
    tree = ast.parse(text)
    known = expressions(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in TEMPLATED:
            operator = dotted(node.func)
            for name, value in given(node, known).items():
                if name in TEMPLATED[operator]:
                    yield from _texts(value, operator, name, known)
    for operator, values in job_arguments(tree):
        for name, value in values.items():
            yield from _texts(value, operator, name, known)
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Dict):
            yield from _in_constant(statement.value)


def given(call: ast.Call, known: Mapping[str, ast.expr]) -> dict[str, ast.expr]:
    """Return the keyword arguments of a call, those of a constant behind two stars, too."""
    found: dict[str, ast.expr] = {}
    for item in call.keywords:
        shared = known.get(dotted(item.value)) if item.arg is None else None
        if item.arg is not None:
            found[item.arg] = item.value
        elif isinstance(shared, ast.Dict):
            keys = (ast.literal_eval(key) for key in shared.keys if key is not None)
            found |= dict(zip(keys, shared.values, strict=True))
    return found


def _in_constant(constant: ast.Dict) -> Iterator[Rendered]:
    for key, value in zip(constant.keys, constant.values, strict=True):
        name = ast.literal_eval(key) if key is not None else ""
        if name in IN_CONSTANTS:
            yield from _texts(value, "KubernetesPodOperator", name, {})


def _texts(
    node: ast.expr,
    operator: str,
    field: str,
    known: Mapping[str, ast.expr],
    *,
    literal: bool = False,
) -> Iterator[Rendered]:
    """Yield the texts in an expression; a name that is known stands for its value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield Rendered(operator, field, node.value, literal)
    elif isinstance(node, ast.Call) and dotted(node.func) == LITERAL:
        yield from _texts(node.args[0], operator, field, known, literal=True)
    elif isinstance(node, ast.Name) and node.id in known:
        yield from _texts(known[node.id], operator, field, known)
    elif isinstance(node, ast.List | ast.Dict):
        for item in node.elts if isinstance(node, ast.List) else node.values:
            yield from _texts(item, operator, field, known)


def arguments(text: str) -> list[Rendered]:
    """Return the arguments of the tasks that run nodes, but for constants and for the nodes."""
    call = operator_call(text)
    (listed,) = (item.value for item in call.keywords if item.arg == "arguments")
    return list(_texts(listed, dotted(call.func), "arguments", {}))


class Anything(dict[str, str]):
    """Airflow variables of any name, with one value."""

    def __missing__(self, _: str) -> str:
        return "value"


class Variables:
    """Airflow's `var.value`: names as attributes, and `get` for the others."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> str:
        return self._values[name]

    def get(self, name: str) -> str:
        return self._values[name]


def context_of(
    dag_id: str = "shop",
    run_id: str = "manual__1",
    variables: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a context such as Airflow gives, as far as DAG files of ours use it."""
    moment = SimpleNamespace(strftime=lambda _: "2024-01-31T10.20.30.000001Z")
    return {
        "ds": "2024-01-31",
        "run_id": run_id,
        "dag": SimpleNamespace(dag_id=dag_id),
        "dag_run": SimpleNamespace(logical_date=moment, run_after=moment),
        "macros": SimpleNamespace(uuid=uuid),
        "params": dict(params or {}),
        "ti": SimpleNamespace(
            task_id="the_task",
            try_number=1,
            dag_id=dag_id,
            log_url="https://airflow/log",
            xcom_pull=lambda task_ids: f"result of {task_ids}",
        ),
        "var": SimpleNamespace(value=Variables({} if variables is None else variables)),
    }


def expanded_by_kubernetes(text: str) -> str:
    """Read dollars as the kubelet does, where no variable is set (third_party/forked/golang)."""
    out, position = "", 0
    while position < len(text):
        if text.startswith("$$", position):
            out, position = out + "$", position + 2
        elif text.startswith("$(", position) and ")" in text[position:]:
            out, position = out + "<variable>", text.index(")", position) + 1
        else:
            out, position = out + text[position], position + 1
    return out
