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


def upload_and_wait(
    prepared: Prepared, minutes: float | None, answer: Answer, *, undone: str
) -> Arrived:
    """Upload the files in order, and wait until the server's DAG is that of the file.

    `undone` says what else the verb would have done, for who stops waiting.

    Raises:
        UploadError: a place cannot be written.
        DagImportError: Airflow cannot import the file; people have been shown why.
        WaitedTooLongError: it has not read the file in time.
        StoppedWaitingError: the person has seen enough.
    """
    from kairflow.cli.deployment import upload
    from kairflow.cli.report import print_line
    from kairflow.deploy.airflow_file import failures_of
    from kairflow.errors import DagImportError, StoppedWaitingError

    client, made = prepared.client, prepared.made
    before = failures_of(client, made.dag.name)
    start = client.clock.now()
    upload(prepared.steps, answer)
    try:
        if not answer.is_silent:
            print_line("waiting for Airflow to read the file")
        dag = _wait(prepared, before, minutes, answer)
    except KeyboardInterrupt:
        raise StoppedWaitingError([_left(prepared, undone)], {"interrupted": True}) from None
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
    from kairflow.cli.places import is_shared
    from kairflow.cli.report import working
    from kairflow.deploy.airflow_file import Expected, wait_for_file

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
    shared = is_shared(file.address, client.host)
    with working("Airflow has not read the file yet", quiet=answer.is_silent):
        return wait_for_file(client, expected, before, seconds=seconds, is_shared=shared)


def _is_there(file: Upload) -> bool:
    """Tell whether a file still is what was uploaded; a place that cannot be read tells nothing."""
    from kairflow.deploy.upload import read_file
    from kairflow.errors import FileError, UploadError

    try:
        return read_file(file.address) == file.content
    except (FileError, UploadError):
        return True


def _left(prepared: Prepared, undone: str) -> Diagnostic:
    import shlex

    from kairflow.deploy.upload import Change
    from kairflow.errors import Code, Diagnostic

    dag_id, step = prepared.made.dag.dag_id, prepared.steps[-1]
    message = f"the file is uploaded, and Airflow will read it; {undone}"
    where = f"{prepared.client.host} > DAG {dag_id!r}"
    folder = step.upload.address.rpartition("/")[0] or "/"
    destroy = shlex.join(("kairflow", "destroy", dag_id, "--output", folder))
    away = f"; {destroy} takes it away" if step.change is Change.NEW else ""
    return Diagnostic(Code.STOPPED_WAITING, message, where, f"do it again to go on{away}")


def _show_trace(error: DagImportError) -> None:
    """Print the end of what Airflow says, which is where the reason stands."""
    from kairflow.cli.report import print_line, print_quoted

    print_line("Airflow says:")
    print_quoted(str(error.facts["trace"]).splitlines()[-20:])
