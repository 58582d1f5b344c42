"""The pipeline that a verb deploys: an IR with its archive, or the project in a folder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kairflow.cli.option_groups import Answer, ProjectOptions
from kairflow.lower.airflow.options import Runtime

if TYPE_CHECKING:
    from kairflow.errors import Diagnostic
    from kairflow.ir import Document


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as IR, where its archive is, and what its author should know."""

    document: Document
    archive: bytes | Path | None
    """Its content, or the folder that it lies in; None for one that nothing is known of."""
    warnings: tuple[Diagnostic, ...]
    image: str | None = None
    """What replaces the IR's image; an export has put it into the IR already."""


def read_pipeline(
    ir: str | None,
    source: ProjectOptions,
    image: str | None,
    archive: Path | None,
    runtime: Runtime,
    answer: Answer,
) -> Pipeline:
    """Read the IR, or export the project when none is given.

    Raises:
        UsageError: options about the project stand beside an IR.
        KairflowError: the IR or the project is at fault.
    """
    if ir is None:
        _check_no_archive(archive)
        return _exported(source, image, runtime, answer)
    from kairflow.cli.reading import read_ir
    from kairflow.ir import read_document

    _check_alone(source)
    beside = Path() if ir == "-" else Path(ir).parent
    return Pipeline(read_document(read_ir(ir)), archive or beside, (), image)


def _exported(
    source: ProjectOptions, image: str | None, runtime: Runtime, answer: Answer
) -> Pipeline:
    from kairflow.cli.exporting import export_project

    on_cluster = runtime is not Runtime.LOCAL
    request = replace(
        source.request(image, archive=on_cluster), only_if_fetched=True, operators=on_cluster
    )
    (exported,) = export_project(request, None, every=False, quiet=answer.is_silent)
    content = None if exported.archive is None else exported.archive.content
    return Pipeline(exported.document, content, exported.warnings)


def _check_no_archive(archive: Path | None) -> None:
    from kairflow.errors import Code, Diagnostic, UsageError

    if archive is not None:
        message = "--archive says where the archive of an IR is, and no IR is given"
        hint = "leave it out: the project here is packed anew"
        raise UsageError([Diagnostic(Code.RUNTIME_OPTION, message, "--archive", hint)])


def _check_alone(source: ProjectOptions) -> None:
    """Refuse what an IR has decided already; folder and environment still say where Airflow is."""
    from kairflow.errors import Code, Diagnostic, UsageError

    given = [
        f"--{field.name.replace('_', '-')}"
        for field in dataclasses.fields(source)
        if field.name not in ("project", "env", "conf_source")
        and getattr(source, field.name) != field.default
    ]
    if given:
        message = f"{', '.join(given)} would change nothing: the IR has its nodes already"
        hint = "leave the IR out to export the project here, or leave the options out"
        raise UsageError([Diagnostic(Code.RUNTIME_OPTION, message, "[IR]", hint)])
