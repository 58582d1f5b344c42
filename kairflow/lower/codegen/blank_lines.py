"""How many blank lines stand between statements; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kairflow.lower.codegen.statement_nodes import (
    BlankLine,
    Body,
    ClassDef,
    Comment,
    For,
    FunctionDef,
    If,
    Statement,
    Try,
    While,
    With,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A visible statement, and what its neighbourhood says about the blank lines before it."""

    statement: Statement
    asked: bool
    """A `BlankLine` stands before it."""
    opens_definition: bool
    """It is a function or class, or a comment that belongs to one."""


def spaced(body: Body, *, top_level: bool) -> Iterator[tuple[int, Statement]]:
    """Yield each visible statement with the number of blank lines before it."""
    previous: Statement | None = None
    for line in _lines(body):
        yield (0 if previous is None else _between(previous, line, top_level)), line.statement
        previous = line.statement


def opens_definition(body: Body) -> bool:
    """Say whether `body` begins with a function or class, or with comments that belong to one."""
    seen = (item for item in body if not isinstance(item, Comment | BlankLine))
    return _is_definition(next(seen, None))


def starts_with_definition(body: Body) -> bool:
    """Say whether the first line of `body` is a line of a function or class."""
    seen = (item for item in body if not isinstance(item, BlankLine))
    return _is_definition(next(seen, None))


def _lines(body: Body) -> list[_Line]:
    lines: list[_Line] = []
    opens = False
    for position in range(len(body) - 1, -1, -1):
        statement = body[position]
        if isinstance(statement, BlankLine):
            continue
        opens = opens if isinstance(statement, Comment) else _is_definition(statement)
        asked = position > 0 and isinstance(body[position - 1], BlankLine)
        lines.append(_Line(statement, asked, opens))
    return lines[::-1]


def _between(previous: Statement, line: _Line, top_level: bool) -> int:
    if isinstance(previous, Comment) and line.opens_definition:
        return int(line.asked and isinstance(line.statement, Comment))
    if _ends_in_definition(previous) or line.opens_definition:
        return 2 if top_level else 1
    paragraph = top_level and (_is_block(previous) or _is_block(line.statement))
    return int(line.asked or paragraph)


def _ends_in_definition(statement: Statement) -> bool:
    """Say whether the last line of `statement` is a line of a function or class."""
    last: Statement | None = statement
    while last is not None and not _is_definition(last):
        seen = [item for item in _last_body(last) if not isinstance(item, Comment | BlankLine)]
        last = seen[-1] if seen else None
    return last is not None


def _last_body(statement: Statement) -> Body:
    if isinstance(statement, With | For | While):
        return statement.body
    if isinstance(statement, If):
        return statement.orelse or statement.body
    if isinstance(statement, Try):
        handled = statement.handlers[-1].body if statement.handlers else ()
        return statement.finalbody or statement.orelse or handled
    return ()


def _is_block(statement: Statement) -> bool:
    return isinstance(statement, With | If | For | While | Try)


def _is_definition(statement: Statement | None) -> bool:
    return isinstance(statement, FunctionDef | ClassDef)
