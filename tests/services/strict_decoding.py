"""Refuse what the models of the Kubernetes client do not know: strange fields and wrong types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kubernetes.client import models

from tests.services.findings import Json, bad_request

CONTAINER = re.compile(r"(list|dict)[\[(](?:str, ?)?(.+)[\])]")
GO_NAMES = {str: "string", bool: "bool", int: "number", float: "number", list: "array"}
QUANTITIES = ("limits", "requests", "size_limit", "overhead", "divisor", "capacity")
SCALARS: dict[str, tuple[type, ...]] = {"str": (str,), "bool": (bool,), "int": (int,)}


def decode(kind: str, raw: bytes) -> Json:
    """Read one object strictly; a real server only warns of what is refused here with 400."""
    try:
        body = json.loads(raw, object_pairs_hook=_without_twins)
    except ValueError as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from error
    if not isinstance(body, dict):
        raise bad_request(f"the body is not an object but {_go_name(body)}")
    for field, expected in (("apiVersion", "v1"), ("kind", kind)):
        if body.setdefault(field, expected) != expected:
            raise bad_request(
                f"the {field} in the data ({body[field]}) does not match the expected {expected}"
            )
    check(f"V1{kind}", body, kind)
    return body


def check(model: str, body: object, kind: str) -> None:
    """Refuse an object that the model does not describe."""
    if problems := list(_problems(model, body, "")):
        message = ", ".join(problems)
        raise bad_request(f'{kind} in version "v1" cannot be handled as a {kind}: {message}')


def _without_twins(pairs: list[tuple[str, Any]]) -> Json:
    names = [name for name, _ in pairs]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise bad_request(f'strict decoding error: duplicate field "{twins[0]}"')
    return dict(pairs)


def _problems(kind: str, value: object, path: str) -> Iterator[str]:
    if value is None or kind == "object":
        return
    if match := CONTAINER.fullmatch(kind):
        yield from _container_problems(match[1], match[2], value, path)
    elif kind == "datetime":
        yield from _time_problems(value, path)
    elif kind in SCALARS:
        wrong = not isinstance(value, SCALARS[kind])
        if wrong or (kind == "int" and isinstance(value, bool)):
            yield _mismatch(value, path, kind)
    elif kind == "float":
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield _mismatch(value, path, kind)
    else:
        yield from _model_problems(kind, value, path)


def _container_problems(shape: str, inner: str, value: object, path: str) -> Iterator[str]:
    if shape == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(inner, item, f"{path}[{index}]")
    elif shape == "dict" and isinstance(value, dict):
        for key, item in value.items():
            yield from _problems(inner, item, f"{path}.{key}")
    else:
        yield _mismatch(value, path, shape)


def _time_problems(value: object, path: str) -> Iterator[str]:
    try:
        datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        yield f'parsing time "{value}" in {path}: cannot parse'


def _model_problems(kind: str, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _mismatch(value, path, kind)
        return
    model = getattr(models, kind)
    fields = {name: attribute for attribute, name in model.attribute_map.items()}
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if name not in fields:
            yield f'strict decoding error: unknown field "{where}"'
        elif fields[name] in QUANTITIES:
            yield from _quantity_problems(model.openapi_types[fields[name]], item, where)
        else:
            yield from _problems(model.openapi_types[fields[name]], item, where)


def _quantity_problems(kind: str, value: object, path: str) -> Iterator[str]:
    """Let a bare number stand for a quantity, as a real server does."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return
    if isinstance(value, dict) and CONTAINER.fullmatch(kind):
        for key, item in value.items():
            yield from _quantity_problems("str", item, f"{path}.{key}")
    else:
        yield from _problems(kind, value, path)


def _mismatch(value: object, path: str, kind: str) -> str:
    return f"json: cannot unmarshal {_go_name(value)} into Go struct field {path} of type {kind}"


def _go_name(value: object) -> str:
    return GO_NAMES.get(type(value), "object")
