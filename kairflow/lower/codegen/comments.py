"""The text of a comment: any text becomes one line that neither Python nor a tool obeys."""

from __future__ import annotations

import re

from kairflow.lower.codegen.text import escape

# PEP 263 makes Python decode the file as a comment says; the rest are orders to tools.
_ORDERS = re.compile(
    r"coding(?=[:=])"
    r"|(?<!\w)(?:fmt|isort|mypy|pylint|pyre|pyright|pytype|ruff|type|yapf|pragma)(?=\s*:)"
    r"|(?<!\w)(?:noqa|nosec|NOLINT|autopep8)(?!\w)",
    re.IGNORECASE,
)


def comment_text(text: str) -> str:
    """Write `text` as one comment; line breaks and other unseen characters become escapes."""
    harmless = _ORDERS.sub(_disarmed, escape(text)).rstrip(" ")
    return f"# {harmless}".rstrip(" ")


def _disarmed(match: re.Match[str]) -> str:
    word = match[0]
    return f"\\x{ord(word[0]):02x}{word[1:]}"
