"""Write the value of a statement: the one place where optional parentheses come and go."""

from __future__ import annotations

from kairflow.lower.codegen.expression_nodes import (
    Attribute,
    Call,
    Expression,
    FormattedText,
    Subscript,
    TextBlock,
    TupleDisplay,
)
from kairflow.lower.codegen.expressions import expression, inline, item
from kairflow.lower.codegen.parentheses import Need, has_rows, need
from kairflow.lower.codegen.pieces import (
    INDENT,
    Brackets,
    Canvas,
    Piece,
    segments,
    write,
    write_broken,
    write_flat,
    write_overflowing,
    write_wrapped,
)


def write_value(
    node: Expression, canvas: Canvas, indent: int, trailing: int = 0, *, eager: bool = False
) -> None:
    """Write the value of an assignment, a `return` or a header; `trailing` columns follow it.

    An eager value gets parentheses even where they do not make it fit: formatters do that after
    an annotation that could break.
    """
    piece = expression(node)
    if _splits(node) and not Canvas(column=indent + INDENT).fits(piece.width):
        write(item(node), canvas, indent, trailing)
    elif canvas.fits(piece.width + trailing):
        write_flat(piece, canvas)
    else:
        _write_too_wide(need(node, eager=eager), piece, canvas, indent, trailing)


def write_returned(node: Expression, canvas: Canvas, indent: int) -> None:
    """Write the value of a `return`, where a tuple of several items needs no parentheses."""
    if isinstance(node, TupleDisplay) and len(node.items) > 1:
        bare = Brackets("", tuple(map(item, node.items)), "")
        if canvas.fits(bare.width):
            write_flat(bare, canvas)
            return
    write_value(node, canvas, indent)


def write_bare(node: Expression, canvas: Canvas, indent: int, trailing: int = 0) -> None:
    """Write a value where a formatter adds parentheses to operators only: after `raise`, say."""
    if has_rows(node) or isinstance(node, TextBlock | FormattedText):
        write_value(node, canvas, indent, trailing)
    else:
        write(inline(expression(node)), canvas, indent, trailing)


def write_statement(node: Expression, canvas: Canvas, indent: int) -> None:
    """Write an expression that is a statement; of these only operators may get parentheses."""
    piece = expression(node)
    if has_rows(node) and not isinstance(node, Attribute | Call | Subscript):
        write_value(node, canvas, indent)
    else:
        write(inline(piece), canvas, indent)


def breaks_inside(piece: Piece, canvas: Canvas, indent: int, trailing: int) -> bool:
    """Say whether the lines around the outermost brackets of `piece` fit, were these broken."""
    first, *rest = segments(inline(piece))
    if not rest:
        return False
    return canvas.fits(first) and all(
        indent + width <= canvas.limit for width in (*rest[:-1], rest[-1] + trailing)
    )


def _write_too_wide(wish: Need, piece: Piece, canvas: Canvas, indent: int, trailing: int) -> None:
    if _wants_parentheses(wish, piece, canvas, indent, trailing):
        write_wrapped(piece, canvas, indent)
    elif wish is Need.IF_IT_HELPS:
        write_overflowing(inline(piece), canvas, indent, trailing)
    else:
        write_broken(inline(piece), canvas, indent, trailing)


def _wants_parentheses(
    wish: Need, piece: Piece, canvas: Canvas, indent: int, trailing: int
) -> bool:
    if wish in (Need.NEVER, Need.ALWAYS):
        return wish is Need.ALWAYS
    if wish is Need.EAGERLY:
        return not (piece.breaks and canvas.fits(piece.lead))
    if breaks_inside(piece, canvas, indent, trailing):
        return False
    if wish is Need.UNLESS_A_BRACKET_BREAKS:
        return True
    return canvas.fits(1) and _fits_in_parentheses(piece, indent, trailing)


def _splits(node: Expression) -> bool:
    return isinstance(node, TextBlock | FormattedText) and len(node.lines) > 1


def _fits_in_parentheses(piece: Piece, indent: int, trailing: int) -> bool:
    # A canvas without room makes everything break, which is what formatters try here.
    trial = Canvas(limit=-1, column=indent + INDENT)
    write(piece, trial, indent + INDENT)
    return max(trial.widest, indent + 1 + trailing) <= Canvas().limit
