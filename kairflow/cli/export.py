"""`kairflow export`: a Kedro project becomes an IR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.export.group_by import GroupBy

if TYPE_CHECKING:
    from kairflow.export.request import Exported, Request
    from kairflow.ir.model import Group, Selection


@reported
def export(
    project: options.Project = Path(),
    pipeline: options.Pipeline = "__default__",
    every: options.All = False,
    env: options.Env = None,
    conf_source: options.ConfSource = None,
    params: options.Params = "",
    group_by: options.Group = GroupBy.NONE,
    image: options.Image = None,
    tags: options.Tags = "",
    nodes: options.Nodes = "",
    from_nodes: options.FromNodes = "",
    to_nodes: options.ToNodes = "",
    from_inputs: options.FromInputs = "",
    to_outputs: options.ToOutputs = "",
    namespaces: options.Namespaces = "",
    output: options.Output = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
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
    from kairflow.export import Request, parse_params

    selection = _selection(tags, nodes, from_nodes, to_nodes, from_inputs, to_outputs, namespaces)
    if every:
        _check_every(selection, output)
    values = parse_params(params)
    request = Request(
        project, pipeline, env or None, conf_source, values, selection, group_by, image
    )
    exported = _export(request, every=every, quiet=quiet or as_json)
    _deliver(exported, output, every=every, as_json=as_json, quiet=quiet)


def _selection(*lists: str) -> Selection:
    """Read the lists of names, in the order of the model's fields."""
    from kairflow.ir.model import Selection
    from kairflow.ir.name_lists import split_names

    fields = zip(Selection.model_fields, map(split_names, lists), strict=True)
    return Selection(**dict(fields))


def _export(request: Request, *, every: bool, quiet: bool) -> tuple[Exported, ...]:
    from kairflow.cli.report import working
    from kairflow.export import export_all, export_pipeline

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
