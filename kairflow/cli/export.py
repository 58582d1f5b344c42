"""`kairflow export`: a Kedro project becomes an IR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.exporting import export_project, read_selection, show_groups
from kairflow.export.group_by import GroupBy

if TYPE_CHECKING:
    from kairflow.cli.delivery import Product
    from kairflow.export.request import Exported


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
    archive: options.Archive = None,
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

    - `kairflow export --archive build/ -o ir.json`
    """
    from kairflow.export import Request, parse_params

    selection = read_selection(
        tags, nodes, from_nodes, to_nodes, from_inputs, to_outputs, namespaces
    )
    values, packed = parse_params(params), archive is not None
    request = Request(
        project, pipeline, env or None, conf_source, values, selection, group_by, image, packed
    )
    exported = export_project(request, output, every=every, quiet=quiet or as_json)
    _deliver(exported, output, archive, every=every, as_json=as_json, quiet=quiet)


def _deliver(
    exported: tuple[Exported, ...],
    output: Path | None,
    folder: Path | None,
    *,
    every: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from kairflow.cli.archive_delivery import describe_archive, place_archive
    from kairflow.cli.delivery import check_output, deliver
    from kairflow.cli.report import print_line
    from kairflow.deploy.local_files import make_folder

    check_output(output, as_json=as_json)
    if every and output is not None:
        make_folder(output)
    # Before the IR, which must never name an archive that is not there.
    packed = exported[0].archive
    placed = place_archive(packed, folder) if packed is not None and folder is not None else None
    warnings = tuple(dict.fromkeys(warning for one in exported for warning in one.warnings))
    if not (quiet or as_json or every):
        show_groups(exported[0])
    if placed is not None and not (quiet or as_json):
        print_line(describe_archive(placed))
    products = [_product(one, placed) for one in exported]
    deliver(products, output, warnings, as_json=as_json, quiet=quiet)


def _product(exported: Exported, archive: dict[str, Any] | None) -> tuple[Product, dict[str, Any]]:
    from kairflow.cli.delivery import Product
    from kairflow.cli.report import counted
    from kairflow.ir import digest, dump_document

    document, name = exported.document, exported.document.source.pipeline
    nodes = counted(len(document.nodes), "node")
    summary = f"pipeline {name!r}: {nodes} in {counted(len(document.groups), 'task')}"
    step = "kairflow lower {file} -o dags/"
    facts = {
        "pipeline": name,
        "tasks": len(document.groups),
        "ir_digest": digest(document),
        **({"archive": archive} if archive is not None else {}),
    }
    return Product(f"{name}.json", dump_document(document), summary, step), facts
