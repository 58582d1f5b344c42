"""Names as text, in ways that both ends of the contract share: lists in one argument, and cuts."""

from __future__ import annotations

import hashlib


def split_names(text: str) -> tuple[str, ...]:
    """Split at commas outside square brackets, as Kedro's `split_node_names` does.

    The brackets are those of names that Kedro itself gives: `clean([raw]) -> [tidy]`.
    """
    names, name, depth = [], "", 0
    for character in text + ",":
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and depth == 0 and name:
            names.append(name.strip())
            name = ""
        else:
            name += character
    return tuple(name for name in names if name)


def cut(text: str, limit: int) -> str:
    """Shorten a text to `limit` characters; eight hex digits keep two long ones apart."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
