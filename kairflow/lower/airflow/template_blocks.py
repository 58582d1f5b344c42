"""Whether the blocks of a template match: Jinja is not installed where DAGs are lowered."""

from __future__ import annotations

import re

TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
"""An expression, a statement or a comment, with its end."""
_STATEMENT = re.compile(r"\{%[-+]?\s*(?P<word>\w+)(?P<rest>.*?)[-+]?%\}", re.DOTALL)
_BLOCKS = frozenset(
    ("autoescape", "block", "call", "filter", "for", "if", "macro", "raw", "set", "with")
)
_ELSE = " else"
"""Marks a block whose last part has begun."""
_WITHIN = {"elif": ("if",), "else": ("if", "for")}


def unmatched(text: str) -> str | None:
    """Return a statement that lacks its end or its beginning; None when all match."""
    opened = list[tuple[str, str]]()
    for token in TOKEN.findall(text):
        statement = _STATEMENT.fullmatch(token)
        if statement is None:
            continue
        word, inner = statement["word"], opened[-1][0] if opened else ""
        if inner == "raw":  # all else is plain text there
            opened = opened[:-1] if word == "endraw" else opened
        elif word in _BLOCKS and not (word == "set" and "=" in statement["rest"]):
            opened.append((word, token))
        elif word.startswith("end") and word.removeprefix("end") in _BLOCKS:
            if word != f"end{inner.removesuffix(_ELSE)}":
                return str(token)
            opened.pop()
        elif word in _WITHIN:
            if inner not in _WITHIN[word]:
                return str(token)
            if word == "else":
                opened[-1] = (inner + _ELSE, opened[-1][1])
    return opened[-1][1] if opened else None
