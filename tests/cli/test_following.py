"""Whoever stops watching a run, or loses the server, is told its name and how to go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kairflow.cli.following import telling_how_to_go_on
from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_run import RunName
from kairflow.errors import (
    AirflowError,
    Code,
    Diagnostic,
    ExitCode,
    NotFoundError,
    RefusedError,
    ServerBrokenError,
    Severity,
    StoppedWaitingError,
    UnauthorizedError,
    UnreachableError,
)
from tests.services.faulty_airflow import client_of, faulty_server

NAME = RunName("apiary", "r1")
CAUSE = Diagnostic(Code.AIRFLOW_BROKEN, "the cause")


@pytest.fixture
def client() -> Iterator[AirflowClient]:
    with faulty_server() as server, client_of(server, line="3") as found:
        yield found


@pytest.mark.parametrize("starting", [True, False])
def test_who_interrupts_is_told(client: AirflowClient, starting: bool) -> None:
    with (
        pytest.raises(StoppedWaitingError) as caught,
        telling_how_to_go_on(client, NAME, starting=starting),
    ):
        raise KeyboardInterrupt
    (found,) = caught.value.diagnostics
    assert f"kairflow follow apiary r1 --host {client.host}" in found.hint
    assert caught.value.exit_code == ExitCode.INTERRUPTED
    assert caught.value.facts["interrupted"] is True
    assert caught.value.facts["run"]["run_id"] == "r1"


@pytest.mark.parametrize("kind", [UnreachableError, ServerBrokenError, UnauthorizedError])
def test_who_loses_the_server_is_told(client: AirflowClient, kind: type[AirflowError]) -> None:
    with pytest.raises(kind) as caught, telling_how_to_go_on(client, NAME):
        raise kind([CAUSE])
    cause, told = caught.value.diagnostics
    assert cause == CAUSE
    assert (told.code, told.severity) == (Code.STOPPED_WAITING, Severity.WARNING)
    assert "kairflow follow apiary r1" in told.hint
    assert caught.value.facts["run"]["address"] == f"{client.host}/dags/apiary/runs/r1"


@pytest.mark.parametrize("kind", [RefusedError, UnauthorizedError])
def test_a_server_that_says_no_has_started_nothing(
    client: AirflowClient, kind: type[AirflowError]
) -> None:
    with pytest.raises(kind) as caught, telling_how_to_go_on(client, NAME, starting=True):
        raise kind([CAUSE])
    assert caught.value.diagnostics == (CAUSE,)
    assert caught.value.facts == {}


def test_a_run_that_is_not_there_does_not_go_on(client: AirflowClient) -> None:
    with pytest.raises(NotFoundError) as caught, telling_how_to_go_on(client, NAME):
        raise NotFoundError([CAUSE])
    assert caught.value.diagnostics == (CAUSE,)


def test_a_start_whose_answer_is_lost_may_have_started_it(client: AirflowClient) -> None:
    with (
        pytest.raises(UnreachableError) as caught,
        telling_how_to_go_on(client, NAME, starting=True),
    ):
        raise UnreachableError([CAUSE])
    assert "if the server has started it" in caught.value.diagnostics[1].message
