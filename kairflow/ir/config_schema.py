"""The JSON Schema of `airflow-k8s.yml`, for editors: what the reader takes, before it is filled.

A file may be one of several that are merged, so no key is required that another file may give; and
a `${…}` may stand wherever a value may.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from kairflow.ir.deployment import Deployment
from kairflow.ir.schema import tidy
from kairflow.ir.version import CONFIG_SCHEMA_URL, IR_VERSION

_PLACEHOLDER = "Placeholder"
_MERGED = ("RunConfig", "Spark", "KubernetesCluster", "LocalStorage", "PodTemplate")
"""What later files may give in part; lists are replaced as a whole, so their items are whole."""

_SPELT: dict[str, dict[str, Any]] = {
    "integer": {"type": "string", "pattern": r"^\s*[-+]?[0-9]+\s*$"},
    "boolean": {"enum": [0, 1, "0", "1", "false", "true", "no", "yes", "off", "on"]},
}
"""How else the reader takes a type; YAML itself spells `true` in many ways."""


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one `airflow-k8s.yml`."""
    body = tidy(Deployment.model_json_schema(mode="validation"))
    models = body.pop("$defs")
    timeout = models["RunConfig"]["properties"]["startup_timeout"]
    models["RunConfig"]["properties"]["startup_time"] = {
        **timeout,
        "description": "The same as `startup_timeout`, as the predecessor spelt it.",
    }
    definitions = {name: _opened(name, model) for name, model in models.items()}
    definitions[_PLACEHOLDER] = {
        "description": "A value that `${…}` fills in.",
        "type": "string",
        "pattern": r"\$\{",
    }
    opened = _opened("Deployment", body)
    del opened["required"]
    opened["patternProperties"]["^_"] = {"description": "Only helps YAML: a place for anchors."}
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": CONFIG_SCHEMA_URL,
        "title": f"Kairflow configuration {IR_VERSION}",
    }
    return {**head, **opened, "$defs": definitions}


def _opened(name: str, model: dict[str, Any]) -> dict[str, Any]:
    """Let a placeholder stand for each value of a model, and drop what another file may give."""
    opened = _inside(model)
    if name in _MERGED:
        opened.pop("required", None)
    return opened


def _inside(schema: dict[str, Any]) -> dict[str, Any]:
    made = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in schema:
            made[key] = {name: _value(inner) for name, inner in schema[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = _value(schema[key])
    if "patternProperties" in schema and "properties" not in schema:
        made["patternProperties"][r"\$\{"] = {}
    return made


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    """Add to what a value may be: a placeholder, and the type spelt as text."""
    if not schema or schema == {"$ref": "#/$defs/JsonValue"}:
        return schema
    notes: dict[str, Any] = {
        key: schema[key] for key in ("description", "default") if key in schema
    }
    rest = {key: value for key, value in schema.items() if key not in notes}
    options = [_inside(option) for option in rest.get("anyOf", [rest])]
    spelt = [_SPELT[kind] for kind in _SPELT if any(kind == one.get("type") for one in options)]
    return {**notes, "anyOf": [*options, *spelt, {"$ref": f"#/$defs/{_PLACEHOLDER}"}]}
