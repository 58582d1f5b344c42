"""All keys of the configuration's models, dotted, as the expectations name them."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from kairflow.ir.deployment import RunConfig

MAPPINGS = {"resources": "<class>", "nodes": "<node>", "kubernetes_pod_templates": "<name>"}
"""Mappings from names to models, and what stands for the name."""

NOT_ON_PODS = ("spark", "group_spark_nodes")


def model_keys(model: type[BaseModel] = RunConfig) -> Iterator[str]:
    """Yield the keys of a model and of those below it."""
    for name, field in model.model_fields.items():
        if name in NOT_ON_PODS:
            continue
        nested = next(_models_in(field.annotation), None)
        if nested is None:
            yield name
            continue
        prefix = f"{name}.{MAPPINGS[name]}" if _is_mapping(field.annotation) else name
        yield from (f"{prefix}.{key}" for key in model_keys(nested))


def changed_keys(config: BaseModel) -> Iterator[str]:
    """Yield the keys that have another value than their default, as `model_keys` names them."""
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if name in NOT_ON_PODS or next(_models_in(field.annotation), None) is None:
            yield from [name] if value != field.default else []
            continue
        prefix = f"{name}.{MAPPINGS[name]}" if isinstance(value, dict) else name
        for one in _instances(value):
            yield from (f"{prefix}.{key}" for key in changed_keys(one))


def _instances(value: Any) -> list[BaseModel]:
    if isinstance(value, BaseModel):
        return [value]
    return [*(value.values() if isinstance(value, dict) else value or ())]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _is_mapping(annotation: Any) -> bool:
    return typing.get_origin(annotation) is dict
