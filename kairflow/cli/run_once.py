"""`kairflow run-once`: a pipeline becomes a run in Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.deployment import show_difference
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    RunOptions,
    ServerOptions,
    grouped,
)
from kairflow.cli.preparing import Prepared, prepared

if TYPE_CHECKING:
    from kairflow.errors import Diagnostic


@reported
@grouped
def run_once(
    *,
    ir: options.Ir = None,
    source: ProjectOptions,
    archive: options.ArchiveFrom = None,
    image: options.Image = None,
    target: LoweringOptions,
    run: RunOptions,
    output: options.Place = None,
    server: ServerOptions,
    dry_run: options.DryRun = False,
    answer: Answer,
) -> None:
    """Deploy a pipeline without schedule and sensors, and start one run of it.

    The run starts once Airflow has read this very file: a file that Airflow cannot import ends the
    command with Airflow's own message. With `--wait` the run is followed to its end: exit code 0
    when it succeeds, 5 when it fails, 4 when `--timeout` is over. Ctrl-C leaves it running.

    Credentials come from `AIRFLOW_API_TOKEN`, or from `AIRFLOW_API_USERNAME` and
    `AIRFLOW_API_PASSWORD`.

    Examples:

    - `kairflow run-once --wait --timeout 60`

    - `kairflow run-once ir.json --dag-name apiary-try --param rate=0.2 --wait`
    """
    from kairflow.cli.pipeline_source import read_pipeline
    from kairflow.export.run_conf import read_conf

    pipeline = read_pipeline(ir, source, image, archive, target.runtime, answer)
    given = read_conf(run.conf, run.param or (), pipeline.document.deployment.run_config.run_params)
    with prepared(pipeline, source, target, None, output, server, answer) as ready:
        made = ready.made.warned(*_replaced(ready))
        if dry_run:
            show_difference(made, ready.steps, answer)
        else:
            made.show_warnings(answer)
            with made.telling_files(ready.steps):
                _run(replace(ready, made=made), given, run, answer)


def _replaced(ready: Prepared) -> Iterator[Diagnostic]:
    """Warn before a DAG loses its schedule."""
    from kairflow.errors import Code, Diagnostic, Severity

    known = ready.client.dag(ready.made.dag.dag_id)
    if known is not None and not known.is_gone and known.schedule is not None:
        message = f"the DAG runs on a schedule ({known.schedule}), and this one has none"
        hint = "--dag-name gives this run a DAG of its own; kairflow schedule brings it back"
        where = f"{ready.client.host} > DAG {ready.made.dag.dag_id!r}"
        yield Diagnostic(Code.SCHEDULE_REPLACED, message, where, hint, Severity.WARNING)


def _run(ready: Prepared, given: dict[str, Any], run: RunOptions, answer: Answer) -> None:
    from kairflow.cli.arrival import upload_and_wait
    from kairflow.cli.following import follow_to_end, telling_how_to_go_on
    from kairflow.cli.report import print_line
    from kairflow.deploy.airflow_run import facts_of, follow_command, new_run, start

    client, dag_id = ready.client, ready.made.dag.dag_id
    arrived = upload_and_wait(ready, run.minutes, answer, undone="no run was started")
    if arrived.dag.is_paused:
        client.set_paused(dag_id, paused=False)
    planned = new_run(client, dag_id)
    with telling_how_to_go_on(client, planned.name, starting=True):
        start(client, planned, given)
    facts = facts_of(client, planned.name, None)
    sentence = f"started run {planned.name.run_id}: {facts['address']}"
    step = follow_command(client, planned.name)
    if run.waits:
        if not answer.is_silent:
            print_line(sentence)
        facts = dict(follow_to_end(client, planned.name, arrived.seconds_left, answer))
        sentence = f"run {planned.name.run_id} succeeded"
        step = f"look at it: {facts['address']}"
    ready.made.show_end(ready.steps, answer, (sentence, step), {"run": facts})
