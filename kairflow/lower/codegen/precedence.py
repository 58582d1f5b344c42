"""How tightly operators bind, and so which operands need parentheses; it prints nothing."""

from __future__ import annotations

from typing import TypeGuard

from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    Expression,
    Literal,
    Not,
    Subscript,
)

OR, AND, NOT, COMPARISON, BIT_OR, SHIFT, ADDITIVE, MULTIPLICATIVE, SIGN, ATOM = range(10)
_BINARY = {"|": BIT_OR, ">>": SHIFT, "<<": SHIFT, "+": ADDITIVE, "-": ADDITIVE}


def precedence(node: Expression) -> int:
    """Say how tightly the outermost operator of `node` binds."""
    if isinstance(node, BoolOp):
        return OR if node.operator == "or" else AND
    if isinstance(node, Not):
        return NOT
    if isinstance(node, Compare):
        return COMPARISON
    if isinstance(node, BinaryOp):
        return _BINARY.get(node.operator, MULTIPLICATIVE)
    return SIGN if is_negative(node) else ATOM


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


def negated(node: Not) -> tuple[Expression, bool]:
    """Return what `not` stands before; an operator there gets parentheses for the reader's sake."""
    return node.value, precedence(node.value) < SIGN and not isinstance(node.value, Not)


def root(node: Attribute | Call | Subscript) -> tuple[Expression, bool]:
    """Return what the trailer of `node` is attached to, and whether that needs parentheses."""
    value = node.func if isinstance(node, Call) else node.value
    needed = precedence(value) < ATOM or (isinstance(node, Attribute) and is_number(value))
    return value, needed
