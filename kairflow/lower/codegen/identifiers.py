"""Refuse text that is no plain Python name; it never repairs one.

Every place of a source node that becomes a name in the printed program is checked here, so that no
text can smuggle code in as a "name".
"""

from __future__ import annotations

import keyword
import re

from kairflow.errors import InternalError

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UNASSIGNABLE = frozenset({"__debug__"})
# `match` and `case` open statements: a line that begins with one reads as something else.
_STATEMENT_WORDS = frozenset({"match", "case"})


def check_identifier(text: object) -> None:
    """Raise `InternalError` unless `text` is an ASCII identifier and no keyword."""
    if type(text) is not str or _IDENTIFIER.match(text) is None:
        raise InternalError(f"not an ASCII identifier: {text!r}")
    if keyword.iskeyword(text) or text in _UNASSIGNABLE:
        raise InternalError(f"a reserved word is no identifier: {text!r}")


def check_variable(text: object) -> None:
    """Raise `InternalError` unless `text` may stand at the beginning of a statement."""
    check_identifier(text)
    if text in _STATEMENT_WORDS:
        raise InternalError(f"a word that opens a statement is no variable: {text!r}")


def check_dotted(text: object) -> None:
    """Raise `InternalError` unless `text` is identifiers joined by full stops."""
    if type(text) is not str:
        raise InternalError(f"not a dotted name: {text!r}")
    for part in text.split("."):
        check_identifier(part)
