"""The layout algebra: pieces of text that fit on one line or break; it knows no Python.

A piece knows its width on one line, so it is measured once however often it is tried. It is
written on one line when that fits, and broken otherwise; then each part decides for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from kairflow.lower.codegen.text import display_width

LINE_WIDTH = 88
INDENT = 4


class Canvas:
    """The text so far, and the column that it has reached."""

    def __init__(self, limit: int = LINE_WIDTH, column: int = 0) -> None:
        """Start an empty text whose first line already has `column` columns."""
        self.limit = limit
        self.column = column
        self.widest = column
        self._texts: list[str] = []

    def write(self, text: str) -> None:
        """Add text that has no line break in it."""
        self._texts.append(text)
        self.column += display_width(text)
        self.widest = max(self.widest, self.column)

    def new_line(self, indent: int, blank_lines: int = 0) -> None:
        """Begin a line `indent` columns from the left, after so many blank ones."""
        self._texts.append("\n" * (blank_lines + 1) + " " * indent)
        self.column = indent

    def fits(self, width: int) -> bool:
        """Say whether so many columns are left on this line."""
        return self.column + width <= self.limit

    def text(self) -> str:
        """Return what was written."""
        return "".join(self._texts)


@dataclass(frozen=True, slots=True)
class Text:
    """Text that never breaks."""

    text: str
    width: int = field(init=False)
    breaks: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Measure the text."""
        object.__setattr__(self, "width", display_width(self.text))

    @property
    def lead(self) -> int:
        """Columns up to the first place where a line may end."""
        return self.width


@dataclass(frozen=True, slots=True)
class Run:
    """Parts one after the other; a line ends within a part, never between two."""

    parts: tuple[Piece, ...]
    width: int = field(init=False)
    breaks: bool = field(init=False)
    lead: int = field(init=False)

    def __post_init__(self) -> None:
        """Measure the parts."""
        object.__setattr__(self, "width", sum(part.width for part in self.parts))
        object.__setattr__(self, "breaks", any(part.breaks for part in self.parts))
        object.__setattr__(self, "lead", _leads(self.parts, 0)[0])


@dataclass(frozen=True, slots=True)
class Brackets:
    """Items between brackets; broken, each has its own line and, if `comma`, a comma after it."""

    opening: str
    items: tuple[Piece, ...]
    closing: str
    comma: bool = True
    lone: bool = False
    """The comma stands on one line too: the mark of a tuple with one item."""
    width: int = field(init=False)
    breaks: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        """Measure the items."""
        commas = 2 * (len(self.items) - 1) + self.lone
        total = len(self.opening) + len(self.closing) + commas
        object.__setattr__(self, "width", total + sum(item.width for item in self.items))

    @property
    def lead(self) -> int:
        """Columns up to the first place where a line may end."""
        return len(self.opening)


@dataclass(frozen=True, slots=True)
class Stack:
    """A piece that, broken, becomes rows at the same indentation: valid in brackets only."""

    flat: Piece
    rows: tuple[Piece, ...]
    breaks: bool = field(init=False, default=True)

    @property
    def width(self) -> int:
        """Columns on one line."""
        return self.flat.width

    @property
    def lead(self) -> int:
        """Columns up to the first place where a line may end."""
        return self.rows[0].lead


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A piece that gets parentheses of its own when it breaks."""

    content: Piece
    breaks: bool = field(init=False, default=True)

    @property
    def width(self) -> int:
        """Columns on one line."""
        return self.content.width

    @property
    def lead(self) -> int:
        """Columns up to the first place where a line may end."""
        return 1


Piece: TypeAlias = Text | Run | Brackets | Stack | Wrapped


def write(piece: Piece, canvas: Canvas, indent: int, trailing: int = 0) -> None:
    """Write `piece`; `trailing` columns must follow it on its last line."""
    if isinstance(piece, Text) or canvas.fits(piece.width + trailing):
        write_flat(piece, canvas)
    else:
        write_broken(piece, canvas, indent, trailing)


def write_flat(piece: Piece, canvas: Canvas) -> None:
    """Write `piece` on this line, wide as it may be."""
    if isinstance(piece, Text):
        canvas.write(piece.text)
    elif isinstance(piece, Run):
        for part in piece.parts:
            write_flat(part, canvas)
    elif isinstance(piece, Brackets):
        _write_flat_brackets(piece, canvas)
    else:
        write_flat(piece.flat if isinstance(piece, Stack) else piece.content, canvas)


def write_broken(piece: Piece, canvas: Canvas, indent: int, trailing: int = 0) -> None:
    """Write `piece` on several lines, if it can break at all."""
    if isinstance(piece, Text):
        canvas.write(piece.text)
    elif isinstance(piece, Run):
        for part, follows in zip(piece.parts, _leads(piece.parts, trailing)[1:], strict=True):
            write(part, canvas, indent, follows)
    elif isinstance(piece, Brackets):
        _write_broken_brackets(piece, canvas, indent)
    elif isinstance(piece, Stack):
        _write_rows(piece, canvas, indent, trailing)
    else:
        write_wrapped(piece.content, canvas, indent)


def write_overflowing(piece: Piece, canvas: Canvas, indent: int, trailing: int) -> None:
    """Write `piece` like `write_broken`, but break every bracket before text that is too wide.

    Formatters give such a value up: they no longer try to keep its first brackets on one line.
    """
    parts = piece.parts if isinstance(piece, Run) else (piece,)
    follows = _leads(parts, trailing)[1:]
    last = -1
    for position, (part, lead) in enumerate(zip(parts, follows, strict=True)):
        if part.breaks and indent + len(")") + lead > canvas.limit:
            last = position
    for position, (part, lead) in enumerate(zip(parts, follows, strict=True)):
        (write_broken if position <= last else write)(part, canvas, indent, lead)


def write_wrapped(content: Piece, canvas: Canvas, indent: int) -> None:
    """Write `content` between parentheses, on lines of its own."""
    canvas.write("(")
    canvas.new_line(indent + INDENT)
    write(content, canvas, indent + INDENT)
    canvas.new_line(indent)
    canvas.write(")")


def segments(piece: Piece) -> list[int]:
    """Measure the text before, between and after the outermost brackets of `piece`."""
    widths = [0]
    for part in piece.parts if isinstance(piece, Run) else (piece,):
        inner = _part_segments(part)
        widths[-1] += inner[0]
        widths += inner[1:]
    return widths


def _part_segments(piece: Piece) -> list[int]:
    if isinstance(piece, Brackets):
        return [len(piece.opening), len(piece.closing)]
    if isinstance(piece, Run):
        return segments(piece)
    return [piece.width]


def _leads(parts: tuple[Piece, ...], trailing: int) -> list[int]:
    leads = [trailing]
    for part in reversed(parts):
        leads.append(part.lead if part.breaks else part.width + leads[-1])
    return leads[::-1]


def _write_flat_brackets(piece: Brackets, canvas: Canvas) -> None:
    canvas.write(piece.opening)
    for position, item in enumerate(piece.items):
        if position:
            canvas.write(", ")
        write_flat(item, canvas)
    canvas.write(f",{piece.closing}" if piece.lone else piece.closing)


def _write_broken_brackets(piece: Brackets, canvas: Canvas, indent: int) -> None:
    comma = "," if piece.comma else ""
    canvas.write(piece.opening)
    for item in piece.items:
        canvas.new_line(indent + INDENT)
        write(item, canvas, indent + INDENT, len(comma))
        canvas.write(comma)
    canvas.new_line(indent)
    canvas.write(piece.closing)


def _write_rows(piece: Stack, canvas: Canvas, indent: int, trailing: int) -> None:
    *heads, last = piece.rows
    for row in heads:
        write(row, canvas, indent)
        canvas.new_line(indent)
    write(last, canvas, indent, trailing)
