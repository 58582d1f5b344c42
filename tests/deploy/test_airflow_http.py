"""Requests over real connections to servers that fail in every way: retries and redirects."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator
from email.utils import formatdate

import httpx
import pytest

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_http import MAX_REDIRECTS, TRIES
from kairflow.errors import (
    AirflowError,
    Code,
    ConflictError,
    ExitCode,
    RefusedError,
    ServerBrokenError,
    UnauthorizedError,
    UnreachableError,
)
from tests.services.faulty_airflow import (
    NEVER,
    NOTHING,
    NOW,
    HurriedClock,
    Play,
    Server,
    chunks_cut_off,
    client_of,
    faulty_server,
    reply,
    run_body,
)

RUN = "/api/v2/dags/apiary/dagRuns/r1"
TOKEN = Access(token="tok-8f14e45fceea167a")
NOBODY = "http://127.0.0.1:1"
"""Where nobody listens: a port that was free a moment ago may be somebody's now."""

GOOD = reply(run_body("r1", "success"))


@pytest.fixture
def server() -> Iterator[Server]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Server]:
    """A second server, which must not be told anything."""
    with faulty_server() as running:
        running.otherwise = GOOD
        yield running


def asked(server: Server) -> str:
    """Ask for a run, and return its state."""
    with client_of(server, TOKEN, line="3") as client:
        run = client.run("apiary", "r1")
    assert run is not None
    return run.state


def failure(
    server: Server,
    kind: type[AirflowError],
    hurried: HurriedClock | None = None,
    timeout: httpx.Timeout | None = None,
) -> AirflowError:
    with (
        client_of(server, TOKEN, hurried, line="3", timeout=timeout) as client,
        pytest.raises(AirflowError) as caught,
    ):
        client.run("apiary", "r1")
    assert type(caught.value) is kind
    assert caught.value.exit_code == ExitCode.REMOTE
    return caught.value


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(server: Server, status: int) -> None:
    server.script[RUN] = [reply("busy", status), reply("busy", status), GOOD]
    hurried = HurriedClock()
    with client_of(server, TOKEN, hurried, line="3") as client:
        run = client.run("apiary", "r1")
    assert run is not None
    assert run.state == "success"
    assert hurried.pauses == [1.0, 2.0]
    assert {one.headers["authorization"] for one in server.received} == {f"Bearer {TOKEN.token}"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_is_given_up_at_last(server: Server, status: int) -> None:
    server.script[RUN] = [reply({"detail": "overload"}, status)]
    hurried = HurriedClock()
    error = failure(server, ServerBrokenError, hurried)
    (found,) = error.diagnostics
    assert found.code is Code.AIRFLOW_BROKEN
    assert f"({status}: overload)" in found.message
    assert found.where == f"GET {server.url}{RUN}"
    assert len(server.received) == TRIES == 4
    assert hurried.pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("asked_for", "pause"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("3600", 60.0),
        ("9" * 400, 60.0),
        (formatdate(NOW + 25, usegmt=True), 25.0),
        (formatdate(NOW + 86400, usegmt=True), 60.0),
        (formatdate(NOW - 5, usegmt=True), 0.0),
        ("soon", 1.0),
        ("-3", 1.0),
        ("1.5", 1.0),
        ("", 1.0),
        ("Mon, 01 Jan 2027 00:00:00 +99999999999999", 1.0),
    ],
)
def test_the_server_says_when_to_come_back(server: Server, asked_for: str, pause: float) -> None:
    server.script[RUN] = [reply("later", 429, retry_after=asked_for), GOOD]
    hurried = HurriedClock()
    with client_of(server, TOKEN, hurried, line="3") as client:
        client.run("apiary", "r1")
    assert hurried.pauses == [pause]


HALVES: dict[str, Play] = {
    "closed": NOTHING,
    "half a body": reply('{"dag_run_id": "r1", "st', content_length="400"),
    "half a body of chunks": chunks_cut_off('{"dag_run_id": "r1", '),
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-ty",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "wrong compression": reply("{}", content_encoding="gzip"),
}


@pytest.mark.parametrize("play", HALVES.values(), ids=HALVES)
def test_half_an_answer_is_none(server: Server, play: Play) -> None:
    server.script[RUN] = [play, GOOD]
    assert asked(server) == "success"
    server.script[RUN] = [play]
    hurried = HurriedClock()
    (found,) = failure(server, UnreachableError, hurried).diagnostics
    assert (found.code, found.where) == (Code.AIRFLOW_UNREACHABLE, server.url)
    assert "no whole answer came" in found.message
    assert found.hint
    assert hurried.pauses == [1.0, 2.0, 4.0]


def test_silence_has_an_end(server: Server) -> None:
    server.script[RUN] = [NEVER]
    impatient = httpx.Timeout(60.0, read=0.1)
    (found,) = failure(server, UnreachableError, timeout=impatient).diagnostics
    assert found.message == "the server does not answer in time"
    assert "VPN" in found.hint
    end = time.monotonic() + 60  # the server may not have come to the last one yet
    while len(server.received) < TRIES and time.monotonic() < end:
        time.sleep(0.01)
    assert len(server.received) == TRIES


def test_nobody_is_there() -> None:
    hurried = HurriedClock()
    with (
        client_of(NOBODY, TOKEN, hurried) as client,
        pytest.raises(UnreachableError, match=r"no connection: .*refused") as caught,
    ):
        client.find_line()
    assert caught.value.diagnostics[0].where == NOBODY
    assert hurried.pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "host", ["http://air..flow", f"http://{'a' * 64}.example", "http://-\u2603-.example"]
)
def test_a_name_that_no_server_can_have_is_told(host: str) -> None:
    hurried = HurriedClock()
    with client_of(host, TOKEN, hurried) as client, pytest.raises(UnreachableError) as caught:
        client.find_line()
    assert caught.value.diagnostics[0].code is Code.AIRFLOW_UNREACHABLE
    assert hurried.pauses == []


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, RefusedError, Code.AIRFLOW_REFUSED),
        (401, UnauthorizedError, Code.AIRFLOW_UNAUTHORIZED),
        (403, UnauthorizedError, Code.AIRFLOW_FORBIDDEN),
        (405, RefusedError, Code.AIRFLOW_REFUSED),
        (409, ConflictError, Code.AIRFLOW_CONFLICT),
        (422, RefusedError, Code.AIRFLOW_REFUSED),
        (501, ServerBrokenError, Code.AIRFLOW_BROKEN),
    ],
)
def test_a_refusal_is_final(
    server: Server, status: int, kind: type[AirflowError], code: Code
) -> None:
    server.script[RUN] = [reply({"detail": "no, thanks"}, status)]
    error = failure(server, kind)
    assert error.diagnostics[0].code is code
    assert f"{status}: no, thanks" in error.diagnostics[0].message
    assert len(server.received) == 1


# Redirects


def test_a_redirect_to_another_server_is_never_followed(server: Server, other: Server) -> None:
    secure = server.url.replace("http:", "https:")
    on = dataclasses.replace(TOKEN, headers={"X-Proxy": "proxy-45c48cce2e2d7fbd"})
    inner = server.url.removeprefix("http://")
    locations = (
        f"{other.url}{RUN}",
        f"{other.url.replace('127.0.0.1', 'localhost')}{RUN}",
        f"//{other.url.removeprefix('http://')}{RUN}",
        f"http://{inner}@{other.url.removeprefix('http://')}{RUN}",
        f"http://{inner}\\@{other.url.removeprefix('http://')}{RUN}",
        f"http://ada@{inner}{RUN}",
        f"{secure}{RUN}",
        f"http://localhost:{server.url.rpartition(':')[2]}{RUN}",
        f"{secure.replace('https', 'HTTPS')}{RUN}",
        "ftp://127.0.0.1/",
    )
    with client_of(server, on, line="3") as client:
        for location, status in itertools.product(locations, (301, 302, 303, 307, 308)):
            server.received.clear()
            server.script[RUN] = [reply("", status, location=location)]
            with pytest.raises(AirflowError) as caught:
                client.run("apiary", "r1")
            (found,) = caught.value.diagnostics
            assert found.code is Code.AIRFLOW_REDIRECT, location
            assert f"points to {location}, which gets no credentials" in found.message
            assert len(server.received) == 1
    assert other.received == []


@pytest.mark.parametrize(
    "location",
    ["http://[", "http://[::1", "http://ho st/", "http://h:99999/", "javascript:alert(1)"],
)
def test_a_redirect_to_no_address_is_told(server: Server, location: str) -> None:
    server.script[RUN] = [reply("", 302, location=location)]
    with client_of(server, TOKEN, line="3") as client, pytest.raises(AirflowError) as caught:
        client.run("apiary", "r1")
    (found,) = caught.value.diagnostics
    assert found.code in (Code.AIRFLOW_REDIRECT, Code.AIRFLOW_UNREACHABLE)
    assert len(server.received) <= TRIES


def test_a_redirect_within_the_server_is_followed(server: Server) -> None:
    server.script[RUN] = [reply("", 307, location="/moved/r1?x=1")]
    server.script["/moved/r1"] = [reply("", 302, location=f"{server.url}/moved/r2")]
    server.script["/moved/r2"] = [GOOD]
    assert asked(server) == "success"
    assert server.asked() == [f"GET {RUN}", "GET /moved/r1", "GET /moved/r2"]
    assert server.received[1].path == "/moved/r1?x=1"
    assert {one.headers["authorization"] for one in server.received} == {f"Bearer {TOKEN.token}"}


def test_another_spelling_of_the_server_is_the_server(server: Server) -> None:
    inner = server.url.removeprefix("http://")
    server.script[RUN] = [reply("", 302, location=f"HTTP://{inner}/moved")]
    server.script["/moved"] = [reply("", 302, location=f"//{inner}/again")]
    server.script["/again"] = [GOOD]
    assert asked(server) == "success"
    by_name = server.url.replace("127.0.0.1", "LocalHost")
    server.script[RUN] = [reply("", 302, location=f"{by_name.lower()}/moved")]
    server.script["/moved"] = [GOOD]
    with client_of(by_name, TOKEN) as client:
        server.become("3")
        client.find_line()
        assert client.run("apiary", "r1") is not None


def test_what_changes_something_is_not_sent_elsewhere(server: Server) -> None:
    """As when http:// points to https://: Whoever posts must say where."""
    path = "/api/v2/dags/apiary/dagRuns"
    server.script[f"POST {path}"] = [reply("", 307, location="/elsewhere")]
    with (
        client_of(server, TOKEN, line="3") as client,
        pytest.raises(AirflowError, match="points to /elsewhere") as caught,
    ):
        client.trigger("apiary", "r1", {}, "2027-01-15T08:00:00+00:00")
    assert caught.value.diagnostics[0].code is Code.AIRFLOW_REDIRECT
    assert server.asked() == [f"POST {path}"]


@pytest.mark.parametrize("location", [RUN, "/loop", None])
def test_redirects_have_an_end(server: Server, location: str | None) -> None:
    play = reply("", 302) if location is None else reply("", 302, location=location)
    server.script[RUN] = server.script["/loop"] = [play]
    error = failure(server, AirflowError)
    assert error.diagnostics[0].code is Code.AIRFLOW_REDIRECT
    assert len(server.received) == (1 if location is None else MAX_REDIRECTS + 1)
    assert ("in circles" in error.diagnostics[0].message) is (location is not None)
