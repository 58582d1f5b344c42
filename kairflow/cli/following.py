"""Follow a run to its end for a person or a program, and say how it went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.airflow_run import Progress, RunName
    from kairflow.errors import Diagnostic, RunFailedError, Severity


def follow_to_end(
    client: AirflowClient, name: RunName, seconds: float | None, answer: Answer
) -> Mapping[str, Any]:
    """Show a run until it is over, and return the facts about it.

    Raises:
        RunFailedError: it has failed; its last words have been shown.
        WaitedTooLongError: it is not over within that many seconds.
        StoppedWaitingError: the person has seen enough.
        AirflowError: the server refuses or fails; the run goes on all the same.
    """
    from kairflow.cli.run_view import watching
    from kairflow.deploy.airflow_run import facts_of, follow
    from kairflow.errors import WaitedTooLongError

    progress: Progress | None = None
    try:
        with telling_how_to_go_on(client, name), watching(quiet=answer.is_silent) as view:
            for progress in follow(client, name, seconds):
                view.show(progress)
    except WaitedTooLongError as error:
        raise error.with_facts({"run": error.facts}) from error
    if progress is None:
        raise AssertionError("following yields the end at least")
    if progress.run.state == "success" and progress.tasks:
        return facts_of(client, name, progress)
    failure = _failure(client, name, progress, answer)
    if not answer.as_json:
        _show_last_words(failure)
    raise failure.with_facts({"run": failure.facts})


def _failure(
    client: AirflowClient, name: RunName, progress: Progress, answer: Answer
) -> RunFailedError:
    from kairflow.cli.report import working
    from kairflow.deploy.airflow_run import failure_of

    try:
        with working("Reading the logs of failed tasks", quiet=answer.is_silent):
            return failure_of(client, name, progress)
    except KeyboardInterrupt:
        return failure_of(client, name, progress, logs=0)


@contextmanager
def telling_how_to_go_on(
    client: AirflowClient, name: RunName, *, starting: bool = False
) -> Iterator[None]:
    """Add to every end that is not the run's own that the run goes on, and how to watch it.

    While it is being started, a server that answers no has not started it; and a run that is not
    there does not go on.

    Raises:
        StoppedWaitingError: for a Ctrl-C.
        AirflowError: the same again, and the run's name with it.
    """
    from kairflow.deploy.airflow_run import facts_of
    from kairflow.errors import (
        AirflowError,
        NotFoundError,
        ServerBrokenError,
        Severity,
        StoppedWaitingError,
        UnreachableError,
    )

    facts = {"run": facts_of(client, name, None)}
    try:
        yield
    except KeyboardInterrupt:
        found = _goes_on(client, name, Severity.ERROR)
        raise StoppedWaitingError([found], {"interrupted": True, **facts}) from None
    except AirflowError as error:
        may_have_started = isinstance(error, (UnreachableError, ServerBrokenError))
        if isinstance(error, NotFoundError) or (starting and not may_have_started):
            raise
        found = _goes_on(client, name, Severity.WARNING)
        raise error.with_facts(facts, found) from error.__cause__


def _goes_on(client: AirflowClient, name: RunName, severity: Severity) -> Diagnostic:
    from kairflow.deploy.airflow_run import address_of, follow_command
    from kairflow.errors import Code, Diagnostic

    message = f"run {name.run_id!r} goes on, if the server has started it"
    where = address_of(client, name)
    hint = f"follow it again: {follow_command(client, name)}"
    return Diagnostic(Code.STOPPED_WAITING, message, where, hint, severity)


def _show_last_words(failure: RunFailedError) -> None:
    from kairflow.cli.report import print_line, print_quoted

    for task in failure.facts["failed"]:
        if not task["log"]:
            print_line(f"task {task['task_id']} failed: {task['address']}")
            continue
        print_line(f"task {task['task_id']} failed; the last lines of its log:")
        print_quoted(task["log"])
        print_line(f"all of it: {task['address']}")
