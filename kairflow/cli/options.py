"""Options that several verbs share, spelt and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel="Output")
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON object about the outcome instead of messages.",
        rich_help_panel="Output",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print errors only.", rich_help_panel="Output"),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File or folder to write to. Without it the product goes to standard output.",
        rich_help_panel="Output",
    ),
]
Image = Annotated[
    str | None,
    typer.Option("--image", "-i", help="Image of the pods, instead of the configuration's."),
]
