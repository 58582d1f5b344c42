"""`kairflow schedule`: a pipeline becomes a DAG that runs by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    ScheduleOptions,
    ServerOptions,
    grouped,
)

if TYPE_CHECKING:
    from kairflow.cli.deployment import Package
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.upload import Step
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

    The schedule is `--cron-expression`, else the configuration's. A new DAG is un-paused. One that
    was there and is paused stays so, for somebody may have paused it for a reason: `--unpause`.

    Examples:

    - `kairflow schedule -c "0 6 * * *" --timezone Europe/Berlin`

    - `kairflow schedule ir.json --dag-name apiary-hourly -c @hourly`
    """
    from kairflow.cli.arrival import chosen_for
    from kairflow.cli.deployment import package, plan_upload, show_difference
    from kairflow.cli.pipeline_source import read_pipeline
    from kairflow.cli.places import configured_by, find_host, find_output
    from kairflow.cli.server import connected

    pipeline = read_pipeline(ir, source, image, archive, target.runtime, answer)
    _check_cron(when, pipeline.document)
    configured = configured_by(source, pipeline.document.deployment)
    place, host = find_output(output, configured), find_host(server.host, configured)
    warnings: list[Diagnostic] = []
    # Before anything is sent: whatever the line, a wrong schedule is wrong.
    package(pipeline, target.choose(pipeline.image, when), place)
    with connected(host, server, answer, warnings) as client:
        chosen = chosen_for(client, target, pipeline.image, when)
        made = package(pipeline, chosen, place)
        steps = plan_upload(made, answer)
        if dry_run:
            show_difference(made, steps, answer)
            return
        made.show_warnings(answer)
        _schedule(client, made.warned(*warnings), steps, timeout, answer, unpause=unpause)


def _check_cron(when: ScheduleOptions, document: Document) -> None:
    from kairflow.errors import Code, Diagnostic, UsageError

    configured = document.deployment.run_config.cron_expression
    cron = configured if when.cron_expression is None else when.cron_expression
    if not (cron or "").strip():
        message, hint = "there is no schedule", 'give one: kairflow schedule -c "0 6 * * *"'
        where = "--cron-expression or run_config.cron_expression"
        raise UsageError([Diagnostic(Code.SCHEDULE_INVALID, message, where, hint)])


def _schedule(
    client: AirflowClient,
    made: Package,
    steps: tuple[Step, ...],
    minutes: float | None,
    answer: Answer,
    *,
    unpause: bool,
) -> None:
    from kairflow.cli.arrival import upload_and_wait
    from kairflow.cli.report import print_diagnostics

    dag_id = made.dag.dag_id
    known = client.dag(dag_id)
    arrived = upload_and_wait(client, made, steps, minutes, answer)
    paused = arrived.dag.is_paused
    if paused and (unpause or known is None or known.is_gone):
        client.set_paused(dag_id, paused=False)
        paused = False
    if paused:
        left = _left_paused(client, dag_id)
        made = made.warned(left)
        if not answer.is_silent:
            print_diagnostics([left])
    facts = {"schedule": arrived.dag.schedule, "paused": paused}
    sentence = f"DAG {dag_id!r} is scheduled: {arrived.dag.schedule}"
    made.show_end(steps, answer, (sentence, "kairflow list-pipelines"), facts)


def _left_paused(client: AirflowClient, dag_id: str) -> Diagnostic:
    from kairflow.errors import Code, Diagnostic, Severity

    message = "the DAG is paused, as it was before, so it does not run"
    hint = "kairflow schedule --unpause, or the switch in Airflow"
    where = f"{client.host} > DAG {dag_id!r}"
    return Diagnostic(Code.DAG_PAUSED, message, where, hint, Severity.WARNING)
