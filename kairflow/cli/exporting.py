"""What every verb that exports does: read the selection, export one pipeline or all, show tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.export.request import Exported, Request
    from kairflow.ir.model import Group, Selection


def read_selection(*lists: str) -> Selection:
    """Read the lists of names, in the order of the model's fields."""
    from kairflow.ir.model import Selection
    from kairflow.ir.name_lists import split_names

    fields = zip(Selection.model_fields, map(split_names, lists), strict=True)
    return Selection(**dict(fields))


def export_project(
    request: Request, output: Path | None, *, every: bool, quiet: bool
) -> tuple[Exported, ...]:
    """Export the pipeline that was asked for, or every one into the folder `output`.

    Raises:
        UsageError: all pipelines were asked for, and no folder or a selection with them.
        ExportError: the project is at fault.
    """
    from kairflow.cli.report import working
    from kairflow.export import export_all, export_pipeline

    if every:
        _check_every(request.selection, output)
    with working("Reading the project", quiet=quiet):
        return export_all(request) if every else (export_pipeline(request),)


def _check_every(selection: Selection, output: Path | None) -> None:
    from kairflow.errors import Code, Diagnostic, UsageError
    from kairflow.ir.model import Selection

    found = []
    if output is None or output.is_file():
        message, hint = "--all needs a folder", "add -o FOLDER"
        found.append(Diagnostic(Code.FILE_UNWRITABLE, message, "-o", hint))
    if selection != Selection():
        message = "--all takes whole pipelines, and a selection names nodes of one"
        hint = "leave out one of the two"
        found.append(Diagnostic(Code.SELECTION_UNKNOWN, message, "--all", hint))
    if found:
        raise UsageError(found)


def show_groups(exported: Exported) -> None:
    """Print which nodes share a task, and why."""
    from kairflow.cli.report import print_table

    columns = ("Task", "Nodes", "Waits for", "Resources", "Together because of")
    print_table(
        f"Tasks of pipeline {exported.document.source.pipeline!r}",
        columns,
        [_row(group) for group in exported.document.groups],
    )


def _row(group: Group) -> tuple[str, ...]:
    reasons = dict.fromkeys(
        f"{reason.kind.value} {reason.name}" if reason.name else reason.kind.value
        for reason in group.reasons
    )
    name = group.id if group.engine.value == "python" else f"{group.id} (Spark)"
    return (
        name,
        ", ".join(group.nodes),
        ", ".join(group.needs),
        group.resource_class or "",
        ", ".join(reasons),
    )
