"""Write the contexts of a `with` statement, whose parentheses follow rules of their own."""

from __future__ import annotations

from kairflow.lower.codegen.expressions import expression, inline, item
from kairflow.lower.codegen.parentheses import may_break_inside
from kairflow.lower.codegen.pieces import (
    INDENT,
    Brackets,
    Canvas,
    Piece,
    Run,
    Text,
    write,
    write_broken,
    write_flat,
)
from kairflow.lower.codegen.statement_nodes import WithItem
from kairflow.lower.codegen.values import breaks_inside, write_value


def write_with_items(items: tuple[WithItem, ...], canvas: Canvas, indent: int) -> None:
    """Write everything between `with` and the colon, for which it leaves a column."""
    if len(items) > 1:
        _write_several(items, canvas, indent)
    elif items[0].target is None:
        write_value(items[0].context, canvas, indent, trailing=1)
    else:
        _write_single(items[0], canvas, indent)


def _write_several(items: tuple[WithItem, ...], canvas: Canvas, indent: int) -> None:
    listed = tuple(map(_listed, items))
    bare = Brackets("", listed, "")
    if canvas.fits(bare.width + 1):
        write_flat(bare, canvas)
    else:
        write_broken(Brackets("(", listed, ")"), canvas, indent)


def _write_single(single: WithItem, canvas: Canvas, indent: int) -> None:
    piece = expression(single.context)
    flat = Run((inline(piece), _target(single)))
    loose = may_break_inside(single.context)
    if canvas.fits(flat.width + 1) or (loose and breaks_inside(flat, canvas, indent, 1)):
        write(flat, canvas, indent, trailing=1)
        return
    canvas.write("(")
    canvas.new_line(indent + INDENT)
    write(Run((piece, _target(single))), canvas, indent + INDENT, trailing=0 if loose else 1)
    canvas.write("" if loose else ",")
    canvas.new_line(indent)
    canvas.write(")")


def _listed(single: WithItem) -> Piece:
    return Run((item(single.context), _target(single)))


def _target(single: WithItem) -> Text:
    return Text("" if single.target is None else f" as {single.target.id}")
