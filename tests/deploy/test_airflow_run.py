"""Runs are started once, at the server's time, and followed through whatever happens to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_protocol import Line
from kairflow.deploy.airflow_run import (
    LOAD,
    LOG_LINES,
    LOGS,
    LONGEST_PAUSE,
    Progress,
    RunName,
    failure_of,
    follow,
    follow_command,
    new_run,
    start,
)
from kairflow.deploy.patience import LOOK_EVERY, PATIENCE
from kairflow.errors import (
    AirflowError,
    Code,
    NotFoundError,
    ServerBrokenError,
    UnauthorizedError,
    UnreachableError,
    WaitedTooLongError,
)
from tests.services.faulty_airflow import (
    NOTHING,
    NOW,
    ROOTS,
    HurriedClock,
    Play,
    Server,
    client_of,
    faulty_server,
    paged,
    reply,
    run_body,
    task_body,
)
from tests.services.http_sink import Received

NAME = RunName("apiary", "r1")
RUN = "/api/v2/dags/apiary/dagRuns/r1"
TASKS = f"{RUN}/taskInstances"
GONE = reply({"detail": "not found"}, 404)


@pytest.fixture
def server() -> Iterator[Server]:
    with faulty_server() as running:
        running.script[TASKS] = [paged("task_instances", [task_body("a"), task_body("b", None)])]
        yield running


def run(state: str) -> bytes:
    return reply(run_body("r1", state))


def followed(
    server: Server, hurried: HurriedClock, seconds: float | None = None
) -> tuple[list[str], AirflowError | WaitedTooLongError | None]:
    """Follow the run; return the states that were seen and how it ended."""
    states: list[str] = []
    with client_of(server, hurried=hurried, line="3") as client:
        try:
            for progress in follow(client, NAME, seconds):
                states.append(progress.run.state)
                assert [task.task_id for task in progress.tasks] == ["a", "b"]
        except (AirflowError, WaitedTooLongError) as error:
            return states, error
    return states, None


@pytest.mark.parametrize("end", ["success", "failed"])
def test_a_run_is_followed_to_its_end(server: Server, end: str) -> None:
    states = ["queued", "running", "running", end]
    server.script[RUN] = [run(state) for state in states]
    hurried = HurriedClock()
    assert followed(server, hurried) == (states, None)
    assert hurried.pauses == [LOOK_EVERY] * 3


def test_tasks_are_looked_at_after_the_run(server: Server) -> None:
    """Once that is over they change no more; the other way round the last changes were lost."""
    server.script[RUN] = [run("success")]
    followed(server, HurriedClock())
    assert server.asked() == [f"GET {RUN}", f"GET {TASKS}"]


@pytest.mark.parametrize("seconds", [0.0, 3.0, 60.0])
def test_time_is_up(server: Server, seconds: float) -> None:
    server.script[RUN] = [run("running")]
    hurried = HurriedClock()
    states, error = followed(server, hurried, seconds)
    assert isinstance(error, WaitedTooLongError)
    assert int(error.exit_code) == 4
    (found,) = error.diagnostics
    assert found.code is Code.RUN_UNFINISHED
    assert "still running" in found.message
    assert "kairflow follow apiary r1" in found.hint
    assert error.facts["state"] == "running"
    assert error.facts["tasks"] == {"a": "success", "b": None}
    assert error.facts["address"] == found.where == f"{server.url}/dags/apiary/runs/r1"
    assert states
    assert seconds <= hurried.time - NOW <= seconds + 0.2


@pytest.mark.parametrize(
    "trouble", [NOTHING, reply("", 502), reply("", 503), reply("<html>maintenance</html>")]
)
def test_a_server_may_be_away_for_a_while(server: Server, trouble: Play) -> None:
    server.script[RUN] = [run("running"), *[trouble] * 30, run("success")]
    hurried = HurriedClock()
    assert followed(server, hurried) == (["running", "success"], None)
    assert 0 < hurried.time - NOW < PATIENCE


def test_after_an_outage_the_run_is_looked_at_as_often_as_before(server: Server) -> None:
    server.script[RUN] = [run("running"), *[NOTHING] * 30, *[run("running")] * 3, run("success")]
    hurried = HurriedClock()
    assert followed(server, hurried)[1] is None
    first, *others = hurried.pauses[-3:]  # the first look still had to try more than once
    assert first <= LONGEST_PAUSE
    assert others == [LOOK_EVERY] * 2


def test_an_answer_about_tasks_may_be_missing_for_a_while(server: Server) -> None:
    server.script[RUN] = [run("success")]
    server.script[TASKS] = [*[NOTHING] * 6, *server.script[TASKS]]
    assert followed(server, HurriedClock()) == (["success"], None)


@pytest.mark.parametrize(
    ("trouble", "kind"), [(NOTHING, UnreachableError), (reply("", 502), ServerBrokenError)]
)
def test_a_server_may_not_be_away_for_ever(
    server: Server, trouble: Play, kind: type[AirflowError]
) -> None:
    server.script[RUN] = [run("running"), trouble]
    hurried = HurriedClock()
    states, error = followed(server, hurried)
    assert states == ["running"]
    assert type(error) is kind
    one_attempt = 1 + 2 + 4
    assert PATIENCE <= hurried.time - NOW <= PATIENCE + 2 * (LOOK_EVERY + one_attempt)


def test_patience_is_no_longer_than_the_time_that_was_asked_for(server: Server) -> None:
    server.script[RUN] = [run("running"), NOTHING]
    hurried = HurriedClock()
    _, error = followed(server, hurried, seconds=30)
    assert isinstance(error, UnreachableError)
    assert hurried.time - NOW <= 30 + LOOK_EVERY + 7


def test_the_command_to_go_on_trusts_whom_this_one_trusts(server: Server) -> None:
    for file, options in ((None, ""), ("/etc/our ca.pem", " --ca-file '/etc/our ca.pem'")):
        with client_of(server, Access(ca_file=file)) as client:
            command = follow_command(client, RunName("apiary", "r1"))
        assert command == f"kairflow follow apiary r1 --host {server.url}{options}"


def test_a_refusal_is_not_waited_for(server: Server) -> None:
    server.script[RUN] = [run("running"), reply({"detail": "no"}, 403)]
    hurried = HurriedClock()
    assert type(followed(server, hurried)[1]) is UnauthorizedError
    assert hurried.pauses == [LOOK_EVERY]


def test_a_run_may_be_deleted_meanwhile(server: Server) -> None:
    server.script[RUN] = [run("running"), GONE]
    states, error = followed(server, HurriedClock())
    assert states == ["running"]
    assert type(error) is NotFoundError
    assert error.diagnostics[0].message == "there is no run 'r1'"
    assert error.diagnostics[0].hint == "was it deleted?"


@pytest.mark.parametrize("cost", [0.0, 0.1, 3.0])
def test_looking_takes_a_small_part_of_the_time(server: Server, cost: float) -> None:
    hurried = HurriedClock()
    tasks = server.script[TASKS][0]
    assert callable(tasks)

    def slow(request: Received) -> Play:
        hurried.time += cost
        return tasks(request)

    server.script[TASKS] = [slow]
    server.script[RUN] = [run("running"), run("running"), run("success")]
    followed(server, hurried)
    expected = LOOK_EVERY if cost < LOOK_EVERY * LOAD else cost / LOAD
    assert hurried.pauses == [pytest.approx(expected)] * 2


# Failures


def failed(server: Server, tasks: list[dict[str, Any]], line: Line = "3") -> Any:
    root = f"{ROOTS[line]}/dags/apiary/dagRuns/r1"
    server.script[root] = [run("failed")]
    server.script[f"{root}/taskInstances"] = [paged("task_instances", tasks)]
    with client_of(server, Access(token="tok-8f14e45f"), line=line) as client:
        (progress,) = follow(client, NAME, None)
        return failure_of(client, NAME, progress)


def test_a_failure_tells_the_last_words(server: Server) -> None:
    events = [{"event": f"line {number}", "level": "info"} for number in range(50)]
    events += [{"event": " "}, {"event": "Bearer tok-8f14e45f refused", "level": "error"}]
    server.script[f"{TASKS}/bad/logs/2"] = [reply({"content": events})]
    tasks = [
        task_body("ok"),
        task_body("bad", "failed", try_number=2),
        task_body("after", "upstream_failed"),
        task_body("last", None),
    ]
    error = failed(server, tasks)
    assert int(error.exit_code) == 5
    (found,) = error.diagnostics
    assert found.code is Code.RUN_FAILED
    assert found.message == "run 'r1' failed: 1 of 4 tasks failed, 2 never ran"
    assert found.where == f"{server.url}/dags/apiary/runs/r1"
    assert error.facts["state"] == "failed"
    assert error.facts["tasks"] == {
        "ok": "success",
        "bad": "failed",
        "after": "upstream_failed",
        "last": None,
    }
    (told,) = error.facts["failed"]
    assert told["task_id"] == "bad"
    assert told["address"] == f"{server.url}/dags/apiary/runs/r1/tasks/bad"
    expected = [f"INFO line {number}" for number in range(51 - LOG_LINES, 50)]
    assert told["log"] == [*expected, "ERROR Bearer *** refused"]
    assert len(told["log"]) == LOG_LINES == 20


def test_only_the_first_failed_tasks_logs_are_read(server: Server) -> None:
    bodies = [task_body(f"t{number:02}", "failed") for number in range(LOGS + 2)]
    for body in bodies:
        server.script[f"{TASKS}/{body['task_id']}/logs/1"] = [reply({"content": ["why"]})]
    told = failed(server, bodies).facts["failed"]
    assert [one["log"] for one in told] == [["why"]] * LOGS + [[], []]
    assert told[-1]["address"] == f"{server.url}/dags/apiary/runs/r1/tasks/t11"
    assert sum("/logs/" in asked for asked in server.asked()) == LOGS


def test_a_failure_on_2_links_to_its_pages(server: Server) -> None:
    root = "/api/v1/dags/apiary/dagRuns/r1"
    log = reply("one\n\ntwo\n", 200, "text/plain")
    server.script[f"{root}/taskInstances/bad/logs/1"] = [log]
    error = failed(server, [task_body("bad", "failed")], "2")
    page = f"{server.url}/dags/apiary/grid?dag_run_id=r1"
    assert error.diagnostics[0].where == page
    assert error.diagnostics[0].message == "run 'r1' failed: 1 of 1 tasks failed"
    (told,) = error.facts["failed"]
    assert told == {
        "task_id": "bad",
        "log": ["one", "two"],
        "address": f"{page}&task_id=bad&tab=logs",
    }


def test_logs_that_cannot_be_read_do_not_hide_the_failure(server: Server) -> None:
    server.script[f"{TASKS}/secret/logs/1"] = [reply({"detail": "Forbidden"}, 403)]
    server.script[f"{TASKS}/lost/logs/1"] = [reply({"detail": "TaskInstance not found"}, 404)]
    server.script[f"{TASKS}/page/logs/1"] = [reply("<html>", 200, "text/html")]
    server.script[f"{TASKS}/odd/logs/1"] = [reply([{"event": 1}])]
    names = ("secret", "lost", "page", "odd")
    tasks = [task_body(name, "failed") for name in names]
    error = failed(server, [*tasks, task_body("early", "failed", try_number=0)])
    told = {one["task_id"]: one["log"] for one in error.facts["failed"]}
    assert told["early"] == ["(it never ran)"]
    assert told["odd"] == []
    for name, text in (("secret", "403: Forbidden"), ("lost", "404"), ("page", "a web page")):
        (line,) = told[name]
        assert line.startswith("(its log cannot be read: ")
        assert text in line
    assert f"GET {TASKS}/early/logs/0" not in server.asked()


def test_a_run_without_tasks_is_no_success(server: Server) -> None:
    error = failed(server, [])
    assert error.diagnostics[0].message == "run 'r1' ended as failed, and had no task"
    assert "start_date" in error.diagnostics[0].hint


def test_a_run_may_fail_without_a_failed_task(server: Server) -> None:
    error = failed(server, [task_body("a", "skipped")])
    assert error.diagnostics[0].message == "run 'r1' failed: 0 of 1 tasks failed"
    assert error.facts["failed"] == []


# Starts


@pytest.mark.parametrize("ahead", [-7 * 3600.0, 0.0, 5 * 3600.0, 1e8])
def test_a_run_starts_at_the_servers_time(server: Server, ahead: float) -> None:
    """Airflow does not start runs of the future, and our clock may be hours ahead of its own."""
    server.script["POST /api/v2/dags/apiary/dagRuns"] = [reply(run_body("r"))]
    names = set()
    with client_of(server, hurried=HurriedClock(NOW + ahead), line="3") as client:
        for _ in range(3):
            planned = new_run(client, "apiary")
            start(client, planned, {"rate": 0.5})
            names.add(planned.name.run_id)
    sent = [request.json() for request in server.received]
    dates = [datetime.fromisoformat(one["logical_date"]) for one in sent]
    assert all(NOW - 1 <= date.timestamp() < NOW for date in dates)
    assert all(str(date.tzinfo) == "UTC" for date in dates)
    assert len(set(dates)) == 3, "two runs of one DAG must not have the same date"
    assert names == {one["dag_run_id"] for one in sent}
    assert len(names) == 3
    for one in sent:
        assert re.fullmatch(r"[A-Za-z0-9_.~:+-]+", one["dag_run_id"])
        assert one["dag_run_id"].startswith("kairflow__2027-01-15T07:59:59__")
        assert one["conf"] == {"rate": 0.5}


def test_a_start_survives_a_lost_answer(server: Server) -> None:
    made: list[str] = []

    def make(request: Received) -> Play:
        name = request.json()["dag_run_id"]
        if made:
            return reply({"detail": "exists"}, 409)
        made.append(name)
        server.script[f"/api/v2/dags/apiary/dagRuns/{name.replace(':', '%3A')}"] = [
            reply(run_body(name))
        ]
        return NOTHING

    server.script["POST /api/v2/dags/apiary/dagRuns"] = [make]
    with client_of(server, line="3") as client:
        planned = new_run(client, "apiary")
        start(client, planned, {})
    assert made == [planned.name.run_id]


def test_a_start_that_is_refused_is_told(server: Server) -> None:
    server.script["POST /api/v2/dags/apiary/dagRuns"] = [reply({"detail": "bad conf"}, 400)]
    with client_of(server, line="3") as client, pytest.raises(AirflowError, match="bad conf"):
        start(client, new_run(client, "apiary"), {})


def test_progress_is_what_was_seen(server: Server) -> None:
    server.script[RUN] = [run("success")]
    with client_of(server, line="3") as client:
        assert isinstance(client, AirflowClient)
        (progress,) = follow(client, NAME, 10)
    assert isinstance(progress, Progress)
    assert progress.run.is_over
