"""The JSON Schemas that `schemas/` publishes, generated from the models; it writes no file."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from kairflow.ir.model import Document
from kairflow.ir.version import IR_VERSION, SCHEMA_URL


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the IR, every property with its description."""
    body = tidy(Document.model_json_schema(mode="serialization"))
    # The model fills the version in when it makes a document; reading insists on it.
    body["required"] = ["ir_version", *body["required"]]
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": SCHEMA_URL,
        "title": f"Kairflow IR {IR_VERSION}",
    }
    return {**head, **body}


def tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop titles that only repeat names, join lines, and close mappings with patterned keys."""
    tidy = {key: _tidy_value(key, value) for key, value in schema.items() if key != "title"}
    if "patternProperties" in tidy:
        tidy.setdefault("additionalProperties", False)
    return tidy


def _tidy_value(key: str, value: Any) -> Any:
    if key in ("$defs", "properties", "patternProperties"):
        return {name: tidy(inner) for name, inner in value.items()}
    if key in ("anyOf", "prefixItems"):
        return [tidy(inner) for inner in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return tidy(value)
    return " ".join(value.split()) if key == "description" else value


def dump_schema(schema: dict[str, Any]) -> str:
    """Write a schema as text with sorted keys that ends in a newline."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
