"""Start a run of a DAG and follow it to its end."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_protocol import run_page, task_page
from kairflow.deploy.airflow_values import Run, Task
from kairflow.deploy.patience import LOOK_EVERY, PATIENCE, patiently, spell
from kairflow.errors import (
    AirflowError,
    Code,
    Diagnostic,
    NotFoundError,
    RunFailedError,
    WaitedTooLongError,
)

LOAD = 0.2
"""The most that looking may take of the time: a run of thousands of tasks is looked at less."""

LONGEST_PAUSE = 15.0
"""Seconds between two looks at the largest run."""

LOGS = 10
"""How many failed tasks' logs are read; of the others, the addresses are told."""

LOG_LINES = 20
"""How many last lines of a failed task's log are shown."""


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run of which DAG."""

    dag_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A run and its tasks at one moment."""

    run: Run
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that failed: what its log says at the end, and where all of it is."""

    task_id: str
    log: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that has a name and a date, and is not there yet."""

    name: RunName
    logical_date: str


def new_run(client: AirflowClient, dag_id: str) -> NewRun:
    """Name a run as nobody else does.

    Its date is the server's, a second ago at most: Airflow does not start runs of the future.
    """
    moment = datetime.fromtimestamp(int(client.server_time()), timezone.utc) - timedelta(seconds=1)
    # Two runs of one DAG must not have the same date.
    moment += timedelta(microseconds=secrets.randbelow(10**6))
    run_id = f"kairflow__{moment:%Y-%m-%dT%H:%M:%S}__{secrets.token_hex(4)}"
    return NewRun(RunName(dag_id, run_id), moment.isoformat())


def start(client: AirflowClient, run: NewRun, conf: Mapping[str, Any]) -> None:
    """Start a run; however often the request must be sent, it is one.

    Raises:
        AirflowError: the server cannot be reached, refuses or fails.
    """
    client.trigger(run.name.dag_id, run.name.run_id, conf, run.logical_date)


def follow(client: AirflowClient, name: RunName, seconds: float | None) -> Iterator[Progress]:
    """Yield how far a run is, until it is over; the last one is its end.

    Raises:
        WaitedTooLongError: it is not over within that many seconds.
        NotFoundError: there is no such run, or it was deleted.
        AirflowError: the server refuses, or fails for longer than a restart takes.
    """
    clock = client.clock
    start = clock.now()
    while True:
        left = PATIENCE if seconds is None else min(seconds - (clock.now() - start), PATIENCE)
        progress, cost = patiently(clock, lambda: _timed(client, name), left)
        yield progress
        if progress.run.is_over:
            return
        waited = clock.now() - start
        if seconds is not None and waited >= seconds:
            raise _unfinished(client, name, progress, waited)
        pause = min(max(LOOK_EVERY, cost / LOAD), LONGEST_PAUSE)
        clock.sleep(pause if seconds is None else max(min(pause, seconds - waited), 0.1))


def failure_of(
    client: AirflowClient, name: RunName, progress: Progress, logs: int = LOGS
) -> RunFailedError:
    """Return what to say of a run that has failed: which tasks, their last words, their pages.

    Only the first tasks' logs are read, as many as `logs` says.
    """
    if not progress.tasks:
        return _of_no_task(client, name, progress)
    states = [task.state for task in progress.tasks]
    failed = [task for task in progress.tasks if task.state == "failed"]
    told = [_told(client, name, task, read=index < logs) for index, task in enumerate(failed)]
    never = sum(state in ("upstream_failed", None) for state in states)
    message = f"run {name.run_id!r} failed: {len(failed)} of {len(states)} tasks failed"
    message += f", {never} never ran" if never else ""
    where = address_of(client, name)
    hint = "mend the cause, then run it again, or clear the failed tasks in Airflow"
    tasks = [{"task_id": one.task_id, "log": list(one.log), "address": one.address} for one in told]
    diagnostic = Diagnostic(Code.RUN_FAILED, message, where, hint)
    return RunFailedError([diagnostic], {**facts_of(client, name, progress), "failed": tasks})


def _of_no_task(client: AirflowClient, name: RunName, progress: Progress) -> RunFailedError:
    """Airflow calls a run without tasks a success; nothing was done."""
    message = f"run {name.run_id!r} ended as {progress.run.state}, and had no task"
    where = address_of(client, name)
    hint = "is its date before the DAG's start_date?"
    facts = {**facts_of(client, name, progress), "failed": []}
    return RunFailedError([Diagnostic(Code.RUN_FAILED, message, where, hint)], facts)


def facts_of(client: AirflowClient, name: RunName, progress: Progress | None) -> dict[str, Any]:
    """Return what a program may want to know of a run."""
    found: dict[str, Any] = {
        "dag_id": name.dag_id,
        "run_id": name.run_id,
        "address": address_of(client, name),
    }
    if progress is not None:
        found["state"] = progress.run.state
        found["tasks"] = {task.task_id: task.state for task in progress.tasks}
    return found


def address_of(client: AirflowClient, name: RunName) -> str:
    """Return the address of Airflow's page of a run."""
    return client.host + run_page(client.line, name.dag_id, name.run_id)


def follow_command(client: AirflowClient, name: RunName) -> str:
    """Return the command that follows a run."""
    trust = () if client.ca_file is None else ("--ca-file", client.ca_file)
    where = ("--host", client.host, *trust)
    return shlex.join(("kairflow", "follow", name.dag_id, name.run_id, *where))


def _look(client: AirflowClient, name: RunName) -> Progress:
    run = client.run(name.dag_id, name.run_id)
    if run is None:
        message, hint = f"there is no run {name.run_id!r}", "was it deleted?"
        where = f"{client.host} > DAG {name.dag_id!r}"
        raise NotFoundError([Diagnostic(Code.AIRFLOW_NOT_FOUND, message, where, hint)])
    # After the run: once that is over, its tasks change no more.
    return Progress(run, client.tasks(name.dag_id, name.run_id))


def _timed(client: AirflowClient, name: RunName) -> tuple[Progress, float]:
    """Look, and say how many seconds that took."""
    before = client.clock.now()
    return _look(client, name), client.clock.now() - before


def _told(client: AirflowClient, name: RunName, task: Task, *, read: bool) -> FailedTask:
    address = client.host + task_page(client.line, name.dag_id, name.run_id, task.task_id)
    if task.try_number == 0:
        return FailedTask(task.task_id, ("(it never ran)",), address)
    if not read:
        return FailedTask(task.task_id, (), address)
    try:
        told = client.log(name.dag_id, name.run_id, task)
        lines = [line for line in _without_frames(told) if line.strip()]
    except AirflowError as error:
        lines = [f"(its log cannot be read: {error.diagnostics[0].message})"]
    return FailedTask(task.task_id, tuple(lines[-LOG_LINES:]), address)


def _without_frames(lines: Iterable[str]) -> Iterator[str]:
    """Leave out through which of its functions Airflow 2 came to an error.

    They would take the place of what the task says itself, whose lines begin with the time.
    """
    inside = False
    for line in lines:
        inside = line.startswith("Traceback (") or (inside and line.startswith(" "))
        if not inside:
            yield line


def _unfinished(
    client: AirflowClient, name: RunName, progress: Progress, waited: float
) -> WaitedTooLongError:
    message = f"run {name.run_id!r} is still {progress.run.state} after {spell(waited)}"
    where = address_of(client, name)
    hint = f"it goes on; follow it again: {follow_command(client, name)}"
    found = [Diagnostic(Code.RUN_UNFINISHED, message, where, hint)]
    return WaitedTooLongError(found, facts_of(client, name, progress))
