"""The names of JSON's types, as JSON Schema has them."""

from __future__ import annotations

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
