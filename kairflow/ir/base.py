"""The models' common ground: frozen, closed, and open only to `x-` blocks; no field of the IR."""

# Annotations are no texts here: pydantic 2.12 reads that of `__pydantic_extra__` again in the
# module of each subclass, which does not have its names.

import json
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


class ClosedModel(BaseModel):
    """A frozen model that refuses unknown keys; field docstrings become schema descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def complete_complaint(kind: str, complaint: str) -> PydanticCustomError:
    """Return an error that says all there is to say: nobody adds the value that was found."""
    context = {"complaint": complaint, "complete": True}
    return PydanticCustomError(kind, "{complaint}", context)


def _refuse_unwritable(value: JsonValue) -> JsonValue:
    """Refuse what no JSON text can spell: NaN, infinity, and half a character."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        message = "expected a JSON value: finite numbers and whole characters"
        raise PydanticCustomError("json_value", message) from error
    return value


Json = Annotated[JsonValue, AfterValidator(_refuse_unwritable)]
"""Any JSON value that a file can hold."""


def _allow_extensions_only(schema: dict[str, Any]) -> None:
    """Say in JSON Schema what the key pattern of `__pydantic_extra__` says in pydantic."""
    schema["additionalProperties"] = False
    schema["patternProperties"] = {"^x-": {}}


class ExtensibleModel(ClosedModel):
    """A closed model that carries `x-…` blocks through untouched, for other tools' use."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_allow_extensions_only)

    __pydantic_extra__: dict[Annotated[str, Field(pattern="^x-")], Json] = Field(init=False)


def _scalar_to_text(value: object) -> object:
    """Spell a YAML scalar as the text that Kubernetes and Airflow expect: `yes` is `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return value


Text = Annotated[
    str,
    BeforeValidator(_scalar_to_text),
    WithJsonSchema({"type": ["string", "number", "boolean"]}, mode="validation"),
]
"""A string that may be written as any YAML scalar: labels, annotations, quantities."""

DnsLabel = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
]
"""RFC 1123 label: what Kubernetes accepts as the name of a namespace."""

DnsSubdomain = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    ),
]
"""RFC 1123 subdomain: what Kubernetes accepts as the name of most other objects."""

_QUALIFIED_NAME = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
QualifiedName = Annotated[str, Field(max_length=317, pattern=_QUALIFIED_NAME)]
"""A Kubernetes label or annotation key: an optional DNS prefix, a slash, at most 63 characters."""

LabelValue = Annotated[
    Text, Field(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
]
"""A Kubernetes label value: at most 63 characters, empty allowed."""

Quantity = Annotated[
    Text,
    Field(pattern=r"^[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$"),
]
"""A Kubernetes resource quantity that is not negative, such as `500m`, `1.5` or `16Gi`."""

EnvName = Annotated[str, Field(min_length=1, pattern=r"^[-._A-Za-z][-._A-Za-z0-9]*$")]
"""What Kubernetes accepts as the name of an environment variable."""

AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00]*$")]
"""A path from the root of a container's file system."""
