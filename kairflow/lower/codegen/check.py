"""Read a printed module back and compare it with its nodes: the last guard before text leaves."""

from __future__ import annotations

import ast

from kairflow.errors import InternalError
from kairflow.lower.codegen.expression_nodes import Attribute, Call, Name
from kairflow.lower.codegen.imports import sections
from kairflow.lower.codegen.statement_nodes import BlankLine, Comment, Module
from kairflow.lower.codegen.walk import walk


def check_module(text: str, module: Module) -> None:
    """Raise `InternalError` unless `text` has the statements and the calls of `module`, no more."""
    try:
        # Bytes, as Python will read the file: a comment may name an encoding.
        tree = ast.parse(text.encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InternalError(f"the printed module does not parse: {error}") from error
    found, expected = len(tree.body), _statement_count(module)
    if found != expected:
        raise InternalError(f"the printed module has {found} statements instead of {expected}")
    stray = _called_in(tree) ^ called_names(module)
    if stray:
        raise InternalError(f"the printed module and its nodes differ in calls: {sorted(stray)!r}")


def called_names(module: Module) -> frozenset[str]:
    """Return the dotted names that `module` calls; `?` stands for whatever is no name."""
    return frozenset(_dotted(node.func) for node in walk(module) if isinstance(node, Call))


def _statement_count(module: Module) -> int:
    body = [item for item in module.body if not isinstance(item, Comment | BlankLine)]
    return len(body) + sum(map(len, sections(module.imports)))


def _called_in(tree: ast.Module) -> frozenset[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return frozenset(_dotted(call.func) for call in calls)


def _dotted(func: object) -> str:
    parts: list[str] = []
    while isinstance(func, Attribute | ast.Attribute):
        parts.append(func.name if isinstance(func, Attribute) else func.attr)
        func = func.value
    parts.append(func.id if isinstance(func, Name | ast.Name) else "?")
    return ".".join(reversed(parts))
