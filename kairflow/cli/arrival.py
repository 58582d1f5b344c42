"""Upload a DAG, and see that Airflow has read this very file; what run-once and schedule share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.cli.deployment import Package
    from kairflow.cli.option_groups import Answer, LoweringOptions, ScheduleOptions
    from kairflow.deploy.airflow_answers import Dag
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.upload import Step
    from kairflow.lower.airflow.options import Options

PARSE_MINUTES = 15.0
"""How long Airflow may take to read a file, unless less was asked for: by default it looks for new
ones every 5 minutes."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A DAG that Airflow has read."""

    dag: Dag
    seconds_left: float | None
    """What is left of the time to wait; None for as long as it takes."""


def chosen_for(
    client: AirflowClient,
    target: LoweringOptions,
    image: str | None,
    schedule: ScheduleOptions | None,
) -> Options:
    """Choose the lowering for the server's line.

    Raises:
        RefusedError: Kairflow knows no such Airflow, or another one was asked for.
    """
    from dataclasses import replace

    from kairflow.errors import Code, Diagnostic, RefusedError
    from kairflow.lower.airflow.options import line_of

    found, asked = line_of(client.version), target.airflow
    if found is None:
        message, hint = f"found Airflow {client.version}, expected 2.9 to 2.11 or 3", ""
        raise RefusedError([Diagnostic(Code.AIRFLOW_VERSION, message, client.host, hint)])
    if asked is not None and not asked.runs_on(found):
        message = f"--airflow {asked.value} was asked for, but the server is {client.version}"
        hint = "leave --airflow out: the server's line is taken"
        raise RefusedError([Diagnostic(Code.AIRFLOW_VERSION, message, client.host, hint)])
    return replace(target.choose(image, schedule), line=asked or found)


def upload_and_wait(
    client: AirflowClient,
    made: Package,
    steps: Sequence[Step],
    minutes: float | None,
    answer: Answer,
) -> Arrived:
    """Upload the files in order, and wait until the server's DAG is that of the file.

    Raises:
        UploadError: a place cannot be written.
        DagImportError: Airflow cannot import the file.
        WaitedTooLongError: it has not read the file in time.
    """
    from kairflow.cli.deployment import upload
    from kairflow.cli.report import print_line, working
    from kairflow.deploy.addresses import local_path
    from kairflow.deploy.airflow_access import is_here
    from kairflow.deploy.airflow_file import Expected, failures_of, wait_for_file

    expected = Expected(made.dag.dag_id, made.dag.name, f"kairflow_dag:{made.dag.dag_digest[:16]}")
    before = failures_of(client, made.dag.name)
    start = client.clock.now()
    upload(steps, answer)
    if not answer.is_silent:
        print_line("waiting for Airflow to read the file")
    allowed = PARSE_MINUTES if minutes is None else min(minutes, PARSE_MINUTES)
    # A folder here may be copied to a server elsewhere, by git or by another command.
    shared = local_path(steps[-1].upload.address) is not None and is_here(client.host)
    with working("Airflow has not read the file yet", quiet=answer.is_silent):
        dag = wait_for_file(client, expected, before, seconds=allowed * 60, is_shared=shared)
    if not answer.is_silent:
        print_line(f"Airflow {client.version} has read it: {expected.tag}")
    spent = client.clock.now() - start
    return Arrived(dag, None if minutes is None else max(minutes * 60 - spent, 0.0))
