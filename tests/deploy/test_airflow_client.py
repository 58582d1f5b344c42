"""The questions put to a server: which line it speaks, pages, and a run that is made once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_pipelines import list_deployed
from kairflow.deploy.airflow_protocol import Line
from kairflow.errors import (
    Code,
    ConflictError,
    NotFoundError,
    ServerBrokenError,
    UnauthorizedError,
    UnreachableError,
)
from tests.services.faulty_airflow import (
    NOTHING,
    ROOTS,
    HurriedClock,
    Play,
    Server,
    client_of,
    dag_body,
    faulty_server,
    paged,
    query_of,
    reply,
    run_body,
    sample,
    task_body,
)
from tests.services.http_sink import Received

LINES: tuple[Line, ...] = ("2", "3")
PAGE = reply("<html>Please log in</html>", 200, "text/html")
DATE = "2027-01-15T07:59:59+00:00"


@pytest.fixture
def server() -> Iterator[Server]:
    with faulty_server() as running:
        yield running


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> Line:
    found: Line = request.param
    return found


# Which line


@pytest.mark.parametrize(("spoken", "version"), [("2", "2.11.2"), ("3", "3.3.2")])
def test_the_line_is_found_by_asking(server: Server, spoken: Line, version: str) -> None:
    server.become(spoken)
    with client_of(server) as client:
        client.find_line()
        assert (client.line, client.version) == (spoken, version)
    both = ["GET /api/v2/version", "GET /api/v1/version"]
    assert server.asked() == (both if spoken == "2" else both[:1])


@pytest.mark.parametrize(
    "play",
    [
        reply({"detail": "Not Found"}, 404),
        reply("<h1>nginx</h1>", 404, "text/html"),
    ],
)
def test_no_airflow_answers_at_the_address(server: Server, play: bytes) -> None:
    server.otherwise = play
    with client_of(server) as client, pytest.raises(NotFoundError) as caught:
        client.find_line()
    (found,) = caught.value.diagnostics
    assert found.code is Code.AIRFLOW_NOT_FOUND
    assert found.message == "no Airflow answers at /api/v2/version nor at /api/v1/version"
    assert found.where == server.url
    assert found.hint
    assert server.asked() == ["GET /api/v2/version", "GET /api/v1/version"]


@pytest.mark.parametrize(
    ("play", "found"),
    [
        (PAGE, "a web page"),
        (reply("not json at all"), "something else"),
        (reply([]), "no version"),
        (reply({}), "no version"),
        (reply({"version": None}), "no version"),
        (reply({"version": {"version": [None]}}), "no version"),
        (reply("", 204), "no version"),
    ],
)
def test_something_else_answers_at_the_address(server: Server, play: bytes, found: str) -> None:
    """Such as a proxy with its login page: it is there, and wants other credentials."""
    server.otherwise = play
    with client_of(server) as client, pytest.raises(ServerBrokenError) as caught:
        client.find_line()
    (told,) = caught.value.diagnostics
    assert told.code is Code.AIRFLOW_ANSWER
    assert f"found {found}" in told.message
    assert "address of Airflow itself" in told.hint
    assert server.asked() == ["GET /api/v2/version", "GET /api/v1/version"]


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (reply("", 500), ServerBrokenError),
        (reply("", 401), UnauthorizedError),
        (NOTHING, UnreachableError),
    ],
)
def test_a_server_in_trouble_is_not_taken_for_another_line(
    server: Server, play: Play, kind: type[Exception]
) -> None:
    server.become("2")
    server.script["/api/v2/version"] = [play]
    with client_of(server) as client, pytest.raises(kind):
        client.find_line()
    assert "GET /api/v1/version" not in server.asked()


def test_an_address_may_have_a_path(server: Server) -> None:
    server.script["/airflow/prod/api/v2/version"] = [sample("3", "version-v2")]
    server.script["/airflow/prod/api/v2/dags/a/details"] = [sample("3", "dag")]
    with client_of(f"{server.url}/airflow/prod") as client:
        client.find_line()
        dag = client.dag("a")
    assert dag is not None
    assert dag.dag_id == "kairflow_good"


# A run is made once


def made_by(server: Server, line: Line, answers: list[Play | None]) -> list[dict[str, Any]]:
    """Let a server make runs as Airflow does; the answers to the first requests may be lost."""
    runs: list[dict[str, Any]] = []
    lost = list(answers)
    path = f"{ROOTS[line]}/dags/apiary/dagRuns"

    def make(request: Received) -> Play:
        body = request.json()
        if any(run["dag_run_id"] == body["dag_run_id"] for run in runs):
            return sample(line, "trigger-same-id")
        runs.append(body)
        made = reply(run_body(body["dag_run_id"]))
        server.script[f"{path}/{body['dag_run_id']}"] = [made]
        return lost.pop(0) if lost else made

    server.script[f"POST {path}"] = [make]
    return runs


@pytest.mark.parametrize(
    "answer",
    [NOTHING, reply({"dag_run_id": "r"}, content_length="900"), reply("", 502), reply("", 504)],
)
def test_a_lost_answer_makes_no_second_run(server: Server, line: Line, answer: Play) -> None:
    runs = made_by(server, line, [answer])
    with client_of(server, line=line) as client:
        run = client.trigger("apiary", "kairflow__1", {"rate": 0.5}, DATE)
    assert (run.run_id, run.state) == ("kairflow__1", "queued")
    assert [one["dag_run_id"] for one in runs] == ["kairflow__1"]
    assert runs[0]["conf"] == {"rate": 0.5}
    posts = server.asked("POST")
    assert len(posts) == 2
    first, second = (one for one in server.received if one.method == "POST")
    assert first.body == second.body


def test_a_conflict_with_something_else_is_told(server: Server, line: Line) -> None:
    path = f"{ROOTS[line]}/dags/apiary/dagRuns"
    server.script[f"POST {path}"] = [sample(line, "trigger-same-id")]
    server.script[f"{path}/r1"] = [sample(line, "run-unknown")]
    with client_of(server, line=line) as client, pytest.raises(ConflictError) as caught:
        client.trigger("apiary", "r1", {}, DATE)
    assert caught.value.diagnostics[0].code is Code.AIRFLOW_CONFLICT
    assert server.asked() == [f"POST {path}", f"GET {path}/r1"]


# What is not there


def test_what_the_server_does_not_know_is_none(server: Server, line: Line) -> None:
    root = ROOTS[line]
    server.script[f"{root}/dags/a/details"] = [sample(line, "dag-unknown")]
    server.script[f"{root}/dags/a/dagRuns/r"] = [sample(line, "run-unknown")]
    server.script[f"{root}/dags/a/dagRuns"] = [reply({"dag_runs": [], "total_entries": 0})]
    server.script[f"DELETE {root}/dags/a"] = [reply({"detail": "unknown"}, 404), reply("", 204)]
    with client_of(server, line=line) as client:
        assert client.dag("a") is None
        assert client.run("a", "r") is None
        assert client.last_run("a") is None
        assert client.delete_dag("a") is False
        assert client.delete_dag("a") is True


def test_a_dag_that_runs_cannot_be_deleted(server: Server, line: Line) -> None:
    server.script[f"DELETE {ROOTS[line]}/dags/a"] = [sample(line, "delete-running")]
    with (
        client_of(server, line=line) as client,
        pytest.raises(ConflictError, match="still running"),
    ):
        client.delete_dag("a")


def test_reading_anew_may_be_refused(server: Server, line: Line) -> None:
    path = f"{ROOTS[line]}/parseDagFile/x.y"
    server.script[f"PUT {path}"] = [
        sample(line, "parse-second"),
        sample(line, "parse-viewer"),
        reply({"detail": "asked already"}, 409),
    ]
    with client_of(server, line=line) as client:
        assert [client.parse_file("x.y") for _ in range(3)] == [True, False, False]


def test_a_dag_is_paused_and_let_go(server: Server) -> None:
    server.script["PATCH /api/v2/dags/a"] = [reply({"is_paused": True})]
    with client_of(server, line="3") as client:
        client.set_paused("a", paused=True)
        client.set_paused("a", paused=False)
    assert [json.loads(one.body) for one in server.received] == [
        {"is_paused": True},
        {"is_paused": False},
    ]


def test_a_log_is_that_of_the_last_try_without_secrets(server: Server) -> None:
    events = [{"event": "with Bearer tok-8f14e45f", "level": "info"}, {"event": "done"}]
    path = "/api/v2/dags/apiary/dagRuns/r/taskInstances"
    server.script[f"{path}/t/logs/3"] = [reply({"content": events})]
    server.script[path] = [paged("task_instances", [task_body("t", "failed", try_number=3)])]
    with client_of(server, Access(token="tok-8f14e45f"), line="3") as client:
        (task,) = client.tasks("apiary", "r")
        assert client.log("apiary", "r", task) == ["INFO with Bearer ***", "done"]


def test_a_task_that_moves_between_pages_is_seen_all_the_same(server: Server) -> None:
    """Airflow 2 gives pages no order: while tasks change, one stands on two pages, or on none."""
    tasks = [task_body(f"t{number:03}") for number in range(150)]
    moved = [*tasks[:100], tasks[0], *tasks[101:]]
    first, then = (paged("task_instances", one) for one in (moved, tasks))
    server.script["/api/v1/dags/a/dagRuns/r/taskInstances"] = [first, first, then, then]
    with client_of(server, line="2") as client:
        found = [task.task_id for task in client.tasks("a", "r")]
    assert sorted(found) == [task["task_id"] for task in tasks]


# Pages

Ask = Callable[[AirflowClient], list[str]]
PAGED: list[tuple[str, str, Callable[[int], dict[str, Any]], Ask]] = [
    (
        "/dags",
        "dags",
        lambda number: {"dag_id": f"{number}"},
        lambda client: [dag.dag_id for dag in client.dags()],
    ),
    (
        "/importErrors",
        "import_errors",
        lambda number: {"filename": f"{number}", "stack_trace": "", "timestamp": ""},
        lambda client: [one.file for one in client.import_failures()],
    ),
    (
        "/dags/a/dagRuns/r/taskInstances",
        "task_instances",
        lambda number: task_body(f"{number}"),
        lambda client: [task.task_id for task in client.tasks("a", "r")],
    ),
]
ALL = [str(number) for number in range(250)]
pages = pytest.mark.parametrize(
    ("path", "key", "entry", "ask"), PAGED, ids=["dags", "import errors", "tasks"]
)


@pages
@pytest.mark.parametrize(("cap", "requests"), [(100, 3), (70, 4)])
def test_all_pages_are_read(
    server: Server, path: str, key: str, entry: Any, ask: Ask, cap: int, requests: int
) -> None:
    server.script[f"/api/v2{path}"] = [paged(key, [entry(number) for number in range(250)], cap)]
    with client_of(server, line="3") as client:
        assert ask(client) == ALL
    assert len(server.received) == requests
    assert [query_of(one)["offset"] for one in server.received] == [
        str(min(cap, 100) * number) for number in range(requests)
    ]


@pages
def test_a_server_that_lies_about_pages_is_not_asked_for_ever(
    server: Server, path: str, key: str, entry: Any, ask: Ask
) -> None:
    full = [entry(number) for number in range(100)]
    lies: list[tuple[list[Play], list[str]]] = [
        ([reply({key: full, "total_entries": 10**9})], ALL[:100]),
        ([reply({key: full, "total_entries": 10**9}), reply({key: []})], ALL[:100]),
        ([reply({key: [], "total_entries": 10**9})], []),
        ([reply({key: full[:3], "total_entries": -5})], ALL[:3]),
    ]
    for plays, expected in lies:
        server.received.clear()
        server.script[f"/api/v2{path}"] = list(plays)
        with client_of(server, line="3") as client:
            assert ask(client) == expected
        assert len(server.received) <= 2


@pages
@pytest.mark.parametrize(
    "body", [[], {}, None, {"total_entries": 3}, {"KEY": None}, {"KEY": [None]}, {"KEY": [[]]}]
)
def test_what_is_no_page_is_told(
    server: Server, path: str, key: str, entry: Any, ask: Ask, body: Any
) -> None:
    named = {key if k == "KEY" else k: v for k, v in body.items()} if body else body
    server.script[f"/api/v2{path}"] = [reply(named)]
    with client_of(server, line="3") as client, pytest.raises(ServerBrokenError) as caught:
        ask(client)
    assert caught.value.diagnostics[0].code is Code.AIRFLOW_ANSWER


# Pipelines


def deployed(server: Server, line: Line, number: int) -> None:
    """Let a server have so many of our DAGs among as many of others."""
    root = ROOTS[line]
    tags = ["generated_with_kairflow:1.2", "kairflow_dag:0123456789abcdef", "experiment_name:x:y"]
    ours = {"tags": [{"name": tag} for tag in tags]}
    bodies = [dag_body(line, dag_id=f"ours{n:03}", **ours) for n in range(number)]
    others = [dag_body(line, dag_id=f"other{n:03}") for n in range(number)]
    server.script[f"{root}/dags"] = [paged("dags", others + bodies)]
    for n in range(number):
        runs = [run_body(f"run{n}", "success")] if n else []
        found = {"dag_runs": runs, "total_entries": len(runs)}
        server.script[f"{root}/dags/ours{n:03}/dagRuns"] = [reply(found)]


def test_pipelines_are_listed_with_their_last_runs(server: Server, line: Line) -> None:
    deployed(server, line, 30)
    with client_of(server, line=line) as client:
        found = list(list_deployed(client))
    assert [one.dag.dag_id for one in found] == [f"ours{n:03}" for n in range(30)]
    assert found[0].last_run is None
    assert [one.last_run and one.last_run.run_id for one in found[1:]] == [
        f"run{n}" for n in range(1, 30)
    ]
    assert (found[0].name, found[0].digest, found[0].version) == ("x:y", "0123456789abcdef", "1.2")
    assert sum("/dagRuns" in one for one in server.asked()) == 30


def test_a_token_that_expires_among_many_requests_is_renewed_once(server: Server) -> None:
    deployed(server, "3", 24)
    valid, tokens = {"Bearer token-0"}, iter(range(100))

    def give(request: Received) -> Play:
        return reply({"access_token": f"token-{next(tokens)}"}, 201)

    def guarded(body: bytes) -> Callable[[Received], Play]:
        expired = reply({"detail": "Token Expired"}, 401)
        return lambda request: body if request.headers.get("authorization") in valid else expired

    server.script["POST /auth/token"] = [give]
    for path, (play,) in list(server.script.items()):
        if path.endswith("/dagRuns"):
            assert isinstance(play, bytes)
            server.script[path] = [guarded(play)]
    valid.clear()
    valid.add("Bearer token-1")
    with client_of(server, Access(username="ada", password="hunter22"), line="3") as client:
        assert len(list(list_deployed(client))) == 24
    assert server.asked("POST") == ["POST /auth/token"] * 2


def test_the_servers_time_is_that_of_its_last_answer(server: Server) -> None:
    hurried = HurriedClock(time=5.0)
    server.become("3")
    with client_of(server, hurried=hurried) as client:
        assert client.server_time() == 5.0
        client.find_line()
        assert client.server_time() == 1_800_000_000.0
        server.script["/api/v2/dags/a/details"] = [reply({"dag_id": "a"}, date=None)]
        client.dag("a")
        assert client.server_time() == 1_800_000_000.0
