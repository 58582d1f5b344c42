"""Canonical JSON: documents to text, text to raw JSON, and the digest; it validates no meaning."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, NoReturn

from kairflow.errors import Code, Diagnostic, IRError
from kairflow.ir.model import Document


def dump_document(document: Document) -> str:
    """Write the document as UTF-8 text that ends in a newline.

    Fields stand in the model's order, datasets and parameters sorted by name, the user's own
    mappings in the user's order. The same values in the same order give the same bytes.
    """
    return _write(_raw(document), indent=2) + "\n"


def digest(document: Document) -> str:
    """Return the SHA-256, in hex, of what the pipeline *is*.

    Hashed is the compact JSON with sorted keys, less what stands at its default, so that a field
    that a later version adds changes no digest but of documents that use it; and less what only
    tells where the document came from or where it goes to: `$schema`, `ir_version`, `producer`,
    `source.git`, `deployment.host` and `deployment.output`.
    """
    raw = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for section, key in (
        (raw, "$schema"),
        (raw, "ir_version"),
        (raw, "producer"),
        (raw["source"], "git"),
        (raw["deployment"], "host"),
        (raw["deployment"], "output"),
    ):
        section.pop(key, None)
    text = _write(raw, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _write(raw: dict[str, Any], **style: Any) -> str:
    """Write text that UTF-8 can hold; a project can name things by half a character."""
    text = json.dumps(raw, ensure_ascii=False, allow_nan=False, **style)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        near = text[max(0, error.start - 20) : error.end]
        message = f"found half a character, which no file can hold, at the end of {near!r}"
        raise IRError([Diagnostic(Code.IR_VALUE, message)]) from error
    return text


def _raw(document: Document) -> dict[str, Any]:
    raw = document.model_dump(mode="json", by_alias=True)
    for section in ("datasets", "parameters"):
        raw[section] = dict(sorted(raw[section].items()))
    return raw


def parse_json(text: str) -> Any:
    """Parse strict JSON: no duplicate keys, no NaN, no infinity.

    Raises:
        IRError: code `IR_SYNTAX`, with line and column where the parser gave up.
    """
    try:
        text.encode()
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise syntax_error(
            error.msg.lower(), f"line {error.lineno} column {error.colno}"
        ) from error
    except UnicodeEncodeError as error:
        raise syntax_error("the text holds half a character") from error
    except RecursionError as error:
        raise syntax_error("nested too deeply") from error
    except ValueError as error:
        raise syntax_error(str(error)) from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) == len(pairs):
        return unique
    seen: set[str] = set()
    repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    raise ValueError(f"key {repeated!r} stands twice in one object")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"number {number[:30]} is too large")
    return value


def syntax_error(message: str, where: str = "") -> IRError:
    """Return the error for text that is no JSON."""
    hint = "an IR is the JSON that `kairflow export` writes"
    return IRError([Diagnostic(Code.IR_SYNTAX, f"not valid JSON: {message}", where, hint)])
