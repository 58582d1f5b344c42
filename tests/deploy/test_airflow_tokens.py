"""Who asks a server: passwords, tokens and headers go where they must, and are never shown."""

from __future__ import annotations

import base64
import dataclasses
import json
import traceback
from collections.abc import Iterator

import pytest

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_http import TRIES
from kairflow.deploy.airflow_run import RunName, follow
from kairflow.errors import (
    AirflowError,
    Code,
    ServerBrokenError,
    UnauthorizedError,
    UnreachableError,
)
from tests.services.faulty_airflow import (
    NOTHING,
    Play,
    Server,
    client_of,
    faulty_server,
    reply,
    run_body,
    sample,
)

RUN = "/api/v2/dags/apiary/dagRuns/r1"
TOKEN = Access(token="tok-8f14e45fceea167a")
PERSON = Access(username="ada", password="pass-c9f0f895fb98ab91")
GOOD = reply(run_body("r1", "success"))


@pytest.fixture
def server() -> Iterator[Server]:
    with faulty_server() as running:
        yield running


def test_a_password_is_exchanged_for_a_token_on_3(server: Server) -> None:
    server.script["POST /auth/token"] = [sample("3", "token-good")]
    server.script[RUN] = [GOOD]
    with client_of(server, PERSON, line="3") as client:
        client.run("apiary", "r1")
        client.run("apiary", "r1")
    assert server.asked() == ["POST /auth/token", f"GET {RUN}", f"GET {RUN}"]
    exchange, *later = server.received
    assert exchange.json() == {"username": PERSON.username, "password": PERSON.password}
    assert "authorization" not in exchange.headers
    for request in later:
        assert request.headers["authorization"] == "Bearer header.payload.signature"
        assert str(PERSON.password) not in json.dumps(dict(request.headers)) + request.body.decode()


def test_nobody_is_told_the_password_before_the_line_is_known(server: Server) -> None:
    server.become("2")
    with client_of(server, PERSON) as client:
        client.find_line()
    assert server.asked() == ["GET /api/v2/version", "GET /api/v1/version"]
    assert all("authorization" not in request.headers for request in server.received)


def test_a_password_goes_with_every_request_on_2(server: Server) -> None:
    server.script["/api/v1/dags/apiary/dagRuns/r1"] = [GOOD]
    person = dataclasses.replace(PERSON, password="größe:ß")
    with client_of(server, person, line="2") as client:
        client.run("apiary", "r1")
    (request,) = server.received
    kind, _, value = request.headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(value).decode()) == ("Basic", "ada:größe:ß")


@pytest.mark.parametrize("line", ["2", "3"])
def test_a_token_wins(server: Server, line: str) -> None:
    root = "/api/v1" if line == "2" else "/api/v2"
    server.script[f"{root}/dags/apiary/dagRuns/r1"] = [GOOD]
    both = dataclasses.replace(PERSON, token=TOKEN.token)
    with client_of(server, both, line="2" if line == "2" else "3") as client:
        client.run("apiary", "r1")
    (request,) = server.received
    assert request.headers["authorization"] == f"Bearer {TOKEN.token}"


@pytest.mark.parametrize("line", ["2", "3"])
def test_headers_reach_every_request(server: Server, line: str) -> None:
    known = dataclasses.replace(PERSON, headers={"X-Proxy": "let-me-in", "Proxy-Id": "7"})
    server.become("2" if line == "2" else "3")
    server.script["POST /auth/token"] = [sample("3", "token-good")]
    server.script[RUN] = [reply("", 302, location="/x")]
    server.script["/x"] = [GOOD]
    server.script["/api/v1/dags/apiary/dagRuns/r1"] = [reply("", 503), GOOD]
    with client_of(server, known) as client:
        client.find_line()
        client.run("apiary", "r1")
    assert len(server.received) == 4
    for request in server.received:
        assert (request.headers["x-proxy"], request.headers["proxy-id"]) == ("let-me-in", "7")


def test_an_expired_token_is_renewed_once(server: Server) -> None:
    tokens = [reply({"access_token": f"token-{number}"}, 201) for number in (1, 2, 3)]
    server.script["POST /auth/token"] = [*tokens]
    server.script[RUN] = [GOOD, reply({"detail": "Token Expired"}, 401), GOOD]
    with client_of(server, PERSON, line="3") as client:
        client.run("apiary", "r1")
        run = client.run("apiary", "r1")
    assert run is not None
    sent = [request.headers.get("authorization") for request in server.received]
    first, second = "Bearer token-1", "Bearer token-2"
    assert sent == [None, first, first, None, second]


def test_a_token_that_a_restarted_server_does_not_know_is_renewed(server: Server) -> None:
    """A server that makes its key anew when it starts answers 403, not 401."""
    tokens = [reply({"access_token": f"token-{number}"}, 201) for number in (1, 2)]
    server.script["POST /auth/token"] = [*tokens]
    server.script[RUN] = [GOOD, reply({"detail": "Invalid JWT token"}, 403), GOOD]
    with client_of(server, PERSON, line="3") as client:
        client.run("apiary", "r1")
        assert client.run("apiary", "r1") is not None


def test_an_account_that_may_not_do_it_gets_no_other_token(server: Server) -> None:
    server.script["POST /auth/token"] = [sample("3", "token-good")]
    server.script[RUN] = [reply({"detail": "Forbidden"}, 403)]
    with client_of(server, PERSON, line="3") as client, pytest.raises(UnauthorizedError):
        client.run("apiary", "r1")
    assert server.asked() == ["POST /auth/token", f"GET {RUN}"]


def test_a_token_that_is_refused_twice_is_refused(server: Server) -> None:
    server.script["POST /auth/token"] = [sample("3", "token-good")]
    server.script[RUN] = [reply({"detail": "Token Expired"}, 401)]
    with (
        client_of(server, PERSON, line="3") as client,
        pytest.raises(UnauthorizedError, match="Token Expired"),
    ):
        client.run("apiary", "r1")
    assert server.asked() == ["POST /auth/token", f"GET {RUN}"] * 2


def test_a_given_token_is_not_renewed(server: Server) -> None:
    server.script[RUN] = [sample("3", "no-token")]
    with (
        client_of(server, TOKEN, line="3") as client,
        pytest.raises(UnauthorizedError) as caught,
    ):
        client.run("apiary", "r1")
    error = caught.value
    assert error.diagnostics[0].code is Code.AIRFLOW_UNAUTHORIZED
    assert "AIRFLOW_API_TOKEN" in error.diagnostics[0].hint
    assert server.asked() == [f"GET {RUN}"]


def test_a_wrong_password_is_told(server: Server) -> None:
    server.script["POST /auth/token"] = [sample("3", "token-bad")]
    with (
        client_of(server, PERSON, line="3") as client,
        pytest.raises(UnauthorizedError, match="Invalid credentials") as caught,
    ):
        client.run("apiary", "r1")
    assert caught.value.diagnostics[0].where == f"POST {server.url}/auth/token"
    assert server.asked() == ["POST /auth/token"]


def test_where_all_are_admins_a_token_is_had_for_nothing(server: Server) -> None:
    server.script["GET /auth/token"] = [sample("3", "token-good")]
    server.script[RUN] = [sample("3", "no-token"), GOOD]
    with client_of(server, line="3") as client:
        run = client.run("apiary", "r1")
    assert run is not None
    assert run.state == "success"
    assert server.asked() == [f"GET {RUN}", "GET /auth/token", f"GET {RUN}"]
    assert server.received[2].headers["authorization"] == "Bearer header.payload.signature"


@pytest.mark.parametrize(
    "answer",
    [
        sample("3", "token-get"),
        reply({"detail": "Not Found"}, 404),
        reply({"access_token": 5}, 201),
        reply({"access_token": ""}, 201),
        reply({"access_token": "two\nlines"}, 201),
        reply({"access_token": "größe"}, 201),
        reply({"access_token": "two words"}, 201),
        reply("<html>log in</html>", 200, "text/html"),
        reply({"detail": "nothing for you"}, 422),
    ],
)
def test_no_token_is_to_be_had(server: Server, answer: bytes) -> None:
    server.script["GET /auth/token"] = [answer]
    server.script[RUN] = [sample("3", "no-token")]
    with client_of(server, line="3") as client, pytest.raises(UnauthorizedError) as caught:
        client.run("apiary", "r1")
    (found,) = caught.value.diagnostics
    assert found.message == "the server knows nobody without a token, and gives none"
    assert found.where == f"{server.url}/auth/token"
    assert "AIRFLOW_API_TOKEN" in found.hint


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_place_for_tokens_says_nothing_of_credentials(server: Server, status: int) -> None:
    server.script["POST /auth/token"] = [reply({"detail": "busy"}, status)]
    with client_of(server, PERSON, line="3") as client, pytest.raises(ServerBrokenError) as caught:
        client.run("apiary", "r1")
    assert caught.value.diagnostics[0].code is Code.AIRFLOW_BROKEN


def test_a_server_that_restarts_while_a_token_is_renewed_is_waited_for(server: Server) -> None:
    """For longer than the tries of one request take."""
    away = [reply({"detail": "starting"}, 503)] * (2 * TRIES)
    tokens = [reply({"access_token": f"token-{number}"}, 201) for number in (1, 2)]
    server.script["POST /auth/token"] = [tokens[0], *away, tokens[1]]
    server.script[RUN] = [
        reply(run_body("r1", "running")),
        reply({"detail": "Token Expired"}, 401),
        reply({"detail": "Token Expired"}, 401),
        reply({"detail": "Token Expired"}, 401),
        GOOD,
    ]
    server.script[f"{RUN}/taskInstances"] = [reply({"task_instances": [], "total_entries": 0})]
    with client_of(server, PERSON, line="3") as client:
        *_, last = follow(client, RunName("apiary", "r1"), None)
    assert last.run.state == "success"


def test_who_has_a_password_that_gets_no_token_is_told_so(server: Server) -> None:
    server.script["POST /auth/token"] = [reply({"detail": "Not Found"}, 404)]
    with client_of(server, PERSON, line="3") as client, pytest.raises(UnauthorizedError) as caught:
        client.run("apiary", "r1")
    assert caught.value.diagnostics[0].message.endswith("gives none for a password")


# What nobody may read

SECRETS = Access(
    token="tok/8f14e45f+ceea'16\\7a==",
    headers={"X-Proxy": "Basic YWRhOnBhc3MtYzlmMGY4OTVmYjk4YWI5MQ=="},
)
LEAKY = "tok/8f14e45f+ceea'16\\7a=="


@pytest.mark.parametrize(
    "play",
    [
        reply({"detail": f"who is {LEAKY}?"}, 400),
        reply({"detail": f"{'x' * 280} {LEAKY}"}, 400),
        reply({"detail": {"reason": {"sent": f"Bearer {LEAKY}"}}}, 409),
        reply({"detail": [{"loc": ["header", LEAKY], "msg": f"bad {LEAKY}"}]}, 422),
        reply({"title": LEAKY}, 503),
        reply("", 302, location=f"http://elsewhere.example/{LEAKY}"),
        reply("", 302, location="http://elsewhere.example/tok%2F8f14e45f%2Bceea%2716%5C7a%3D%3D"),
        reply("", 302, location=f"http://elsewhere.example/?token={LEAKY}"),
        b"HTTP/1.1 200 OK\r\nBearer " + LEAKY.encode() + b": x\r\n\r\n",
        b"HTTP/1.1 " + LEAKY.encode() + b"\r\n\r\n",
        reply(f"<html>{LEAKY}</html>", 200, "text/html"),
        reply(f'{{"dag_run_id": {LEAKY}}}'),
    ],
)
def test_no_error_holds_a_secret(server: Server, play: Play) -> None:
    server.script[RUN] = [play]
    with client_of(server, SECRETS, line="3") as client, pytest.raises(AirflowError) as caught:
        client.run("apiary", "r1")
    shown = "".join(traceback.format_exception(caught.value))
    for part in ("8f14e45f", "YWRhOnBh"):
        assert part not in str(caught.value)
        assert part not in shown
    assert server.received[0].headers["authorization"] == f"Bearer {LEAKY}"


def test_a_server_that_repeats_the_password_does_not_reach_a_traceback(server: Server) -> None:
    server.script["POST /auth/token"] = [reply({"detail": f"{PERSON.password}?"}, 422)]
    with (
        client_of(server, PERSON, line="3") as client,
        pytest.raises(UnauthorizedError) as caught,
    ):
        client.run("apiary", "r1")
    assert str(PERSON.password) not in "".join(traceback.format_exception(caught.value))


def test_a_cause_without_secrets_is_kept_for_who_looks_for_it(server: Server) -> None:
    server.script[RUN] = [NOTHING]
    with (
        client_of(server, TOKEN, line="3") as client,
        pytest.raises(UnreachableError) as caught,
    ):
        client.run("apiary", "r1")
    error = caught.value
    assert "RemoteProtocolError" in type(error.__cause__).__name__
