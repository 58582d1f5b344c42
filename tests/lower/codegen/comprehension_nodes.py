"""Strategies for comprehensions, conditionals and the other nodes that translated code brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from kairflow.lower.codegen import nodes

Draw = Callable[[st.SearchStrategy[Any]], Any]
Inner = Callable[[], Any]

_NAMES = st.sampled_from(("a", "key", "value", "each_of_them", "extracted_transformed_loaded"))
_TEXT = st.text("abc '\"{}\\\n\u00fc", max_size=40)


def _name(draw: Draw) -> nodes.Name:
    return nodes.Name(draw(_NAMES))


def _several(draw: Draw, build: Inner, low: int, high: int) -> tuple[Any, ...]:
    return tuple(build() for _ in range(draw(st.integers(low, high))))


def _conditional(draw: Draw, inner: Inner) -> Any:
    return nodes.Conditional(inner(), inner(), inner())


def _clause(draw: Draw, inner: Inner) -> nodes.ForClause:
    targets = _several(draw, lambda: _name(draw), 1, 2)
    return nodes.ForClause(targets, inner(), _several(draw, inner, 0, 2))


def _list(draw: Draw, inner: Inner) -> Any:
    return nodes.ListComprehension(inner(), _clause(draw, inner))


def _dict(draw: Draw, inner: Inner) -> Any:
    return nodes.DictComprehension(inner(), inner(), _clause(draw, inner))


def _generator(draw: Draw, inner: Inner) -> Any:
    return nodes.Generator(inner(), _clause(draw, inner))


def _joined(draw: Draw, inner: Inner) -> Any:
    return nodes.Call(nodes.Attribute(nodes.Literal(","), "join"), (_generator(draw, inner),))


def _tuple(draw: Draw, inner: Inner) -> Any:
    starred = draw(st.integers(0, 5)) == 0
    items = _several(draw, inner, 0, 3)
    return nodes.TupleDisplay((*items, nodes.Starred(inner())) if starred else items)


def _minus(draw: Draw, inner: Inner) -> Any:
    value = inner()
    number = isinstance(value, nodes.Literal) and type(value.value) in (int, float)
    return nodes.Minus(_name(draw) if number else value)


def _dots(draw: Draw, inner: Inner) -> Any:
    return nodes.Dots()


def _slice(draw: Draw, inner: Inner) -> Any:
    bounds = [_bound(draw) if draw(st.booleans()) else None for _ in range(2)]
    return nodes.Subscript(inner(), (nodes.Slice(*bounds),))


def _bound(draw: Draw) -> Any:
    length = nodes.Call(nodes.Name("len"), (_name(draw),))
    negative, one = nodes.Literal(-1), nodes.Literal(1)
    sum_ = nodes.BinaryOp(length, "-", one)
    bounds = [one, negative, _name(draw), length, sum_, nodes.Minus(_name(draw))]
    return draw(st.sampled_from(bounds))


def formatted(draw: Draw) -> nodes.FormattedText:
    """Draw an f-string of some lines, one of which has a placeholder."""
    lines = _several(draw, lambda: _several(draw, lambda: _part(draw), 0, 3), 0, 3)
    return nodes.FormattedText((*lines, (draw(_TEXT), _placeholder(draw), draw(_TEXT))))


def _formatted(draw: Draw, inner: Inner) -> Any:
    return formatted(draw)


def _part(draw: Draw) -> Any:
    return _placeholder(draw) if draw(st.booleans()) else draw(_TEXT)


def _placeholder(draw: Draw) -> nodes.Placeholder:
    item = nodes.Subscript(_name(draw), (nodes.Literal(0),))
    call = nodes.Call(nodes.Attribute(_name(draw), "get"), (_name(draw), nodes.Literal(1)))
    either = nodes.Conditional(nodes.Compare(item, "!=", _name(draw)), _name(draw), call)
    value = draw(st.sampled_from([_name(draw), item, call, either]))
    return nodes.Placeholder(value, draw(st.booleans()))


COMPOSITIONS = (
    *(_conditional, _conditional, _list, _dict, _generator, _joined, _tuple, _tuple),
    *(_minus, _dots, _slice, _formatted, _formatted),
)


def place(draw: Draw, name: Inner, index: Inner) -> Any:
    """Draw an item of something, as a target."""
    return nodes.Subscript(name(), (index(),))


def names(draw: Draw) -> tuple[nodes.Name, ...]:
    """Draw several names, as a target."""
    return _several(draw, lambda: _name(draw), 2, 3)
