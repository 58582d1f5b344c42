"""Turn an installed module of ours into source nodes, so that a DAG file can contain parts of it.

The module is named, never given as text: what becomes code was written and reviewed in this
repository, with the linters and type checkers that hold for all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import dropwhile
from types import MappingProxyType

from kairflow.errors import InternalError
from kairflow.lower.codegen.module_source import ModuleSource, located, read_module
from kairflow.lower.codegen.nodes import BlankLine, Body, Statement
from kairflow.lower.codegen.statement_reading import StatementReader, first_line, last_line

_OURS = "kairflow."


@cache
def read_passages(module: str) -> Mapping[str, Body]:
    """Return the functions, classes and constants of a module of ours by name, in its order.

    Each comes after the comments that stand before it. The module is not imported. Its docstring,
    its imports and what only type checkers see are left out; anything else that no source node can
    say is an `InternalError`.
    """
    if not module.startswith(_OURS):
        raise InternalError(f"only a module of ours becomes code, not {module!r}")
    return MappingProxyType(passages(read_module(module)))


def passages(source: ModuleSource) -> dict[str, Body]:
    """Translate every definition of a module that was read."""
    reader = StatementReader(source)
    found: dict[str, Body] = {}
    for name, node, start, stop in _definitions(source):
        if name in found:
            raise located(source.name, node.lineno, f"{name} is defined twice")
        comments = dropwhile(_is_blank, reader.comments(start, first_line(node), 0))
        found[name] = (*comments, reader.read(node, stop))
    _refuse_lost_comments(source, reader.met)
    return found


def _definitions(source: ModuleSource) -> Iterator[tuple[str, ast.stmt, int, int]]:
    statements = source.tree.body
    stops = [*map(first_line, statements[1:]), len(source.lines) + 1]
    start = 0
    for node, stop in zip(statements, stops, strict=True):
        if not _is_skipped(node):
            yield _bound_name(source, node), node, start, stop
        start = last_line(node)


def _is_skipped(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _bound_name(source: ModuleSource, node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, ast.Assign | ast.AnnAssign) and len(targets) == 1:
        (target,) = targets
        if isinstance(target, ast.Name):
            return target.id
    problem = f"neither a function, a class nor a constant: {type(node).__name__}"
    raise located(source.name, node.lineno, problem)


def _is_blank(statement: Statement) -> bool:
    return isinstance(statement, BlankLine)


def _refuse_lost_comments(source: ModuleSource, met: set[int]) -> None:
    first = min((first_line(node) for _, node, _, _ in _definitions(source)), default=0)
    lost = [line for line in source.comments if line not in met and line > first]
    if lost:
        raise located(source.name, lost[0], "a comment that belongs to no statement")
