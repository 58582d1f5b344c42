"""The constants of a DAG file that say what tasks ask for: resource classes and pod templates."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.lower.airflow.emit_values import (
    SETTINGS_TYPE,
    keywords,
    setting,
    settings,
    text,
    text_map,
)
from kairflow.lower.airflow.model import ClassSettings, PodTemplate, Toleration
from kairflow.lower.codegen import nodes as n


def class_constants(classes: tuple[ClassSettings, ...]) -> Iterator[n.Statement]:
    """Build one constant for each resource class."""
    if classes:
        yield n.BlankLine()
        yield n.Comment("What the tasks of each resource class ask for.")
    for one in classes:
        yield n.Assign(n.Name(one.constant), _class(one), SETTINGS_TYPE)


def _class(one: ClassSettings) -> n.DictDisplay:
    return settings(
        {
            "container_resources": _resources(one),
            "node_selector": text_map(one.node_selector) if one.node_selector else None,
            "labels": text_map(one.labels) if one.labels else None,
            "annotations": text_map(one.annotations) if one.annotations else None,
            "tolerations": _tolerations(one.tolerations),
            "affinity": n.Literal(dict(one.affinity)) if one.affinity else None,
            **{key: setting(value) for key, value in one.execution.items()},
        }
    )


def _resources(one: ClassSettings) -> n.Call | None:
    asked = {
        "requests": n.Literal(dict(one.requests)) if one.requests else None,
        "limits": n.Literal(dict(one.limits)) if one.limits else None,
    }
    given = keywords(asked)
    return n.Call(n.dotted("k8s.V1ResourceRequirements"), (), given) if given else None


def _tolerations(tolerations: tuple[Toleration, ...]) -> n.ListDisplay | None:
    return n.ListDisplay(tuple(map(_toleration, tolerations))) if tolerations else None


def _toleration(toleration: Toleration) -> n.Call:
    fields = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
        "toleration_seconds": toleration.toleration_seconds,
    }
    given = {key: n.Literal(value) for key, value in fields.items() if value is not None}
    return n.Call(n.dotted("k8s.V1Toleration"), (), keywords(given))


def template_constants(templates: tuple[PodTemplate, ...]) -> Iterator[n.Statement]:
    """Build one constant for each pod that the user wrote out."""
    if templates:
        yield n.BlankLine()
        yield n.Comment("Pods that the configuration writes out; what the operator is told wins.")
    for one in templates:
        entries = {
            "pod_template_dict": setting(one.pod),
            "image": text(one.image) if one.image is not None else None,
        }
        yield n.Assign(n.Name(one.constant), settings(entries), SETTINGS_TYPE)
