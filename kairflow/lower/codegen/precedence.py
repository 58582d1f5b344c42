"""How tightly operators bind, and so which operands need parentheses; it prints nothing."""

from __future__ import annotations

from typing import TypeGuard

from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    Conditional,
    Expression,
    Literal,
    Minus,
    Not,
    Subscript,
)

CONDITIONAL, OR, AND, NOT, COMPARISON, BIT_OR, SHIFT, ADDITIVE, MULTIPLICATIVE = range(9)
SIGN, ATOM = 9, 10
_BINARY = {"|": BIT_OR, ">>": SHIFT, "<<": SHIFT, "+": ADDITIVE, "-": ADDITIVE}


def precedence(node: Expression) -> int:
    """Say how tightly the outermost operator of `node` binds."""
    if isinstance(node, Conditional):
        return CONDITIONAL
    if isinstance(node, BoolOp):
        return OR if node.operator == "or" else AND
    if isinstance(node, Not):
        return NOT
    if isinstance(node, Compare):
        return COMPARISON
    if isinstance(node, BinaryOp):
        return _BINARY.get(node.operator, MULTIPLICATIVE)
    return SIGN if isinstance(node, Minus) or is_negative(node) else ATOM


def is_negative(node: Expression) -> bool:
    """Say whether `node` is a number with a sign, which Python reads as an operator."""
    return is_number(node) and repr(node.value).startswith("-")


def is_number(node: Expression) -> TypeGuard[Literal]:
    """Say whether `node` is an integer or a float."""
    return isinstance(node, Literal) and type(node.value) in (int, float)


def operands(node: BinaryOp | Compare | BoolOp) -> list[tuple[Expression, bool]]:
    """List the operands of `node`, each with whether it needs parentheses."""
    own = precedence(node)
    if isinstance(node, BoolOp):
        return [(value, precedence(value) <= own) for value in node.values]
    right = (node.right, precedence(node.right) <= own)
    if isinstance(node, Compare):
        return [(node.left, precedence(node.left) <= own), right]
    return [(node.left, precedence(node.left) < own), right]


def branches(node: Conditional) -> list[tuple[Expression, bool]]:
    """List the three parts of `node` as they are read, each with whether it needs parentheses."""
    body, test = ((part, precedence(part) <= CONDITIONAL) for part in (node.body, node.test))
    return [body, test, (node.orelse, False)]


def negated(node: Not | Minus) -> tuple[Expression, bool]:
    """Return what the sign stands before; operators there get parentheses for the reader's sake."""
    doubled = isinstance(node, Not) and isinstance(node.value, Not)
    return node.value, precedence(node.value) < SIGN and not doubled


def root(node: Attribute | Call | Subscript) -> tuple[Expression, bool]:
    """Return what the trailer of `node` is attached to, and whether that needs parentheses."""
    value = node.func if isinstance(node, Call) else node.value
    needed = precedence(value) < ATOM or (isinstance(node, Attribute) and is_number(value))
    return value, needed
