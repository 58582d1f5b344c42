"""What people and programs are told: colour and tables on a terminal, plain text in a pipe."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kairflow.errors import Diagnostic, Severity

MAX_SHOWN = 20
"""More diagnostics than this are counted, not shown."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def messages() -> Console:
    """Return a console on standard error; in a pipe it neither colours nor wraps."""
    width = None if sys.stderr.isatty() else 10_000
    return Console(stderr=True, width=width, highlight=False, markup=False, emoji=False)


def print_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Print each diagnostic with its place and next step, most of them at most."""
    console = messages()
    for found in diagnostics[:MAX_SHOWN]:
        headline = Text()
        headline.append(found.severity.value, style=_STYLES[found.severity])
        headline.append(f" {found.code.value}: ", style="bold")
        headline.append(visible(found.message))
        console.print(headline, soft_wrap=True)
        if found.where:
            console.print(Text(f"  where: {visible(found.where)}", style="dim"), soft_wrap=True)
        if found.hint:
            console.print(Text(f"  try:   {visible(found.hint)}"), soft_wrap=True)
    if len(diagnostics) > MAX_SHOWN:
        console.print(Text(f"... and {len(diagnostics) - MAX_SHOWN} more; --json tells all"))


def working(text: str, *, quiet: bool) -> AbstractContextManager[object]:
    """Show on a terminal that something takes its time; elsewhere do nothing."""
    console = messages()
    if quiet or not console.is_terminal:
        return nullcontext()
    return console.status(Text(visible(text)))


def counted(number: int, thing: str) -> str:
    """Spell a number of things: `1 task`, `2 tasks`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def print_line(text: str) -> None:
    """Print one message."""
    messages().print(Text(visible(text)), soft_wrap=True)


def print_quoted(lines: Iterable[str]) -> None:
    """Print what others wrote, each line behind a bar.

    A CI server obeys lines that begin with its commands, such as GitHub's `::add-mask::`, and does
    not mind white space before them.
    """
    for line in lines:
        print_line(f"  | {line}")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table among the messages; in a pipe one line per row, tabulators between cells."""
    console = messages()
    if console.is_terminal:
        _draw_table(console, title, columns, rows)
    else:
        console.file.write(_lines(rows))


def print_product_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table that is the product, to standard output; in a pipe as other tables."""
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        _draw_table(console, title, columns, rows)
    else:
        print_product(_lines(rows))


def _lines(rows: Iterable[Sequence[str]]) -> str:
    """Return a line for each row; not by rich, which turns tabulators into spaces."""
    return "".join("\t".join(map(visible, row)) + "\n" for row in rows)


def _draw_table(
    console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    console.print(table)


def print_product(text: str) -> None:
    """Print text that is the product to standard output, as UTF-8 whatever the machine's own is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def print_json(outcome: Mapping[str, Any]) -> None:
    """Print an outcome to standard output as one JSON object."""
    sys.stdout.write(json.dumps(outcome, default=_plain, indent=2) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Diagnostic):
        return dataclasses.asdict(value)
    return str(value)


def visible(text: str) -> str:
    """Spell out characters that would move the cursor, change colours or hide text."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
