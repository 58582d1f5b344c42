"""The values of the parameters that nodes read, as Kedro would hand them over; it reads no file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export.json_values import as_json
from kairflow.export.project import KedroLine
from kairflow.ir.json_types import json_type
from kairflow.ir.model import Node, Parameter
from kairflow.ir.validation import nearest

_PREFIX = "params:"


def feed(
    configured: Mapping[str, Any], runtime: Mapping[str, JsonValue], line: KedroLine
) -> dict[str, Any]:
    """Return every parameter that a node can name: `parameters`, `params:a`, `params:a.b`, …

    Kedro's loader has merged the runtime parameters into its files' already. Kedro 0.19 merges them
    once more, as they were typed; 1.x takes them by themselves only when there is no file.
    """
    values = dict(configured)
    if line == "0.19" or not configured:
        values = _update(values, runtime)
    named: dict[str, Any] = {"parameters": values}
    for name, value in values.items():
        named.update(_nested(f"{_PREFIX}{name}", value))
    return named


def _update(old: Any, new: Any) -> dict[str, Any]:
    updated: dict[str, Any] = dict(old)
    for key, value in new.items():
        before = updated.get(key)
        mergeable = isinstance(before, dict) and isinstance(value, dict)
        updated[key] = _update(before, value) if mergeable else value
    return updated


def _nested(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _nested(f"{name}.{key}", inner)


def describe_parameters(
    nodes: Iterable[Node],
    wanted: Iterable[str],
    available: Mapping[str, Any],
    at_run_time: Iterable[str],
) -> tuple[dict[str, Parameter], tuple[Diagnostic, ...]]:
    """Return the parameters named `wanted`, and which of them are missing or no JSON.

    `at_run_time` are the names that a run supplies; they need no value now.
    """
    readers = {name: node.name for node in reversed(tuple(nodes)) for name in node.inputs}
    supplied = {f"{_PREFIX}{name}" for name in at_run_time}
    parameters, diagnostics = {}, []
    for name in sorted(set(wanted)):
        parameters[name] = Parameter(type="opaque")
        where = f"node {readers[name]!r} > input {name!r}"
        if name not in available:
            if name not in supplied:
                diagnostics.append(_missing(name, where, available))
            continue
        try:
            value = _ordered(as_json(available[name]))
        except ValueError as error:
            diagnostics.append(_not_json(where, error))
        else:
            parameters[name] = Parameter(type=json_type(value), value=value)
    return parameters, tuple(diagnostics)


def _ordered(value: JsonValue) -> JsonValue:
    """Sort mappings by key: Kedro reads the files of a folder in an order that varies."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def _missing(name: str, where: str, available: Mapping[str, Any]) -> Diagnostic:
    bare = name.removeprefix(_PREFIX)
    known = [other.removeprefix(_PREFIX) for other in available if other.startswith(_PREFIX)]
    hint = nearest(bare, known) or (
        "add it to the environment's parameters.yml, or give it with --params"
    )
    return Diagnostic(Code.PARAMETER_MISSING, "the parameter has no value", where, hint)


def _not_json(where: str, error: ValueError) -> Diagnostic:
    message = f"the value is not recorded: {error}"
    hint = "tasks read it from the configuration all the same"
    return Diagnostic(Code.PARAMETER_NOT_JSON, message, where, hint, Severity.WARNING)
