"""Wait until Airflow has read a DAG file that was just uploaded, or says why it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_values import Dag, ImportFailure
from kairflow.deploy.patience import LOOK_EVERY, PATIENCE, patiently, spell
from kairflow.deploy.upload import Change
from kairflow.errors import (
    Code,
    ConflictError,
    DagImportError,
    Diagnostic,
    WaitedTooLongError,
)

ASK_EVERY = 15.0
"""Seconds between two requests to read the file anew: it may reach the server long after us."""

_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Timeout|Interrupt|Warning|Exit)\b")

SYNC_SECONDS = 180.0
"""How long a server that copies its DAGs from a bucket may go on reading the old file."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The file that Airflow is to read."""

    dag_id: str
    file_name: str
    tag: str
    """The tag that no other file has: `kairflow_dag:` and a part of the file's digest."""
    change: Change = Change.CHANGED
    """What uploading it did: a failure that is older than a new file is another file's."""
    is_there: Callable[[], bool] = lambda: True
    """Tells whether the file still is what was uploaded."""


def failures_of(client: AirflowClient, file_name: str) -> tuple[ImportFailure, ...]:
    """Return why the server cannot import files of that name, wherever it found them."""
    return tuple(
        found
        for found in client.import_failures()
        if found.file.replace("\\", "/").rpartition("/")[2] == file_name
    )


def wait_for_file(
    client: AirflowClient,
    expected: Expected,
    before: Iterable[ImportFailure],
    *,
    seconds: float,
    is_shared: bool,
) -> Dag:
    """Wait until the DAG on the server is that of the expected file.

    `before` are the failures of the file that it replaces. `is_shared` says that the server reads
    the very folder that was written to; elsewhere it may read the old file for a while.

    Raises:
        ConflictError: somebody has replaced the file, so Airflow will never read it.
        DagImportError: the server cannot import the file.
        WaitedTooLongError: it has not read the file within that many seconds.
        AirflowError: the server cannot be reached, refuses or fails.
    """
    clock, known = client.clock, _Known(before)
    start = clock.now()
    asked = start - ASK_EVERY
    settled = 0.0 if is_shared else SYNC_SECONDS
    while True:
        left = min(seconds - (clock.now() - start), PATIENCE)
        dag = patiently(clock, lambda: client.dag(expected.dag_id), left)
        if dag is not None and _is_expected(dag, expected):
            return dag
        found = patiently(clock, lambda: failures_of(client, expected.file_name), left)
        waited = clock.now() - start
        fresh = known.first_fresh(found, _looks(expected.change) if waited >= settled else None)
        if fresh is not None:
            raise _import_error(fresh, client.host)
        if waited >= seconds:
            raise _not_parsed(expected, client.host, waited, found)
        if clock.now() - asked >= ASK_EVERY:
            asked = clock.now()
            if not expected.is_there():
                raise _replaced(expected)
            if dag is not None and dag.file_token:
                client.parse_file(dag.file_token)
        clock.sleep(min(LOOK_EVERY, max(seconds - waited, 0.1)))


def _is_expected(dag: Dag, expected: Expected) -> bool:
    """Whether runs would be made from the file: its tags are seen before its tasks are."""
    seen = expected.tag in dag.tags and expected.tag in (dag.doc or "")
    return seen and not dag.is_gone and not dag.has_import_errors


def _looks(change: Change) -> int | None:
    """Return how often the server must look again before the same failure counts.

    Its first look after an upload may have begun before.
    """
    return {Change.NEW: None, Change.CHANGED: 2, Change.UNCHANGED: 1}[change]


class _Known:
    """The failures of the old file, and when the server was seen to fail so again."""

    def __init__(self, before: Iterable[ImportFailure]) -> None:
        self._times = {_essence(failure): {failure.time} for failure in before}

    def first_fresh(
        self, found: Iterable[ImportFailure], looks: int | None
    ) -> ImportFailure | None:
        """Return a failure that is the new file's.

        One with a text of its own is. One that the old file had as well may be a leftover: it
        counts once the server has looked again so many times, or never.
        """
        for failure in found:
            times = self._times.get(_essence(failure))
            if times is None:
                return failure
            times.add(failure.time)
            if looks is not None and len(times) > looks:
                return failure
        return None


def _essence(failure: ImportFailure) -> tuple[str, str]:
    """Return what two failures for the same reason share; a time-out tells whose it was."""
    return failure.file, re.sub(r"PID: \d+", "", failure.trace)


def _replaced(expected: Expected) -> ConflictError:
    message = f"somebody has replaced {expected.file_name}, or removed it, before Airflow read it"
    hint = "do it again, with a DAG of its own: --dag-name"
    where = f"DAG {expected.dag_id!r}"
    return ConflictError([Diagnostic(Code.FILE_REPLACED, message, where, hint)])


def _reason(failure: ImportFailure) -> str:
    """Return the line that names the exception, or the last one."""
    lines = [line.strip() for line in failure.trace.splitlines() if line.strip()]
    named = [line for line in lines if _EXCEPTION.match(line)]
    return (named or lines or ["no reason"])[-1]


def _import_error(failure: ImportFailure, host: str) -> DagImportError:
    message = f"Airflow cannot import {failure.file}: {_reason(failure)}"
    hint = "often a provider that is missing there, or a line of Airflow other than --airflow's"
    diagnostic = Diagnostic(Code.DAG_IMPORT, message, f"{host} > import errors", hint)
    return DagImportError([diagnostic], {"trace": failure.trace})


def _not_parsed(
    expected: Expected, host: str, waited: float, found: Sequence[ImportFailure]
) -> WaitedTooLongError:
    message = f"Airflow has not read {expected.file_name} within {spell(waited)}"
    if found:
        message += f"; an import error was there before, of {found[-1].file}: {_reason(found[-1])}"
    hint = (
        "does it look where the file was put? A new file may take it 5 minutes "
        "(refresh_interval, dag_dir_list_interval); ask again with a longer --timeout"
    )
    where = f"{host} > DAG {expected.dag_id!r}"
    return WaitedTooLongError([Diagnostic(Code.DAG_NOT_PARSED, message, where, hint)])
