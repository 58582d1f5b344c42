"""Resource classes: a constant of the DAG file for each that a group uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kairflow.ir.execution import asked_of_task
from kairflow.ir.model import Document, Engine
from kairflow.ir.pods import ResourceClass
from kairflow.ir.pods import Toleration as ConfiguredToleration
from kairflow.lower.airflow import execution, names
from kairflow.lower.airflow.model import ClassSettings, Text, Toleration
from kairflow.lower.airflow.templates import as_typed


def lower_classes(
    document: Document, also: Iterable[str], taken: frozenset[str], *, pods: bool
) -> tuple[ClassSettings, ...]:
    """Decide what each resource class becomes; a class that asks for nothing needs no constant.

    `also` are classes that are used without a group. Spark jobs are no pods: theirs do not count.
    """
    known = document.deployment.run_config.resources
    in_pods = (group for group in document.groups if group.engine is Engine.PYTHON)
    used = {group.resource_class for group in in_pods} | {*also}
    wanted = sorted(name for name in used if name is not None and name in known)
    constants = names.constants(wanted, taken)
    lowered = (
        _settings(name, constant, known[name], pods=pods)
        for name, constant in zip(wanted, constants, strict=True)
    )
    return tuple(settings for settings in lowered if pods or settings.execution)


def _settings(name: str, constant: str, asked: ResourceClass, *, pods: bool) -> ClassSettings:
    return ClassSettings(
        resource_class=name,
        constant=constant,
        execution=execution.arguments(asked_of_task(asked), pods=pods),
        requests=dict(asked.requests) if pods else {},
        limits=dict(asked.limits) if pods else {},
        node_selector=_text_map(asked.node_selectors) if pods else {},
        labels=_text_map(asked.labels) if pods else {},
        annotations=_text_map(asked.annotations) if pods else {},
        tolerations=tuple(_tolerations(asked.tolerations)) if pods else (),
        affinity=asked.affinity.model_dump(exclude_none=True) if pods and asked.affinity else {},
    )


def _text_map(mapping: Mapping[str, str]) -> dict[str, Text]:
    return {key: as_typed(value) for key, value in mapping.items()}


def _tolerations(asked: tuple[ConfiguredToleration, ...]) -> Iterator[Toleration]:
    for one in asked:
        yield Toleration(one.key, one.operator, one.value, one.effect, one.tolerationSeconds)
