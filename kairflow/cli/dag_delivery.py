"""Hand DAG files over, and before them the scripts that their Spark jobs fetch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.cli.delivery import Product
    from kairflow.errors import Diagnostic
    from kairflow.lower.airflow.dag_file import DagFile


def deliver_dags(
    dags: Sequence[DagFile],
    output: Path | None,
    artifacts: Path | None,
    warnings: Sequence[Diagnostic] = (),
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write scripts, then DAGs, and report; a DAG never stands there without its scripts.

    Raises:
        UsageError: a JSON answer was asked for, but the product needs standard output.
        FileError: a file cannot be written.
    """
    from kairflow.cli.delivery import check_output, deliver

    check_output(output, as_json=as_json)
    products = [_product(dag, artifacts) for dag in dags]
    found = [*warnings, *(warning for dag in dags for warning in dag.warnings)]
    if artifacts is None:
        found += [_left(dag) for dag in dags if dag.artefacts]
    deliver(products, output, tuple(dict.fromkeys(found)), as_json=as_json, quiet=quiet)


def _product(dag: DagFile, artifacts: Path | None) -> tuple[Product, dict[str, Any]]:
    from kairflow.cli.delivery import Product
    from kairflow.cli.report import counted

    scripts = _place(dag, artifacts) if artifacts is not None else []
    summary = f"DAG {dag.dag_id!r} with {counted(dag.tasks, 'task')}"
    step = f"put it into Airflow's DAG folder, then: airflow dags test {dag.dag_id}"
    if scripts:
        summary += f" and {counted(len(scripts), 'script')} for Spark in {artifacts}"
        step = f"upload {artifacts} to {_folder(dag)}, and {step}"
    facts = {
        "dag_id": dag.dag_id,
        "tasks": dag.tasks,
        "ir_digest": dag.ir_digest,
        "dag_digest": dag.dag_digest,
        **({"scripts": scripts} if scripts else {}),
    }
    return Product(dag.name, dag.text, summary, step), facts


def _place(dag: DagFile, folder: Path) -> list[str]:
    from kairflow.deploy.local_files import place_text

    paths = [folder / artefact.name for artefact in dag.artefacts]
    for path, artefact in zip(paths, dag.artefacts, strict=True):
        place_text(path, artefact.text)
    return [str(path) for path in paths]


def _left(dag: DagFile) -> Diagnostic:
    from kairflow.cli.report import counted
    from kairflow.errors import Code, Diagnostic, Severity

    scripts = counted(len(dag.artefacts), "script")
    message = f"the Spark jobs fetch {scripts} from {_folder(dag)}, which nobody has written"
    hint = "add --artifacts DIR, and upload what is in it"
    where, warning = f"DAG {dag.dag_id!r}", Severity.WARNING
    return Diagnostic(Code.ARTEFACTS_LEFT, message, where, hint, warning)


def _folder(dag: DagFile) -> str:
    return dag.artefacts[0].address.rpartition("/")[0]
