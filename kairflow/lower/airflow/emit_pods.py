"""The part of a DAG file that makes pods: what they share, and one function."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.lower.airflow.emit_values import (
    COLUMNS_COMMENT,
    SETTINGS_TYPE,
    TASK_DOC,
    keywords,
    merged,
    nodes_argument,
    settings,
    task_parameters,
    text,
    text_map,
)
from kairflow.lower.airflow.model import Pods, Secret, Storage
from kairflow.lower.codegen import nodes as n

_OPERATOR = n.Name("KubernetesPodOperator")
_SETTINGS = n.Name("settings")
_TEMPLATE = n.Name("template")
_ENVIRONMENT = n.Name("env_vars")


def pod_constants(pods: Pods) -> Iterator[n.Statement]:
    """Build the constants that all pods share."""
    yield n.Assign(n.Name("NAMESPACE"), text(pods.namespace))
    if pods.storage is not None:
        yield from storage_constants(pods.storage)
    yield n.BlankLine()
    yield n.Comment("What all pods have.")
    yield n.Assign(n.Name("POD"), _shared(pods), SETTINGS_TYPE)


def storage_constants(storage: Storage) -> Iterator[n.Statement]:
    """Build the constants of the volume."""
    yield n.Assign(n.Name("CLAIM_NAME"), n.Literal(storage.claim_name))
    yield n.Assign(n.Name("CLAIM_SPEC"), n.Literal(storage.claim_spec))
    yield n.Assign(n.Name("VOLUME_OWNER"), n.Literal(storage.owner))


def _shared(pods: Pods) -> n.DictDisplay:
    return settings(
        {
            "namespace": n.Name("NAMESPACE"),
            "image": text(pods.image),
            "image_pull_policy": n.Literal(pods.image_pull_policy),
            "image_pull_secrets": _pull_secrets(pods),
            "service_account_name": _optional(pods.service_account_name),
            "deferrable": _optional(pods.deferrable),
            "on_finish_action": n.Literal(pods.on_finish_action),
        }
    )


def _optional(value: str | bool | None) -> n.Literal | None:
    return n.Literal(value) if value is not None else None


def _pull_secrets(pods: Pods) -> n.ListDisplay | None:
    references = tuple(
        n.Call(n.dotted("k8s.V1LocalObjectReference"), (), (n.Keyword("name", n.Literal(name)),))
        for name in pods.image_pull_secrets
    )
    return n.ListDisplay(references) if references else None


def pod_function(pods: Pods) -> n.FunctionDef:
    """Build the function `kedro_pod`, which every task calls."""
    template = (n.Parameter("template", n.Name("Any"), n.Literal(None)),) if pods.templates else ()
    arguments = n.Parameter("settings", n.Name("Any"), kind=n.ParameterKind.KWARGS)
    return n.FunctionDef(
        name="kedro_pod",
        parameters=(*task_parameters(), *template, arguments),
        docstring="Run Kedro nodes in one pod.",
        body=tuple(_body_with_templates(pods) if pods.templates else _body(pods)),
        returns=_OPERATOR,
    )


def _body(pods: Pods) -> Iterator[n.Statement]:
    yield COLUMNS_COMMENT
    environment = {**pods.environment, **pods.run_environment}
    parts: list[n.Expression] = [n.Name("POD"), *_storage_call(pods.storage), _SETTINGS]
    yield n.Return(_operator_call(pods, text_map(environment), parts))


def _body_with_templates(pods: Pods) -> Iterator[n.Statement]:
    """A pod with a template of its own has neither the volume nor the MLflow run built in."""
    yield COLUMNS_COMMENT
    yield n.Assign(_ENVIRONMENT, text_map(pods.environment))
    built_in = tuple(_built_in(pods))
    own = (_assign_merged(_TEMPLATE, _SETTINGS),)
    if built_in:
        yield n.If(n.Compare(_TEMPLATE, "is", n.Literal(None)), built_in, own)
    else:
        yield n.If(n.Compare(_TEMPLATE, "is not", n.Literal(None)), own)
    yield n.Return(_operator_call(pods, _ENVIRONMENT, [n.Name("POD"), _SETTINGS]))


def _built_in(pods: Pods) -> Iterator[n.Statement]:
    if pods.run_environment:
        items = (n.StarStar(_ENVIRONMENT), *text_map(pods.run_environment).items)
        yield n.Assign(_ENVIRONMENT, n.DictDisplay(items))
    for call in _storage_call(pods.storage):
        yield _assign_merged(call, _SETTINGS)


def _assign_merged(*parts: n.Expression) -> n.Assign:
    return n.Assign(_SETTINGS, n.DictDisplay(tuple(map(n.StarStar, parts))))


def _storage_call(storage: Storage | None) -> Iterator[n.Call]:
    if storage is not None:
        yield n.Call(n.Name("storage"), (n.Literal(storage.mount_path),))


def _operator_call(pods: Pods, environment: n.Expression, parts: list[n.Expression]) -> n.Call:
    command = n.ListDisplay(tuple(map(text, pods.command))) if pods.command is not None else None
    arguments = (*map(text, pods.arguments), nodes_argument(pods.literal_nodes))
    secrets = n.ListDisplay(tuple(map(_secret, pods.secrets))) if pods.secrets else None
    entries: dict[str, n.Expression | None] = {
        "task_id": n.Name("task_id"),
        "cmds": command,
        "arguments": n.ListDisplay(arguments),
        "env_vars": environment,
        "secrets": secrets,
        "doc_md": TASK_DOC,
    }
    return n.Call(_OPERATOR, (), (*keywords(entries), merged(parts)))


def _secret(secret: Secret) -> n.Call:
    name = n.Name("Secret")
    given = (secret.deploy_type, secret.deploy_target, secret.secret)
    if secret.key is None:
        return n.Call(name, tuple(map(n.Literal, given)))
    if secret.deploy_type == "env":
        return n.Call(name, tuple(map(n.Literal, (*given, secret.key))))
    file = keywords({"key": n.Literal(secret.key), "path": n.Literal(secret.key)})
    items = n.ListDisplay((n.Call(n.dotted("k8s.V1KeyToPath"), (), file),))
    return n.Call(name, tuple(map(n.Literal, given)), (n.Keyword("items", items),))
