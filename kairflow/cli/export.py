"""`kairflow export`: a Kedro project becomes an IR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli.boundary import reported
from kairflow.cli.options import Debug, Image, Json, Output, Quiet
from kairflow.export.group_by import GroupBy

if TYPE_CHECKING:
    from kairflow.export.request import Exported
    from kairflow.ir.model import Group, Selection

_SELECTION = "Selection, as in kedro run"


def _selects(*names: str, help: str) -> object:  # noqa: A002  typer's own word
    return typer.Option(*names, help=help, metavar="A,B", rich_help_panel=_SELECTION)


@reported
def export(
    project: Annotated[
        Path, typer.Option(help="The Kedro project's folder, or one below it.", metavar="DIR")
    ] = Path(),
    pipeline: Annotated[
        str, typer.Option("--pipeline", "-p", help="Name of the registered pipeline.")
    ] = "__default__",
    every: Annotated[
        bool, typer.Option("--all", help="Export every registered pipeline into the folder -o.")
    ] = False,
    env: Annotated[
        str | None,
        typer.Option("--env", "-e", envvar="KEDRO_ENV", help="Configuration environment."),
    ] = None,
    conf_source: Annotated[
        str | None,
        typer.Option(help="Where the configuration is: a folder or an archive.", metavar="PATH"),
    ] = None,
    params: Annotated[
        str,
        typer.Option(help="Parameters for every run, as in kedro run.", metavar="NAME=VALUE,…"),
    ] = "",
    group_by: Annotated[
        GroupBy, typer.Option(help="Nodes that share a task, besides those that must.")
    ] = GroupBy.NONE,
    image: Image = None,
    tags: Annotated[str, _selects("--tags", "-t", help="Nodes with one of these tags.")] = "",
    nodes: Annotated[str, _selects("--nodes", "-n", help="These nodes.")] = "",
    from_nodes: Annotated[str, _selects("--from-nodes", help="Nodes to start from.")] = "",
    to_nodes: Annotated[str, _selects("--to-nodes", help="Nodes to end with.")] = "",
    from_inputs: Annotated[str, _selects("--from-inputs", help="Datasets to start from.")] = "",
    to_outputs: Annotated[str, _selects("--to-outputs", help="Datasets to end with.")] = "",
    namespaces: Annotated[
        str, _selects("--namespaces", "-ns", help="Nodes of these namespaces.")
    ] = "",
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Export a Kedro pipeline as an IR, a JSON document.

    Reads code and configuration only: no dataset is loaded, no hook fires, no credentials are
    needed and no file of the project changes.

    Examples:

    - `kairflow export -o ir.json`

    - `kairflow export --project ../apiary --env prod --params season=2024 -o ir.json`

    - `kairflow export --group-by namespace | kairflow lower -o dags/`

    - `kairflow export --all -o irs/`
    """
    from kairflow.cli.report import working
    from kairflow.export import export_all, export_pipeline, parse_params
    from kairflow.export.request import Request
    from kairflow.ir.model import Selection
    from kairflow.ir.name_lists import split_names

    selection = Selection(
        tags=split_names(tags),
        nodes=split_names(nodes),
        from_nodes=split_names(from_nodes),
        to_nodes=split_names(to_nodes),
        from_inputs=split_names(from_inputs),
        to_outputs=split_names(to_outputs),
        namespaces=split_names(namespaces),
    )
    request = Request(
        project=project,
        pipeline=pipeline,
        env=env or None,
        conf_source=conf_source,
        runtime_params=parse_params(params),
        selection=selection,
        group_by=group_by,
        image=image,
    )
    if every:
        _check_every(selection, output)
    with working("Reading the project", quiet=quiet or as_json):
        exported = export_all(request) if every else (export_pipeline(request),)
    _deliver(exported, output, every=every, as_json=as_json, quiet=quiet)


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


def _deliver(
    exported: tuple[Exported, ...],
    output: Path | None,
    *,
    every: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from kairflow.cli.delivery import Product, deliver
    from kairflow.cli.report import counted
    from kairflow.ir import digest, dump_document

    products = []
    for one in exported:
        document, name = one.document, one.document.source.pipeline
        nodes = counted(len(document.nodes), "node")
        summary = f"pipeline {name!r}: {nodes} in {counted(len(document.groups), 'task')}"
        step = "kairflow lower {file} -o dags/"
        product = Product(f"{name}.json", dump_document(document), summary, step)
        facts = {"pipeline": name, "tasks": len(document.groups), "ir_digest": digest(document)}
        products.append((product, facts))
    warnings = tuple(dict.fromkeys(warning for one in exported for warning in one.warnings))
    if not (quiet or as_json or every):
        _show_groups(exported[0])
    if every and output is not None:
        output.mkdir(parents=True, exist_ok=True)
    deliver(products, output, warnings, as_json=as_json, quiet=quiet)


def _show_groups(exported: Exported) -> None:
    from kairflow.cli.report import print_table

    columns = ("Task", "Nodes", "Waits for", "Resources", "Together because of")
    print_table(
        f"Tasks of pipeline {exported.document.source.pipeline!r}",
        columns,
        [_row(group) for group in exported.document.groups],
    )


def _row(group: Group) -> tuple[str, ...]:
    reasons = dict.fromkeys(
        f"{reason.kind.value} {reason.name}" if reason.name else "order" for reason in group.reasons
    )
    return (
        group.id,
        ", ".join(group.nodes),
        ", ".join(group.needs),
        group.resource_class or "",
        ", ".join(reasons),
    )
