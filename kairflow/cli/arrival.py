"""Upload a DAG, and see that Airflow has read this very file; what run-once and schedule share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer
    from kairflow.cli.preparing import Prepared
    from kairflow.deploy.airflow_values import Dag, ImportFailure
    from kairflow.deploy.upload import Upload
    from kairflow.errors import DagImportError, Diagnostic

PARSE_MINUTES = 15.0
"""How long Airflow may take to read a file, unless something else was asked for: by default it
looks for new ones every 5 minutes."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A DAG that Airflow has read."""

    dag: Dag
    seconds_left: float | None
    """What is left of the time to wait; None for as long as it takes."""


def upload_and_wait(prepared: Prepared, minutes: float | None, answer: Answer) -> Arrived:
    """Upload the files in order, and wait until the server's DAG is that of the file.

    Raises:
        UploadError: a place cannot be written.
        DagImportError: Airflow cannot import the file; people have been shown why.
        WaitedTooLongError: it has not read the file in time.
        StoppedWaitingError: the person has seen enough.
    """
    from kairflow.cli.deployment import upload
    from kairflow.cli.report import print_line
    from kairflow.deploy.airflow_file import failures_of
    from kairflow.errors import DagImportError

    client, made = prepared.client, prepared.made
    before = failures_of(client, made.dag.name)
    start = client.clock.now()
    upload(prepared.steps, answer)
    if not answer.is_silent:
        print_line("waiting for Airflow to read the file")
    try:
        dag = _wait(prepared, before, minutes, answer)
    except DagImportError as error:
        if not answer.as_json:
            _show_trace(error)
        raise
    if not answer.is_silent:
        print_line(f"Airflow {client.version} has read it: {made.tag}")
    spent = client.clock.now() - start
    return Arrived(dag, None if minutes is None else max(minutes * 60 - spent, 0.0))


def _wait(
    prepared: Prepared,
    before: tuple[ImportFailure, ...],
    minutes: float | None,
    answer: Answer,
) -> Dag:
    from kairflow.cli.report import working
    from kairflow.deploy.addresses import local_path
    from kairflow.deploy.airflow_file import Expected, wait_for_file
    from kairflow.deploy.airflow_host import is_here
    from kairflow.errors import StoppedWaitingError

    client, made = prepared.client, prepared.made
    file = prepared.steps[-1].upload
    expected = Expected(
        dag_id=made.dag.dag_id,
        file_name=made.dag.name,
        tag=made.tag,
        change=prepared.steps[-1].change,
        is_there=lambda: _is_there(file),
    )
    seconds = (PARSE_MINUTES if minutes is None else minutes) * 60
    # A folder here may be copied to a server elsewhere, by git or by another command.
    shared = local_path(file.address) is not None and is_here(client.host)
    try:
        with working("Airflow has not read the file yet", quiet=answer.is_silent):
            return wait_for_file(client, expected, before, seconds=seconds, is_shared=shared)
    except KeyboardInterrupt:
        raise StoppedWaitingError([_left(prepared)], {"interrupted": True}) from None


def _is_there(file: Upload) -> bool:
    """Tell whether a file still is what was uploaded; a place that cannot be read tells nothing."""
    from kairflow.deploy.upload import read_file
    from kairflow.errors import FileError, UploadError

    try:
        return read_file(file.address) == file.content
    except (FileError, UploadError):
        return True


def _left(prepared: Prepared) -> Diagnostic:
    from kairflow.errors import Code, Diagnostic

    message = "the file is uploaded, and Airflow will read it; no run was started"
    where = f"{prepared.client.host} > DAG {prepared.made.dag.dag_id!r}"
    hint = f"kairflow destroy {prepared.made.dag.dag_id} takes it away again"
    return Diagnostic(Code.STOPPED_WAITING, message, where, hint)


def _show_trace(error: DagImportError) -> None:
    """Print the end of what Airflow says, which is where the reason stands."""
    from kairflow.cli.report import print_line

    print_line("Airflow says:")
    for line in str(error.facts["trace"]).splitlines()[-20:]:
        print_line(f"    {line}")
