"""Hand DAG files over, and before them the scripts that their Spark jobs fetch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.cli.delivery import Product
    from kairflow.errors import Diagnostic
    from kairflow.lower.airflow.dag_file import DagFile


@dataclass(frozen=True, slots=True)
class Build:
    """What is to be uploaded for Spark jobs."""

    folder: Path | None
    """Where it is to lie; None when nobody asked for it."""
    archive: Mapping[str, Any] | None = None
    """The facts about the project archive that lies there already."""


def deliver_dags(
    dags: Sequence[DagFile],
    output: Path | None,
    build: Build,
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
    step = _next_step(dags, output, build)
    products = [_product(dag, build, step) for dag in dags]
    found = [*warnings, *(warning for dag in dags for warning in dag.warnings)]
    if build.folder is None:
        found += [_left(dag) for dag in dags if dag.artefacts]
    elif not any(dag.artefacts for dag in dags):
        found.append(_unused(dags))
    deliver(products, output, tuple(dict.fromkeys(found)), as_json=as_json, quiet=quiet)


def _product(dag: DagFile, build: Build, step: str) -> tuple[Product, dict[str, Any]]:
    from kairflow.cli.delivery import Product
    from kairflow.cli.report import counted

    scripts = _place(dag, build.folder) if build.folder is not None else []
    summary = f"DAG {dag.dag_id!r} with {counted(dag.tasks, 'task')}"
    if scripts:
        summary += f" and {counted(len(scripts), 'script')} for Spark in {build.folder}"
    facts = {
        "dag_id": dag.dag_id,
        "tasks": dag.tasks,
        "ir_digest": dag.ir_digest,
        "dag_digest": dag.dag_digest,
        **({"scripts": scripts} if scripts else {}),
        **({"archive": build.archive} if scripts and build.archive is not None else {}),
    }
    return Product(dag.name, dag.text, summary, step), facts


def _next_step(dags: Sequence[DagFile], output: Path | None, build: Build) -> str:
    """Say what is left to do with all that is written; several DAGs are in one folder."""
    place = "{file}" if len(dags) == 1 else _as_folder(output)
    step = f"put {place} where Airflow looks for DAGs; then: airflow dags test {dags[0].dag_id}"
    addresses = [_folder(dag) for dag in dags if dag.artefacts]
    if build.folder is None or not addresses:
        return step
    return f"upload {_as_folder(build.folder)} to {addresses[0]}; {step}"


def _as_folder(path: Path | None) -> str:
    return f"{path}/".replace("//", "/")


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


def _unused(dags: Sequence[DagFile]) -> Diagnostic:
    from kairflow.errors import Code, Diagnostic, Severity

    which = "this DAG" if len(dags) == 1 else "these DAGs"
    message = f"nothing of {which} is fetched, so --artifacts stays empty"
    hint = "leave the option out"
    return Diagnostic(Code.ARTEFACTS_UNUSED, message, "--artifacts", hint, Severity.WARNING)


def _folder(dag: DagFile) -> str:
    return dag.artefacts[0].address.rpartition("/")[0]
