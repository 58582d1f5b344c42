"""Text to a document that holds all that an IR promises, or to every reason why it does not."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kairflow.errors import Code, Diagnostic, IRError, IRVersionError
from kairflow.ir import codec, invariants
from kairflow.ir.model import Document
from kairflow.ir.validation import IR_CODES, diagnose
from kairflow.ir.version import IR_VERSION


def read_document(text: str) -> Document:
    """Read an IR strictly.

    Raises:
        IRVersionError: the document's version is none that this release reads.
        IRError: the text is no JSON, or the document breaks a rule; all breaches at once.
    """
    _check_version(codec.parse_json(text))
    try:
        document = Document.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _refusal(error) from error
    if breaches := invariants.check(document):
        raise IRError(breaches)
    return document


def _refusal(error: ValidationError) -> IRError:
    """Tell apart what breaks a rule and what only pydantic's JSON parser, the stricter, refuses."""
    complaints = error.errors()
    for details in complaints:
        if details["type"] == "json_invalid":
            message, _, where = str(details["ctx"]["error"]).partition(" at ")
            return codec.syntax_error(message, where)
    found = zip(complaints, diagnose(error, Document, IR_CODES), strict=True)
    return IRError(diagnostic for details, diagnostic in found if not _is_echo(details))


def _is_echo(details: ErrorDetails) -> bool:
    """Recognise a list that is only too short because its items were refused."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _check_version(raw: Any) -> None:
    found = raw.get("ir_version") if isinstance(raw, dict) else None
    if found == IR_VERSION:
        return
    expected = f"expected version {IR_VERSION!r}"
    if not isinstance(found, str):
        message = f"found no version of an IR, {expected}"
        hint = "is this file the output of `kairflow export`?"
    else:
        message = f"found version {found!r}, {expected}"
        hint = _version_hint(found)
    raise IRVersionError([Diagnostic(Code.IR_VERSION, message, "$.ir_version", hint)])


def _version_hint(found: str) -> str:
    if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", found):
        return "a version is two numbers with a full stop between"
    newer = tuple(map(int, found.split("."))) > tuple(map(int, IR_VERSION.split(".")))
    return "upgrade Kairflow, or export again with this one" if newer else "export again"
