"""Turn an expression that somebody else wrote into source nodes: its tree, never its text.

What it may be is what source nodes can say; everything else is refused with its place, as a fault
of whoever wrote it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NoReturn

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.expression_nodes import MAX_DEPTH
from kairflow.lower.codegen.expression_reading import ExpressionReader

_WORDS: dict[type, str] = {
    ast.Await: "`await`",
    ast.Lambda: "a lambda",
    ast.NamedExpr: "an assignment, `:=`",
    ast.Set: "a set",
    ast.SetComp: "a set",
    ast.Starred: "a star",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
}
"""What to call a construct whose name in `ast` says little."""


class RefusedExpression(Exception):  # noqa: N818  it is no error of this program's
    """A part of a foreign expression that no source node can say."""

    def __init__(self, node: ast.AST, construct: str) -> None:
        super().__init__(construct)
        self.node = node
        self.construct = construct


def read_foreign(node: ast.expr) -> nodes.Expression:
    """Return the source node of a parsed expression.

    Raises:
        RefusedExpression: a part of it has no source node, or it nests too deeply.
    """
    return _ForeignExpressions().read(node)


class _ForeignExpressions(ExpressionReader):
    """Reads what is no module of ours, so that how it was laid out does not matter."""

    def __init__(self) -> None:
        self._depth = 0

    def read(self, node: ast.expr) -> nodes.Expression:
        if self._depth == MAX_DEPTH:
            self.refuse(node, f"more than {MAX_DEPTH} levels of nesting")
        self._depth += 1
        try:
            return super().read(node)
        except InternalError as error:
            raise RefusedExpression(node, str(error)) from error
        finally:
            self._depth -= 1

    def refuse(self, node: ast.AST, construct: str = "") -> NoReturn:
        raise RefusedExpression(
            node, construct or _WORDS.get(type(node), f"`{type(node).__name__}`")
        )

    def text_lines(self, node: ast.Constant) -> Sequence[str]:
        return (str(node.value),)

    def format_lines(self, node: ast.JoinedStr) -> Sequence[Sequence[ast.expr]]:
        if not any(isinstance(part, ast.FormattedValue) for part in node.values):
            self.refuse(node, "an f-string without a placeholder")
        return (node.values,)
