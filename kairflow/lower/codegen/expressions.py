"""Turn expression nodes into pieces; where they break is the business of `pieces`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kairflow.errors import InternalError
from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    DictDisplay,
    Expression,
    Keyword,
    ListDisplay,
    Literal,
    Name,
    Not,
    Starred,
    StarStar,
    Subscript,
    TextBlock,
    Value,
)
from kairflow.lower.codegen.literals import scalar_text, string_text
from kairflow.lower.codegen.pieces import Brackets, Piece, Run, Stack, Text, Wrapped
from kairflow.lower.codegen.precedence import negated, operands, precedence, root

_Argument = Expression | Starred | Keyword | StarStar


def expression(node: Expression) -> Piece:
    """Lay out an expression that no bracket surrounds, or one in brackets of its own."""
    try:
        layout = _LAYOUTS[type(node)]
    except KeyError:
        raise InternalError(f"not an expression node: {type(node).__name__}") from None
    return layout(node)


def item(node: _Argument) -> Piece:
    """Lay out one of several things between brackets; it is wrapped if it breaks into rows."""
    if isinstance(node, Keyword):
        return Run((Text(f"{node.name}="), item(node.value)))
    if isinstance(node, Starred | StarStar):
        stars = Text("*" if isinstance(node, Starred) else "**")
        return Run((stars, _enclosed(node.value, needed=precedence(node.value) < _PLAIN)))
    if isinstance(node, TextBlock):
        return _text_block(node)
    piece = expression(node)
    return Wrapped(piece) if isinstance(piece, Stack) else piece


def inline(piece: Piece) -> Piece:
    """Return the form of `piece` that breaks inside brackets only."""
    if isinstance(piece, Run):
        return Run(tuple(map(inline, piece.parts)))
    return piece.flat if isinstance(piece, Stack) else piece


def is_fluent(node: Expression) -> bool:
    """Say whether `node` is a chain that breaks before its dots: `a.b().c().d()` and longer."""
    dots = 0
    while isinstance(node, Attribute | Call | Subscript):
        value, parenthesised = root(node)
        if isinstance(node, Attribute):
            dots += parenthesised or isinstance(value, Call | Subscript)
        if parenthesised:
            break
        node = value
    return dots >= 2


def bracketed(opening: str, items: Iterable[Piece], closing: str) -> Piece:
    """Put items between brackets; without items there is nothing to break."""
    pieces = tuple(items)
    return Brackets(opening, pieces, closing) if pieces else Text(opening + closing)


def arguments(node: Call) -> Piece:
    """Lay out the arguments of a call with their parentheses."""
    return bracketed("(", (item(argument) for argument in (*node.args, *node.kwargs)), ")")


def _literal(node: Literal) -> Piece:
    return _value(node.value)


def _value(value: Value) -> Piece:
    if type(value) is list:
        return bracketed("[", map(_value, value), "]")
    if type(value) is dict:
        entries = (
            Run((Text(f"{string_text(key)}: "), _value(each))) for key, each in value.items()
        )
        return bracketed("{", entries, "}")
    return Text(scalar_text(value))  # type: ignore[arg-type]


def _text_block(node: TextBlock) -> Piece:
    joined = Text(string_text("".join(node.lines)))
    if len(node.lines) == 1:
        return joined
    return Wrapped(Stack(joined, tuple(Text(string_text(line)) for line in node.lines)))


def _joined_text(node: TextBlock) -> Piece:
    return Text(string_text("".join(node.lines)))


def _name(node: Name) -> Piece:
    return Text(node.id)


def _list(node: ListDisplay) -> Piece:
    return bracketed("[", map(item, node.items), "]")


def _dict(node: DictDisplay) -> Piece:
    return bracketed("{", map(_entry, node.items), "}")


def _entry(entry: tuple[Expression, Expression] | StarStar) -> Piece:
    if isinstance(entry, StarStar):
        return item(entry)
    key, value = entry
    return Run((item(key), Text(": "), item(value)))


def _trailers(node: Attribute | Call | Subscript) -> Piece:
    first, links = _chain(node)
    flat = Run((first, *links))
    if not is_fluent(node):
        return flat
    rows: list[list[Piece]] = [[first]]
    for position, link in enumerate(links):
        after_bracket = position > 0 and not _is_dot(links[position - 1])
        if _is_dot(link) and (after_bracket or (position == 0 and _is_parenthesised(node))):
            rows.append([])
        rows[-1].append(link)
    return Stack(flat, tuple(Run(tuple(row)) for row in rows))


def _chain(node: Expression) -> tuple[Piece, list[Piece]]:
    links: list[Piece] = []
    parenthesised = False
    while isinstance(node, Attribute | Call | Subscript) and not parenthesised:
        links.append(_trailer(node))
        node, parenthesised = root(node)
    return _enclosed(node, needed=parenthesised), links[::-1]


def _trailer(node: Attribute | Call | Subscript) -> Piece:
    if isinstance(node, Attribute):
        return Text(f".{node.name}")
    return arguments(node) if isinstance(node, Call) else _indices(node)


def _indices(node: Subscript) -> Piece:
    # A comma after a lone index would make it a tuple.
    return Brackets("[", tuple(map(item, node.indices)), "]", comma=len(node.indices) > 1)


def _is_dot(piece: Piece) -> bool:
    return isinstance(piece, Text) and piece.text.startswith(".")


def _is_parenthesised(node: Expression) -> bool:
    while isinstance(node, Attribute | Call | Subscript):
        node, parenthesised = root(node)
        if parenthesised:
            return True
    return False


def _operators(node: BinaryOp | Compare | BoolOp) -> Piece:
    first, *rest = _flattened(node)
    rows = [first[1], *(Run((Text(f"{operator} "), operand)) for operator, operand in rest)]
    flat: list[Piece] = [inline(first[1])]
    for operator, operand in rest:
        flat += (Text(f" {operator} "), inline(operand))
    return Stack(Run(tuple(flat)), tuple(rows))


def _flattened(node: BinaryOp | Compare | BoolOp) -> list[tuple[str, Piece]]:
    return _alternatives(node) if isinstance(node, BoolOp) else _arithmetic(node)


def _alternatives(node: BoolOp) -> list[tuple[str, Piece]]:
    # `a or b and c` breaks before both operators alike.
    parts: list[tuple[str, Piece]] = []
    for value, parenthesised in operands(node):
        if isinstance(value, BoolOp) and not parenthesised:
            (_, first), *rest = _alternatives(value)
            parts += ((node.operator, first), *rest)
        else:
            parts.append((node.operator, _enclosed(value, needed=parenthesised)))
    return parts


def _arithmetic(node: BinaryOp | Compare) -> list[tuple[str, Piece]]:
    # A loop: a chain of edges is nested on its left, as deep as it is long.
    backwards: list[tuple[str, Piece]] = []
    while True:
        (left, parenthesised), (right, right_parenthesised) = operands(node)
        backwards.append((node.operator, _enclosed(right, needed=right_parenthesised)))
        if not isinstance(left, BinaryOp) or parenthesised or precedence(left) != precedence(node):
            return [("", _enclosed(left, needed=parenthesised)), *reversed(backwards)]
        node = left


def _not(node: Not) -> Piece:
    value, parenthesised = negated(node)
    return Run((Text("not "), _enclosed(value, needed=parenthesised)))


def _enclosed(node: Expression, *, needed: bool) -> Piece:
    piece = expression(node)
    return Brackets("(", (piece,), ")", comma=False) if needed else piece


_PLAIN = precedence(Literal(-1))
_LAYOUTS: dict[type, Callable[[Any], Piece]] = {
    Attribute: _trailers,
    BinaryOp: _operators,
    BoolOp: _operators,
    Call: _trailers,
    Compare: _operators,
    DictDisplay: _dict,
    ListDisplay: _list,
    Literal: _literal,
    Name: _name,
    Not: _not,
    Subscript: _trailers,
    TextBlock: _joined_text,
}
