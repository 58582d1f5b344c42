"""`kairflow compile`: a Kedro project becomes a DAG file, and all that its Spark jobs fetch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.exporting import export_project, show_groups
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    ScheduleOptions,
    grouped,
)
from kairflow.lower.airflow.options import Options, Runtime

if TYPE_CHECKING:
    from kairflow.export.request import Exported, Request


@reported
@grouped
def compile_project(
    *,
    source: ProjectOptions,
    every: options.All = False,
    image: options.Image = None,
    target: LoweringOptions,
    schedule: ScheduleOptions,
    output: options.Dags = Path("dags"),
    artifacts: options.AllArtifacts = None,
    answer: Answer,
) -> None:
    """Export a Kedro pipeline and lower it to a DAG file, in one go.

    Examples:

    - `kairflow compile --env prod -o ~/airflow/dags/`

    - `kairflow compile --artifacts build/`
    """
    request = source.request(image, archive=artifacts is not None)
    chosen = target.choose(None, schedule)
    _check_name(target.dag_name, every=every)
    exported = export_project(
        _for(target.runtime, request), output, every=every, quiet=answer.is_silent
    )
    _deliver(exported, chosen, output, artifacts, answer)


def _for(runtime: Runtime, request: Request) -> Request:
    """Ask for what the runtime has a use for: jobs on the worker's own machine fetch nothing."""
    on_cluster = runtime is not Runtime.LOCAL
    return replace(
        request,
        archive=request.archive and on_cluster,
        only_if_fetched=True,
        operators=on_cluster,
    )


def _check_name(dag_name: str | None, *, every: bool) -> None:
    from kairflow.errors import Code, Diagnostic, UsageError

    if every and dag_name is not None:
        message, hint = "--all makes several DAGs, and one name is for one", "leave one out"
        raise UsageError([Diagnostic(Code.RUNTIME_OPTION, message, "--dag-name", hint)])


def _deliver(
    exported: tuple[Exported, ...],
    chosen: Options,
    output: Path,
    artifacts: Path | None,
    answer: Answer,
) -> None:
    """Write the archive, then the scripts, then the DAGs; nothing when one cannot be made."""
    from kairflow.cli.archive_delivery import describe_archive, place_archive
    from kairflow.cli.dag_delivery import Build, deliver_dags
    from kairflow.cli.report import print_line
    from kairflow.deploy.local_files import make_folder
    from kairflow.lower.airflow.dag_file import compile_dag

    dags = [compile_dag(one.document, chosen) for one in exported]
    if len(exported) == 1 and not answer.is_silent:
        show_groups(exported[0])
    facts, packed = None, next((one.archive for one in exported if one.archive), None)
    if packed is not None and artifacts is not None:
        facts = place_archive(packed, artifacts)
        if not answer.is_silent:
            print_line(describe_archive(facts))
    if len(dags) > 1:
        make_folder(output)
    warnings = [warning for one in exported for warning in one.warnings]
    build = Build(artifacts, facts)
    deliver_dags(dags, output, build, warnings, as_json=answer.as_json, quiet=answer.quiet)
