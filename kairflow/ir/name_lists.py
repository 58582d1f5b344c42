"""Kedro's spelling of a list of names in one argument; both ends of the contract use it."""

from __future__ import annotations


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
