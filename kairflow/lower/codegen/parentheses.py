"""Which values of a statement get optional parentheses when they are too wide.

These are the rules of `ruff format` and Black ("right hand side" splitting), which no comma can
overrule: a formatter adds or drops these parentheses by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    Conditional,
    DictComprehension,
    DictDisplay,
    Expression,
    Generator,
    ListComprehension,
    ListDisplay,
    Literal,
    Minus,
    Not,
    Subscript,
    TupleDisplay,
)
from kairflow.lower.codegen.expressions import is_fluent
from kairflow.lower.codegen.precedence import (
    ATOM,
    CONDITIONAL,
    OR,
    branches,
    is_negative,
    negated,
    operands,
    precedence,
    root,
)

_Comprehension = ListComprehension | DictComprehension | Generator


class Need(Enum):
    """When a value that does not fit on its line gets parentheses."""

    NEVER = auto()
    """It has brackets of its own."""
    IF_IT_HELPS = auto()
    """Only when every line fits then."""
    EAGERLY = auto()
    """Unless its first bracket can break instead."""
    UNLESS_A_BRACKET_BREAKS = auto()
    """Unless its last or first bracket can break instead."""
    ALWAYS = auto()
    """Whenever it does not fit."""


def need(node: Expression, *, eager: bool = False) -> Need:
    """Say when `node` gets parentheses; after some annotations formatters are eager with them."""
    if has_rows(node):
        return Need.UNLESS_A_BRACKET_BREAKS if may_break_inside(node) else Need.ALWAYS
    if isinstance(node, Attribute | Call | Subscript | Not | Minus):
        inner, parenthesised = negated(node) if isinstance(node, Not | Minus) else root(node)
        return Need.NEVER if parenthesised else need(inner, eager=eager)
    if _is_display(node):
        return Need.NEVER
    return Need.EAGERLY if eager else Need.IF_IT_HELPS


def has_rows(node: Expression) -> bool:
    """Say whether `node` breaks between operators or before dots."""
    if isinstance(node, Not | Minus):
        value, parenthesised = negated(node)
        return has_rows(value) and not parenthesised
    return isinstance(node, BinaryOp | Compare | BoolOp | Conditional) or is_fluent(node)


def may_break_inside(node: Expression) -> bool:
    """Say whether a bracket at the edge of `node` may break, so that no parentheses are needed."""
    if isinstance(node, Conditional):
        return False
    survey = _Survey()
    survey.visit(node)
    if not survey.brackets or survey.count > 1:
        return False
    if survey.loosest <= _Rank.ATTRIBUTE:
        return True
    return _ends_in_bracket(survey.last) or _ends_in_bracket(survey.first)


class _Rank(int, Enum):
    """How loosely an operator binds."""

    NONE = 0
    ATTRIBUTE = 1
    OPERATOR = 2


@dataclass
class _Survey:
    """What the outermost level of an expression holds; brackets are not looked into."""

    loosest: int = 0
    count: int = 0
    brackets: bool = False
    first: tuple[Expression, bool] | None = None
    starts_with_word: bool = False
    last: tuple[Expression, bool] | None = None

    def visit(self, node: Expression) -> None:
        """Look at `node` without regard to parentheses around it."""
        if _is_display(node):
            self.brackets = True
        elif isinstance(node, Call | Subscript):
            self.brackets = True
            self.visit_operand(*root(node))
            self.last = (node, False)
        elif isinstance(node, Attribute):
            self.visit_operand(*root(node))
            self._count(_Rank.ATTRIBUTE if _has_brackets(*root(node)) else _Rank.NONE, 1)
            self.last = (node, False)
        else:
            self._visit_operators(node)

    def visit_operand(self, node: Expression, parenthesised: bool) -> None:
        """Look at a part of an expression."""
        self.last = (node, parenthesised)
        if parenthesised:
            self.brackets = True
        else:
            self.visit(node)
        if self.first is None and not self.starts_with_word:
            self.first = (node, parenthesised)

    def _visit_operators(self, node: Expression) -> None:
        if isinstance(node, BinaryOp | Compare | BoolOp):
            parts = operands(node)
            # Formatters rank `and` and `or` alike.
            binding = OR if isinstance(node, BoolOp) else precedence(node)
            self._count(_Rank.OPERATOR + ATOM - binding, len(parts) - 1)
        elif isinstance(node, Conditional):
            parts = branches(node)
            self._count(_Rank.OPERATOR + ATOM - CONDITIONAL, 1)
        elif isinstance(node, Not | Minus) or is_negative(node):
            self.starts_with_word = self.first is None
            parts = [negated(node)] if isinstance(node, Not | Minus) else []
        else:
            return
        for part in parts:
            self.visit_operand(*part)

    def _count(self, rank: int, times: int) -> None:
        if rank > self.loosest:
            self.loosest, self.count = rank, times
        elif rank == self.loosest and rank:
            self.count += times


def _is_display(node: Expression) -> bool:
    literal = isinstance(node, Literal) and isinstance(node.value, list | dict)
    return literal or isinstance(node, ListDisplay | DictDisplay | TupleDisplay | _Comprehension)


def _has_brackets(node: Expression, parenthesised: bool) -> bool:
    return parenthesised or _is_display(node) or isinstance(node, Call | Subscript)


def _ends_in_bracket(operand: tuple[Expression, bool] | None) -> bool:
    if operand is None or isinstance(operand[0], Subscript):
        return False
    node, parenthesised = operand
    if parenthesised:
        return True
    if isinstance(node, Call):
        return bool(node.args or node.kwargs)
    if isinstance(node, Literal):
        return isinstance(node.value, list | dict) and bool(node.value)
    if isinstance(node, ListDisplay | DictDisplay | TupleDisplay):
        return bool(node.items)
    return isinstance(node, _Comprehension)
