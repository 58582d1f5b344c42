"""`kairflow export`: a Kedro project becomes an IR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.exporting import export_project, show_groups
from kairflow.cli.option_groups import Answer, ProjectOptions, grouped

if TYPE_CHECKING:
    from kairflow.cli.delivery import Product
    from kairflow.export.request import Exported


@reported
@grouped
def export(
    *,
    source: ProjectOptions,
    every: options.All = False,
    image: options.Image = None,
    output: options.Output = None,
    archive: options.Archive = None,
    answer: Answer,
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
    request = source.request(image, archive=archive is not None)
    exported = export_project(request, output, every=every, quiet=answer.is_silent)
    _deliver(exported, output, archive, answer, every=every)


def _deliver(
    exported: tuple[Exported, ...],
    output: Path | None,
    folder: Path | None,
    answer: Answer,
    *,
    every: bool,
) -> None:
    from kairflow.cli.archive_delivery import describe_archive, place_archive
    from kairflow.cli.delivery import check_output, deliver
    from kairflow.cli.report import print_line
    from kairflow.deploy.local_files import make_folder

    check_output(output, as_json=answer.as_json)
    if every and output is not None:
        make_folder(output)
    # Before the IR, which must never name an archive that is not there.
    packed = exported[0].archive
    placed = place_archive(packed, folder) if packed is not None and folder is not None else None
    warnings = tuple(dict.fromkeys(warning for one in exported for warning in one.warnings))
    if not (answer.is_silent or every):
        show_groups(exported[0])
    if placed is not None and not answer.is_silent:
        print_line(describe_archive(placed))
    products = [_product(one, placed) for one in exported]
    deliver(products, output, warnings, as_json=answer.as_json, quiet=answer.quiet)


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
