"""Follow a run to its end for a person or a program, and say how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.airflow_run import Progress, RunName
    from kairflow.errors import RunFailedError


def follow_to_end(
    client: AirflowClient, name: RunName, seconds: float | None, answer: Answer
) -> Mapping[str, Any]:
    """Show a run until it is over, and return the facts about it.

    Raises:
        RunFailedError: it has failed; its last words have been shown.
        WaitedTooLongError: it is not over within that many seconds.
        KeyboardInterrupt: the person has seen enough; they were told how to go on.
    """
    from kairflow.cli.run_view import watching
    from kairflow.deploy.airflow_run import facts_of, failure_of, follow

    progress: Progress | None = None
    try:
        with watching(quiet=answer.is_silent) as view:
            for progress in follow(client, name, seconds):
                view.show(progress)
    except KeyboardInterrupt:
        _say_how_to_go_on(client, name, answer)
        raise
    if progress is None:
        raise AssertionError("following yields the end at least")
    if progress.run.state == "success":
        return facts_of(client, name, progress)
    failure = failure_of(client, name, progress)
    if not answer.as_json:
        _show_last_words(failure)
    raise failure


def _say_how_to_go_on(client: AirflowClient, name: RunName, answer: Answer) -> None:
    from kairflow.cli.report import print_json, print_line
    from kairflow.deploy.airflow_run import facts_of, follow_command

    if answer.as_json:
        facts = facts_of(client, name, None)
        print_json({"ok": False, "interrupted": True, **facts, "diagnostics": []})
    print_line(f"the run goes on; follow it again: {follow_command(client, name)}")


def _show_last_words(failure: RunFailedError) -> None:
    from kairflow.cli.report import print_line

    for task in failure.facts["failed"]:
        print_line(f"task {task['task_id']} failed; the last lines of its log:")
        for line in task["log"]:
            print_line(f"    {line}")
        print_line(f"    all of it: {task['address']}")
