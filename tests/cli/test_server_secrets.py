"""Whatever a server does, the command ends in order, and nobody reads a secret in its output."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.driver import driver
from tests.services.faulty_airflow import (
    NOTHING,
    Play,
    Server,
    chunks_cut_off,
    paged,
    reply,
    run_body,
    sample,
    task_body,
)
from tests.services.http_sink import Received

TOKEN, PASSWORD, PROXY = "tok-8f14e45fceea167a", "pw-c9f0f895fb98ab91", "px-45c48cce2e2d7fbd"
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
SECRETS = (TOKEN, PASSWORD, PROXY, BASIC, base64.b64encode(TOKEN.encode()).decode())

WITH_TOKEN = {
    "AIRFLOW_API_TOKEN": TOKEN,
    "AIRFLOW_API_HEADERS": json.dumps({"X-Proxy": f"Bearer {PROXY}"}),
}
WITH_PASSWORD = {"AIRFLOW_API_USERNAME": "ada", "AIRFLOW_API_PASSWORD": PASSWORD}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def plain_environment() -> dict[str, str]:
    left_out = ("AIRFLOW", "KEDRO", "KAIRFLOW")
    return {k: v for k, v in os.environ.items() if not k.startswith(left_out)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the command line without really waiting."""
    with driver(tmp_path_factory.mktemp("streams"), "--hurried") as hurried:

        def once(*words: str, **env: str) -> Ended:
            found = hurried.run(words, {**plain_environment(), **env})
            return Ended(found.returncode, found.stdout, found.stderr)

        yield once


@pytest.fixture
def server(server: Server) -> Server:
    server.become("3")
    return server


def check(ended: Ended, mode: str, code: int = 3) -> None:
    """See that a command ended in order, in one of the ways to tell it."""
    for secret in SECRETS:
        assert secret not in ended.out
        assert secret not in ended.err
    assert ended.code == code, ended.err
    assert ("Traceback" in ended.err) == (mode == "--debug")
    assert "Traceback" not in ended.out
    if mode == "--json":
        told: dict[str, Any] = json.loads(ended.out)
        assert told["ok"] is False
        assert told["diagnostics"][0]["code"].startswith("KF7")
    else:
        assert ended.out == ""
        assert any(line.startswith("error KF7") for line in ended.err.splitlines())


def echoed(request: Received) -> str:
    """Return all credentials that came with a request."""
    headers = request.headers
    told = [headers.get("authorization", ""), headers.get("x-proxy", ""), request.body.decode()]
    return " ".join(filter(None, told))


def location(request: Received) -> str:
    return "https://elsewhere.example/" + echoed(request).replace(" ", "/")


PLAYS: dict[str, Play | Callable[[Received], Play]] = {
    "500": reply("", 500),
    "429": reply("", 429, retry_after="60"),
    "login page": reply("<html>log in</html>", 200, "text/html"),
    "no JSON": reply('{"dags": ['),
    "a list": reply([1, 2]),
    "an empty object": reply({}),
    "nested nulls": reply({"dags": [{"dag_id": None, "tags": [None]}], "total_entries": None}),
    "odd tags": reply({"dags": [{"dag_id": 5, "tags": 5}]}),
    "half a body": reply("{}", content_length="900"),
    "chunks cut off": chunks_cut_off('{"dags": ['),
    "nothing": NOTHING,
    "a redirect loop": reply("", 302, location="/api/v2/dags"),
    "detail": lambda r: reply({"detail": f"who is {echoed(r)}?"}, 400),
    "long detail": lambda r: reply({"detail": f"{'x' * 280}{echoed(r)}"}, 403),
    "detail of 401": lambda r: reply({"detail": echoed(r)}, 401),
    "detail of 422": lambda r: reply({"detail": [{"loc": [echoed(r)], "msg": echoed(r)}]}, 422),
    "title of 503": lambda r: reply({"title": echoed(r)}, 503),
    "redirect": lambda r: reply("", 307, location=location(r)),
    "redirect with a query": lambda r: reply("", 307, location=f"/login?next={echoed(r)}"),
    "HTML": lambda r: reply(f"<p>{echoed(r)}</p>", 200, "text/html"),
    "no header": lambda r: f"HTTP/1.1 200 OK\r\n{echoed(r)}: x y\r\n\r\n".encode(),
    "no status": lambda r: f"HTTP/1.1 {echoed(r)}\r\n\r\n".encode(),
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_a_token_is_never_shown(
    run: Run, server: Server, play: Play | Callable[[Received], Play]
) -> None:
    server.script["/api/v2/dags"] = [play]
    server.script["/login"] = [play]
    for mode in ("", "--json", "--debug") if callable(play) else ("", "--debug"):
        arguments = ("list-pipelines", "--host", server.url, *filter(None, [mode]))
        check(run(*arguments, **WITH_TOKEN), mode)
    sent = [one for one in server.received if one.path.startswith("/api/v2/dags")]
    assert sent
    for request in sent:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["x-proxy"] == f"Bearer {PROXY}"


@pytest.mark.parametrize(
    "name", ["detail", "long detail", "detail of 401", "redirect", "HTML", "no header"]
)
@pytest.mark.parametrize("line", ["2", "3"])
def test_a_password_is_never_shown(run: Run, server: Server, line: str, name: str) -> None:
    """Line 3 gets it to give a token for it; line 2 gets it with each request, in base64."""
    server.become("2" if line == "2" else "3")
    server.script["/api/v1/dags" if line == "2" else "/auth/token"] = [PLAYS[name]]
    for mode in ("", "--debug"):
        arguments = ("list-pipelines", "--host", server.url, *filter(None, [mode]))
        check(run(*arguments, **WITH_PASSWORD), mode)
    sent = "".join(map(echoed, server.received))
    assert (BASIC if line == "2" else PASSWORD) in sent


def test_a_log_does_not_show_it_either(run: Run, server: Server) -> None:
    path = "/api/v2/dags/apiary/dagRuns/r1"
    server.script[path] = [reply(run_body("r1", "failed"))]
    server.script[f"{path}/taskInstances"] = [paged("task_instances", [task_body("t", "failed")])]
    server.script[f"{path}/taskInstances/t/logs/1"] = [
        lambda r: reply({"content": [{"event": f"sent {echoed(r)}"}]})
    ]
    for mode in ("", "--json", "--debug"):
        arguments = ("follow", "apiary", "r1", "--host", server.url, *filter(None, [mode]))
        ended = run(*arguments, **WITH_TOKEN)
        assert ended.code == 5, ended.err
        assert "sent" in ended.out + ended.err
        assert "***" in ended.out + ended.err
        for secret in SECRETS:
            assert secret not in ended.out + ended.err


@pytest.mark.parametrize(
    "env",
    [
        {"AIRFLOW_API_PASSWORD": PASSWORD},
        {"AIRFLOW_API_TOKEN": f"{TOKEN}\nX: y"},
        {"AIRFLOW_API_HEADERS": f'{{"X": "{PROXY}"'},
        {"AIRFLOW_API_HEADERS": f'{{"X": "{PROXY}\\n"}}'},
    ],
)
def test_bad_credentials_are_a_mistake_of_use(
    run: Run, server: Server, env: dict[str, str]
) -> None:
    for mode in ("", "--json", "--debug"):
        arguments = ("list-pipelines", "--host", server.url, *filter(None, [mode]))
        check(run(*arguments, **env), mode, code=2)
    assert server.received == []


def test_the_installed_command_does_the_same(server: Server) -> None:
    """What the other tests run is a fork; this is a start from nothing, as a shell does it."""
    server.script["/api/v2/dags"] = [PLAYS["detail"]]
    for mode in ("", "--debug"):
        arguments = ["list-pipelines", "--host", server.url, *filter(None, [mode])]
        found = subprocess.run(
            [sys.executable, "-m", "kairflow", *arguments],
            env={**plain_environment(), **WITH_TOKEN},
            capture_output=True,
            text=True,
            check=False,
        )
        check(Ended(found.returncode, found.stdout, found.stderr), mode)


def test_plain_text_and_switched_off_verification_are_warned_of(run: Run, server: Server) -> None:
    """Nobody is asked: there is no such server."""
    env = {**WITH_TOKEN, "AIRFLOW__CLIENT__SSL_VERIFY": "False"}
    for host, code in (("http://airflow.invalid", "KF723"), ("https://airflow.invalid", "KF722")):
        ended = run("list-pipelines", "--host", host, **env)
        assert ended.code == 3
        first, *_ = ended.err.splitlines()
        assert first.startswith(f"warning {code}: ")
        assert TOKEN not in ended.err
    assert "TLS VERIFICATION IS OFF" in first


def test_pipelines_are_listed(run: Run, server: Server) -> None:
    tags = [{"name": "generated_with_kairflow:1"}, {"name": "experiment_name:bees"}]
    body = {"dag_id": "apiary", "tags": tags, "is_paused": True, "timetable_summary": "@daily"}
    server.script["/api/v2/dags"] = [paged("dags", [body])]
    runs = [run_body("r1", "success", start_date="2027-01-15T08:00:00Z")]
    server.script["/api/v2/dags/apiary/dagRuns"] = [reply({"dag_runs": runs})]
    server.script["POST /auth/token"] = [sample("3", "token-good")]
    ended = run("list-pipelines", "--host", server.url, **WITH_PASSWORD)
    assert ended.code == 0
    assert ended.out.rstrip("\n").split("\t") == [
        *("bees", "apiary", "@daily", "yes", "2027-01-15 08:00", "success", "", "1")
    ]
