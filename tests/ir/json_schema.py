"""The one place where tests touch the `jsonschema` package, which has no types."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]


def complaints(schema: dict[str, Any], document: object) -> list[str]:
    """Return what a JSON Schema finds wrong in a document, as `path: rule`."""
    errors = Draft202012Validator(schema).iter_errors(document)
    return sorted(f"{error.json_path}: {error.validator}" for error in errors)


def check_schema(schema: dict[str, Any]) -> None:
    """Refuse what is no schema of draft 2020-12.

    Raises:
        jsonschema.SchemaError: it is none.
    """
    Draft202012Validator.check_schema(schema)
