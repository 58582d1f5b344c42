"""Where in a document a run parameter finds its type and its value; pure, like the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from kairflow.ir.json_types import json_type
from kairflow.ir.model import Document, Parameter

_PREFIX = "params:"
_ALL = "parameters"
"""The dataset that holds every parameter."""


def find_parameter(document: Document, name: str) -> Parameter | None:
    """Return what the document knows of a parameter whose dotted name leads into mappings.

    It is the parameter of that name, or a part of one, or of `parameters`; null when no node reads
    any of these. A part of a value that is opaque is opaque itself.
    """
    return find_in(document.parameters, name)


def find_in(parameters: Mapping[str, Parameter], name: str) -> Parameter | None:
    """Do what `find_parameter` does, with the parameters alone."""
    for holder, steps in _holders(parameters, name):
        if not steps or holder.type == "opaque":
            return holder
        for value in _inside(holder.value, steps):
            return Parameter(type=json_type(value), value=value)
    return None


def covers(dataset: str, name: str) -> bool:
    """Tell whether a node that reads `dataset` sees the parameter `name`."""
    if dataset == _ALL:
        return True
    bare = dataset.removeprefix(_PREFIX)
    return dataset != bare and (name == bare or name.startswith(f"{bare}."))


def _holders(
    parameters: Mapping[str, Parameter], name: str
) -> Iterator[tuple[Parameter, list[str]]]:
    """Yield what may hold the parameter, the most specific first, and the path inside."""
    steps = name.split(".")
    for length in range(len(steps), 0, -1):
        prefix = _PREFIX + ".".join(steps[:length])
        if prefix in parameters:
            yield parameters[prefix], steps[length:]
    if _ALL in parameters:
        yield parameters[_ALL], steps


def _inside(value: JsonValue, steps: list[str]) -> Iterator[JsonValue]:
    """Yield what a dotted path leads to; a key may have dots of its own."""
    if not steps:
        yield value
    elif isinstance(value, dict):
        for length in range(1, len(steps) + 1):
            key = ".".join(steps[:length])
            if key in value:
                yield from _inside(value[key], steps[length:])
