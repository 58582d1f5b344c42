"""`kairflow run-once`: a pipeline becomes a run in Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kairflow.cli import options
from kairflow.cli.arrival import chosen_for
from kairflow.cli.boundary import reported
from kairflow.cli.deployment import package, plan_upload, show_difference
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    RunOptions,
    ServerOptions,
    grouped,
)
from kairflow.cli.server import connected

if TYPE_CHECKING:
    from kairflow.cli.deployment import Package
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.upload import Step
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
    from kairflow.cli.places import configured_by, find_host, find_output
    from kairflow.export.run_conf import read_conf

    pipeline = read_pipeline(ir, source, image, archive, target.runtime, answer)
    given = read_conf(run.conf, run.param or (), pipeline.document.deployment.run_config.run_params)
    configured = configured_by(source, pipeline.document.deployment)
    place, host = find_output(output, configured), find_host(server.host, configured)
    warnings: list[Diagnostic] = []
    with connected(host, server, answer, warnings) as client:
        chosen = chosen_for(client, target, pipeline.image, None)
        made = package(pipeline, chosen, place)
        steps = plan_upload(made, answer)
        if dry_run:
            show_difference(made, steps, answer)
            return
        made = made.warned(*_replaced(client, made))
        made.show_warnings(answer)
        _run(client, made.warned(*warnings), steps, given, run, answer)


def _replaced(client: AirflowClient, made: Package) -> Iterator[Diagnostic]:
    """Warn before a DAG loses its schedule."""
    from kairflow.errors import Code, Diagnostic, Severity

    known = client.dag(made.dag.dag_id)
    if known is not None and not known.is_gone and known.schedule is not None:
        message = f"the DAG runs on a schedule ({known.schedule}), and this one has none"
        hint = "--dag-name gives this run a DAG of its own; kairflow schedule brings it back"
        where = f"{client.host} > DAG {made.dag.dag_id!r}"
        yield Diagnostic(Code.SCHEDULE_REPLACED, message, where, hint, Severity.WARNING)


def _run(
    client: AirflowClient,
    made: Package,
    steps: tuple[Step, ...],
    given: dict[str, Any],
    run: RunOptions,
    answer: Answer,
) -> None:
    from kairflow.cli.arrival import upload_and_wait
    from kairflow.cli.following import follow_to_end
    from kairflow.cli.report import print_line
    from kairflow.deploy.airflow_run import facts_of, follow_command, start

    arrived = upload_and_wait(client, made, steps, run.minutes, answer)
    if arrived.dag.is_paused:
        client.set_paused(made.dag.dag_id, paused=False)
    name = start(client, made.dag.dag_id, given)
    facts = facts_of(client, name, None)
    sentence, step = f"started run {name.run_id}", follow_command(client, name)
    if run.waits:
        if not answer.is_silent:
            print_line(f"{sentence}: {facts['address']}")
        facts = dict(follow_to_end(client, name, arrived.seconds_left, answer))
        sentence, step = f"run {name.run_id} succeeded", f"look at it: {facts['address']}"
    made.show_end(steps, answer, (sentence, step), {"run": facts})
