"""`kairflow schedule`: a pipeline becomes a DAG that runs by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.deployment import show_difference
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    ScheduleOptions,
    ServerOptions,
    grouped,
)
from kairflow.cli.preparing import Prepared, prepared

if TYPE_CHECKING:
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.errors import Diagnostic
    from kairflow.ir import Document


@reported
@grouped
def schedule(
    *,
    ir: options.Ir = None,
    source: ProjectOptions,
    archive: options.ArchiveFrom = None,
    image: options.Image = None,
    target: LoweringOptions,
    when: ScheduleOptions,
    unpause: Annotated[
        bool, typer.Option("--unpause", help="Let a DAG run that somebody has paused.")
    ] = False,
    timeout: options.Timeout = None,
    output: options.Place = None,
    server: ServerOptions,
    dry_run: options.DryRun = False,
    answer: Answer,
) -> None:
    """Deploy a pipeline that runs by the clock, and see that Airflow has read it.

    The schedule is `--cron-expression`, else the configuration's. A new DAG is
    un-paused. One that was there and is paused stays so, for somebody may have had a reason:
    `--unpause` lets it run.

    Examples:

    - `kairflow schedule -c "0 6 * * *" --timezone Europe/Berlin`

    - `kairflow schedule ir.json --dag-name apiary-hourly -c @hourly`
    """
    from kairflow.cli.pipeline_source import read_pipeline

    pipeline = read_pipeline(ir, source, image, archive, target.runtime, answer)
    _check_cron(when, pipeline.document)
    with prepared(pipeline, source, target, when, output, server, answer) as ready:
        if dry_run:
            show_difference(ready.made, ready.steps, answer)
        else:
            ready.made.show_warnings(answer)
            with ready.made.telling_files(ready.steps):
                _schedule(ready, timeout, answer, unpause=unpause)


def _check_cron(when: ScheduleOptions, document: Document) -> None:
    """Refuse a schedule that is none, or wrong, before anything is sent."""
    from kairflow.errors import Code, Diagnostic, LoweringError, UsageError
    from kairflow.lower.airflow.lowering import check_cron

    configured = document.deployment.run_config.cron_expression
    cron = configured if when.cron_expression is None else when.cron_expression
    where = "--cron-expression or run_config.cron_expression"
    if not (cron or "").strip():
        message, hint = "there is no schedule", 'give one: kairflow schedule -c "0 6 * * *"'
        raise UsageError([Diagnostic(Code.SCHEDULE_INVALID, message, where, hint)])
    if wrong := tuple(check_cron((cron or "").strip(), where)):
        raise LoweringError(wrong)


def _schedule(ready: Prepared, minutes: float | None, answer: Answer, *, unpause: bool) -> None:
    from kairflow.cli.arrival import upload_and_wait
    from kairflow.cli.report import print_diagnostics

    client, made, dag_id = ready.client, ready.made, ready.made.dag.dag_id
    was_away = _is_away(client, dag_id)
    arrived = upload_and_wait(ready, minutes, answer, undone="a new DAG stays paused")
    paused = arrived.dag.is_paused
    # One that never ran may have come with a deployment that did not wait for it.
    if paused and (unpause or was_away or client.last_run(dag_id) is None):
        client.set_paused(dag_id, paused=False)
        paused = False
    if paused:
        left = _left_paused(client, dag_id)
        made = made.warned(left)
        if not answer.is_silent:
            print_diagnostics([left])
    facts = {"schedule": arrived.dag.schedule, "paused": paused}
    sentence = f"DAG {dag_id!r} is scheduled: {arrived.dag.schedule}"
    made.show_end(ready.steps, answer, (sentence, "kairflow list-pipelines"), facts)


def _is_away(client: AirflowClient, dag_id: str) -> bool:
    """Tell whether Airflow will pause the DAG itself, as it does what is new or was away.

    One that it cannot import is there.
    """
    known = client.dag(dag_id)
    return known is None or (known.is_gone and not known.has_import_errors)


def _left_paused(client: AirflowClient, dag_id: str) -> Diagnostic:
    from kairflow.errors import Code, Diagnostic, Severity

    message = "the DAG is paused, as it was before, so it does not run"
    hint = "kairflow schedule --unpause, or the switch in Airflow"
    where = f"{client.host} > DAG {dag_id!r}"
    return Diagnostic(Code.DAG_PAUSED, message, where, hint, Severity.WARNING)
