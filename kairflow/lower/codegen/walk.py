"""Which names a tree of source nodes mentions; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from kairflow.lower.codegen.expression_nodes import Name


def names_in(root: object) -> frozenset[str]:
    """Return every variable that the tree reads or binds."""
    return frozenset(node.id for node in walk(root) if isinstance(node, Name))


def walk(root: object) -> Iterator[object]:
    """Yield every source node of a tree, or of a tuple of trees, in no particular order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        elif is_dataclass(node):
            yield node
            waiting.extend(getattr(node, field.name) for field in fields(node))
