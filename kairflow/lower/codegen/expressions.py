"""Turn expression nodes into pieces; where they break is the business of `pieces`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from kairflow.errors import InternalError
from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    Conditional,
    DictComprehension,
    DictDisplay,
    Dots,
    Expression,
    ForClause,
    FormattedText,
    Generator,
    Keyword,
    ListComprehension,
    ListDisplay,
    Literal,
    Minus,
    Name,
    Not,
    Placeholder,
    Slice,
    Starred,
    StarStar,
    Subscript,
    TextBlock,
    TupleDisplay,
    Value,
)
from kairflow.lower.codegen.literals import format_text, scalar_text, string_text
from kairflow.lower.codegen.pieces import (
    Brackets,
    Canvas,
    Piece,
    Run,
    Stack,
    Text,
    Wrapped,
    write_flat,
)
from kairflow.lower.codegen.precedence import (
    CONDITIONAL,
    branches,
    negated,
    operands,
    precedence,
    root,
)

_Argument: TypeAlias = Expression | Starred | Keyword | StarStar | Slice


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
    if isinstance(node, TextBlock | FormattedText):
        return _text_block(node)
    if isinstance(node, Slice):
        return _slice(node)
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
    if len(node.args) == 1 and isinstance(node.args[0], Generator) and not node.kwargs:
        return _generator(node.args[0])
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


def _text_block(node: TextBlock | FormattedText) -> Piece:
    joined = _joined_text(node)
    if len(node.lines) == 1:
        return joined
    return Wrapped(Stack(joined, tuple(map(_text_line, node.lines))))


def _joined_text(node: TextBlock | FormattedText) -> Piece:
    if isinstance(node, TextBlock):
        return _text_line("".join(node.lines))
    return _text_line(tuple(part for line in node.lines for part in line))


def _text_line(line: str | tuple[str | Placeholder, ...]) -> Text:
    if isinstance(line, str):
        return Text(string_text(line))
    if all(isinstance(part, str) for part in line):
        return Text(string_text("".join(map(str, line))))
    return Text(format_text([part if isinstance(part, str) else (_field(part),) for part in line]))


def _field(node: Placeholder) -> str:
    canvas = Canvas()
    write_flat(expression(node.value), canvas)
    text = canvas.text()
    # Python 3.10 reads neither the quotes of the text nor a backslash there.
    if not set(text).isdisjoint("\"'\\{}"):
        raise InternalError(f"a placeholder holds neither quotes nor braces: {text}")
    return f"{{{text}!r}}" if node.shows_repr else f"{{{text}}}"


def _name(node: Name) -> Piece:
    return Text(node.id)


def _list(node: ListDisplay) -> Piece:
    return bracketed("[", map(item, node.items), "]")


def _tuple(node: TupleDisplay) -> Piece:
    items = tuple(map(item, node.items))
    return Brackets("(", items, ")", lone=len(items) == 1) if items else Text("()")


def _dots(node: Dots) -> Piece:
    return Text("...")


def _list_comprehension(node: ListComprehension) -> Piece:
    return _comprehension("[", expression(node.element), node.clause, "]")


def _dict_comprehension(node: DictComprehension) -> Piece:
    return _comprehension("{", _entry((node.key, node.value)), node.clause, "}")


def _generator(node: Generator) -> Piece:
    return _comprehension("(", expression(node.element), node.clause, ")")


def _comprehension(opening: str, element: Piece, clause: ForClause, closing: str) -> Piece:
    targets = ", ".join(target.id for target in clause.targets)
    rows = [element, Run((Text(f"for {targets} in "), _operand(clause.iterable)))]
    rows += (Run((Text("if "), _operand(condition))) for condition in clause.conditions)
    return Brackets(opening, (_stack(rows),), closing, comma=False)


def _operand(node: Expression) -> Piece:
    return _enclosed(node, needed=precedence(node) <= CONDITIONAL)


def _conditional(node: Conditional) -> Piece:
    return _stack(_branch_rows(node))


def _branch_rows(node: Conditional) -> list[Piece]:
    (body, body_enclosed), (test, test_enclosed), (orelse, _) = branches(node)
    first = _enclosed(body, needed=body_enclosed)
    rows = [first, Run((Text("if "), _enclosed(test, needed=test_enclosed)))]
    last, *rest = _branch_rows(orelse) if isinstance(orelse, Conditional) else [expression(orelse)]
    return [*rows, Run((Text("else "), last)), *rest]


def _stack(rows: list[Piece]) -> Stack:
    flat: list[Piece] = []
    for row in rows:
        flat += (Text(" "), inline(row))
    return Stack(Run(tuple(flat[1:])), tuple(rows))


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


def _slice(node: Slice) -> Piece:
    bounds = [bound for bound in (node.lower, node.upper) if bound is not None]
    space = "" if all(map(_is_simple, bounds)) else " "
    parts: list[Piece] = [Text(":")]
    if node.lower is not None:
        parts = [item(node.lower), Text(f"{space}:")]
    if node.upper is not None:
        parts += (Text(space), item(node.upper))
    return Run(tuple(parts))


def _is_simple(node: Expression) -> bool:
    if isinstance(node, Literal):
        return not isinstance(node.value, list | dict)
    return isinstance(node, Name | TextBlock) or (
        isinstance(node, Minus) and _is_simple(node.value)
    )


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


def _signed(node: Not | Minus) -> Piece:
    value, parenthesised = negated(node)
    sign = Text("not " if isinstance(node, Not) else "-")
    return Run((sign, _enclosed(value, needed=parenthesised)))


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
    Conditional: _conditional,
    DictComprehension: _dict_comprehension,
    DictDisplay: _dict,
    Dots: _dots,
    FormattedText: _joined_text,
    Generator: _generator,
    ListComprehension: _list_comprehension,
    ListDisplay: _list,
    Literal: _literal,
    Minus: _signed,
    Name: _name,
    Not: _signed,
    Subscript: _trailers,
    TextBlock: _joined_text,
    TupleDisplay: _tuple,
}
