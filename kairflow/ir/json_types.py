"""JSON values: the names of their types, as JSON Schema has them, and the text in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import JsonValue

JsonType = Literal["null", "boolean", "integer", "number", "string", "array", "object"]


def json_type(value: JsonValue) -> JsonType:
    """Name the JSON type of a value, as JSON Schema names it."""
    names: dict[type, JsonType] = {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return names[type(value)]


def texts_in(value: JsonValue) -> Iterator[str]:
    """Yield the strings among the values at any depth; the keys of mappings are left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)
