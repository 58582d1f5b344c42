"""Pydantic's complaints as diagnostics: a path, what was found and expected, the nearest key."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from kairflow.errors import Code, Diagnostic
from kairflow.ir.base import Quantity

_EXTENSION_PATTERN = "^x-"

_WORDS = {
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}
"""What to say instead of pydantic's words, which are Python's."""

_SIZE = re.compile(r"\+?([0-9.]+)\s*([KMGTPE])(i?)b?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Codes:
    """Which codes the three kinds of mistake have: they differ for IR and configuration."""

    unknown_key: Code
    missing_key: Code
    value: Code


IR_CODES = Codes(Code.IR_UNKNOWN_KEY, Code.IR_MISSING_KEY, Code.IR_VALUE)
CONFIG_CODES = Codes(Code.CONFIG_UNKNOWN_KEY, Code.CONFIG_REQUIRED_KEY, Code.CONFIG_VALUE)


def diagnose(
    error: ValidationError, model: type[BaseModel], codes: Codes, root: str = "$"
) -> tuple[Diagnostic, ...]:
    """Turn every complaint about a `model` into a diagnostic; `root` starts each path."""
    return tuple(_diagnose_one(details, model, codes, root) for details in error.errors())


def _diagnose_one(
    details: ErrorDetails, model: type[BaseModel], codes: Codes, root: str
) -> Diagnostic:
    location = _without_key_mark(details["loc"])
    where = json_path(location, root)
    if _is_unknown_key(details):
        known = sorted(_known_keys(model, location[:-1]))
        hint = nearest(str(location[-1]), known) or f"known keys: {', '.join(known)}"
        return Diagnostic(codes.unknown_key, f"unknown key {location[-1]!r}", where, hint)
    if details["type"] == "missing":
        return Diagnostic(codes.missing_key, f"required key {location[-1]!r} is missing", where)
    message, hint = _words(details)
    if not details.get("ctx", {}).get("complete"):
        message += f", found {_excerpt(details['input'])}"
    return Diagnostic(codes.value, message, where, hint)


def _words(details: ErrorDetails) -> tuple[str, str]:
    """Return a complaint in the words of whoever writes YAML, and what was probably meant."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "string_pattern_mismatch" and context.get("pattern") == _quantity_pattern():
        hint = _meant_quantity(str(details["input"]))
        return "expected a quantity such as 500m, 1.5 or 16Gi", hint
    message = _WORDS.get(kind) or _lower_first(details["msg"])
    known = re.findall(r"'([^']*)'", context["expected"]) if kind == "literal_error" else ()
    return message, nearest(str(details["input"]), known)


@functools.cache
def _quantity_pattern() -> str:
    pattern: str = TypeAdapter(Quantity).json_schema(mode="serialization")["pattern"]
    return pattern


def _meant_quantity(text: str) -> str:
    """Spell a size as Kubernetes does; empty when it is not clear which one is meant."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or not re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", found[1]):
        return ""
    number, letter, binary = found[1], found[2].upper(), f"{found[1]}{found[2].upper()}i"
    decimal = f"{number}{'k' if letter == 'K' else letter}"
    return f"write {binary}" if found[3] else f"write {decimal} or {binary}"


def _without_key_mark(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Drop what pydantic adds to the place of a mapping's key that breaks a rule."""
    return location[:-1] if location[-1:] == ("[key]",) else location


def _is_unknown_key(details: ErrorDetails) -> bool:
    """Recognise a key that the model does not have, also where it is open to `x-` blocks."""
    if details["type"] == "extra_forbidden":
        return True
    pattern = details.get("ctx", {}).get("pattern")
    return pattern == _EXTENSION_PATTERN and details["loc"][-1] == details["input"]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _excerpt(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def nearest(word: str, known: Sequence[str]) -> str:
    """Suggest the known word that resembles `word` most; empty when none does."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def json_path(location: Sequence[int | str], root: str = "$") -> str:
    """Spell a location as a path that a person can follow, such as `$.nodes[3].inputs[0]`."""
    steps = (f"[{step}]" if isinstance(step, int) else _key_step(step) for step in location)
    return (root + "".join(steps)).removeprefix(".")


def _key_step(key: str) -> str:
    plain = key.replace("_", "").replace("-", "").replace("$", "")
    return f".{key}" if plain.isascii() and plain.isalnum() else f"[{key!r}]"


def _known_keys(model: type[BaseModel], location: Sequence[int | str]) -> set[str]:
    """Return the keys of the model at `location` below `model`, as the user may write them."""
    found: list[Any] = [model]
    for step in location:
        found = [inner for outer in found for inner in _step_into(outer, step)]
    return {key for model in found if _is_model(model) for key in _spelt_keys(model)}


def _step_into(annotation: Any, step: int | str) -> Iterator[Any]:
    """Yield what may stand one step below: the type of a field or of an item."""
    if _is_model(annotation):
        for name, field in annotation.model_fields.items():
            if step in (name, field.alias):
                yield from _alternatives(field.annotation)
        return
    for item in get_args(annotation)[1 if get_origin(annotation) is dict else 0 :]:
        yield from _alternatives(item)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield the models and containers that an annotation allows, out of unions and metadata."""
    if _is_model(annotation) or get_origin(annotation) in (dict, tuple):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _alternatives(argument)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _spelt_keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
