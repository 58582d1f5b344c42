"""Waiting for Airflow to read a file: the very file, however long its copies take."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from kairflow.deploy.airflow_file import (
    ASK_EVERY,
    SYNC_SECONDS,
    Expected,
    failures_of,
    wait_for_file,
)
from kairflow.deploy.airflow_values import Dag, ImportFailure
from kairflow.deploy.patience import LOOK_EVERY
from kairflow.deploy.upload import Change
from kairflow.errors import (
    Code,
    ConflictError,
    DagImportError,
    ExitCode,
    UnauthorizedError,
    UnreachableError,
    WaitedTooLongError,
)
from tests.services.faulty_airflow import (
    NOTHING,
    NOW,
    HurriedClock,
    Play,
    Server,
    client_of,
    dag_body,
    faulty_server,
    reply,
)
from tests.services.http_sink import Received

TAG, OLD = "kairflow_dag:0123456789abcdef", "kairflow_dag:ffffffffffffffff"
EXPECTED = Expected("apiary", "apiary.py", TAG)
DETAILS, ERRORS = "/api/v2/dags/apiary/details", "/api/v2/importErrors"
TRACE = "Traceback (most recent call last):\nModuleNotFoundError: No module named 'spark'\n\n"


class Airflow:
    """What a server knows at each second since the start; it is told by the test."""

    def __init__(self, server: Server, hurried: HurriedClock) -> None:
        self.hurried = hurried
        self.dags: list[tuple[float, dict[str, Any] | None]] = [(0, None)]
        self.errors: list[tuple[float, list[dict[str, str]]]] = [(0, [])]
        server.script[DETAILS] = [self._dag]
        server.script[ERRORS] = [self._errors]
        server.script["PUT /api/v2/parseDagFile/to.ken"] = [reply(None, 201)]

    @property
    def passed(self) -> float:
        return self.hurried.time - NOW

    def _dag(self, request: Received) -> Play:
        body = [dag for since, dag in self.dags if since <= self.passed][-1]
        return reply({"detail": "not found"}, 404) if body is None else reply(body)

    def _errors(self, request: Received) -> Play:
        found = [one for since, one in self.errors if since <= self.passed][-1]
        return reply({"import_errors": found, "total_entries": len(found)})


def dag(tag: str = TAG, doc: str | None = None, **more: object) -> dict[str, Any]:
    doc = f"DAG file `{tag}`." if doc is None else doc
    tags = [{"name": "kairflow"}, {"name": tag}]
    return dag_body("3", dag_id="apiary", tags=tags, doc_md=doc, file_token="to.ken", **more)


def error(file: str = "apiary.py", trace: str = TRACE, time: str = "2027-01-15") -> dict[str, str]:
    return {"filename": file, "stack_trace": trace, "timestamp": time}


@pytest.fixture
def server() -> Iterator[Server]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def hurried() -> HurriedClock:
    return HurriedClock()


@pytest.fixture
def airflow(server: Server, hurried: HurriedClock) -> Airflow:
    server.become("3")
    return Airflow(server, hurried)


def wait(
    server: Server,
    hurried: HurriedClock,
    *before: ImportFailure,
    seconds: float = 600,
    is_shared: bool = True,
) -> Dag:
    with client_of(server, hurried=hurried) as client:
        client.find_line()
        return wait_for_file(client, EXPECTED, before, seconds=seconds, is_shared=is_shared)


def test_a_file_that_somebody_replaces_is_not_waited_for(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.dags.append((0, dag(tag="kairflow_dag:ffffffffffffffff")))
    ours = dataclasses.replace(EXPECTED, is_there=lambda: hurried.time < NOW + 20)
    with (
        client_of(server, hurried=hurried, line="3") as client,
        pytest.raises(ConflictError) as caught,
    ):
        wait_for_file(client, ours, (), seconds=600, is_shared=True)
    assert caught.value.diagnostics[0].code is Code.FILE_REPLACED
    assert hurried.time - NOW <= 20 + ASK_EVERY


def test_an_old_failure_of_that_name_is_another_files_when_ours_is_new(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    old = ImportFailure("archive/apiary.py", TRACE, "2027-01-14")
    new = dataclasses.replace(EXPECTED, change=Change.NEW)
    airflow.errors.append((0, [error("archive/apiary.py", time="2027-01-15")]))
    airflow.dags.append((30, dag()))
    with client_of(server, hurried=hurried) as client:
        client.find_line()
        found = wait_for_file(client, new, (old,), seconds=600, is_shared=True)
    assert found.dag_id == "apiary"


def test_a_new_file(server: Server, hurried: HurriedClock, airflow: Airflow) -> None:
    airflow.dags.append((7, dag()))
    found = wait(server, hurried)
    assert (found.dag_id, found.tagged("kairflow_dag")) == ("apiary", "0123456789abcdef")
    assert hurried.pauses == [LOOK_EVERY] * 4
    assert server.asked("PUT") == [], "nobody can ask for a file that the server does not know"


def test_a_file_that_was_read_already(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.dags.append((0, dag()))
    wait(server, hurried)
    assert hurried.pauses == []
    assert server.asked("PUT") == []


def test_a_changed_file(server: Server, hurried: HurriedClock, airflow: Airflow) -> None:
    airflow.dags += [(0, dag(OLD)), (5, dag())]
    wait(server, hurried)
    assert airflow.passed == 6
    assert server.asked("PUT") == ["PUT /api/v2/parseDagFile/to.ken"]


@pytest.mark.parametrize(
    "not_yet",
    [
        dag(OLD),
        dag(TAG, doc=f"DAG file `{OLD}`."),
        dag(TAG, doc=""),
        dag(OLD, doc=f"DAG file `{TAG}`."),
        dag(is_stale=True),
        dag(has_import_errors=True),
        dag("kairflow_dag:0123456789abcde"),
    ],
    ids=["old", "tags first", "no documentation", "documentation first", "gone", "broken", "near"],
)
def test_what_is_not_the_file_yet_is_waited_for(
    server: Server, hurried: HurriedClock, airflow: Airflow, not_yet: dict[str, Any]
) -> None:
    airflow.dags += [(0, not_yet), (9, dag())]
    wait(server, hurried)
    assert airflow.passed == 10


@pytest.mark.parametrize("is_shared", [True, False])
@pytest.mark.parametrize("file", ["apiary.py", "/srv/dags/apiary.py", "C:\\dags\\apiary.py"])
def test_an_import_error_of_the_new_file(
    server: Server, hurried: HurriedClock, airflow: Airflow, file: str, is_shared: bool
) -> None:
    airflow.errors.append((3, [error(file)]))
    with pytest.raises(DagImportError) as caught:
        wait(server, hurried, is_shared=is_shared)
    (found,) = caught.value.diagnostics
    assert found.code is Code.DAG_IMPORT
    assert found.message == (
        f"Airflow cannot import {file}: ModuleNotFoundError: No module named 'spark'"
    )
    assert caught.value.facts == {"trace": TRACE}
    assert caught.value.exit_code == ExitCode.REMOTE
    assert airflow.passed == 4


def test_an_import_error_without_a_reason(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.errors.append((0, [error(trace="")]))
    with pytest.raises(DagImportError, match=r"apiary\.py: no reason"):
        wait(server, hurried)


@pytest.mark.parametrize(
    "file", ["x_apiary.py", "apiary.py.bak", "dags/apiary.py/x.py", "apiary.pyc", "Apiary.py"]
)
def test_another_files_import_error_is_none(
    server: Server, hurried: HurriedClock, airflow: Airflow, file: str
) -> None:
    airflow.errors.append((0, [error(file)]))
    airflow.dags.append((3, dag()))
    wait(server, hurried)
    with client_of(server, hurried=hurried) as client:
        client.find_line()
        assert failures_of(client, "apiary.py") == ()
        assert [one.file for one in failures_of(client, file.rpartition("/")[2])] == [file]


LEFT_OVER = ImportFailure("apiary.py", TRACE, "2027-01-15")


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_leftover_does_not_stop_the_new_file(
    server: Server, hurried: HurriedClock, airflow: Airflow, is_shared: bool
) -> None:
    """The old file was broken as well, and the server has not looked again."""
    airflow.errors += [(0, [error()]), (90, [])]
    airflow.dags.append((90, dag()))
    wait(server, hurried, LEFT_OVER, is_shared=is_shared)
    assert airflow.passed == 90


def test_the_same_text_counts_once_the_server_has_looked_twice_again(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    """Its first look may have begun before the upload."""
    airflow.errors += [
        (0, [error()]),
        (5, [error(time="2027-01-16")]),
        (15, [error(time="2027-01-17")]),
    ]
    with pytest.raises(DagImportError):
        wait(server, hurried, LEFT_OVER)
    assert airflow.passed == 16


def test_a_file_that_was_there_before_needs_one_look(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.errors += [(0, [error()]), (5, [error(time="2027-01-16")])]
    unchanged = dataclasses.replace(EXPECTED, change=Change.UNCHANGED)
    with (
        client_of(server, hurried=hurried, line="3") as client,
        pytest.raises(DagImportError),
    ):
        wait_for_file(client, unchanged, (LEFT_OVER,), seconds=600, is_shared=True)
    assert airflow.passed == 6


def test_a_look_that_began_before_the_upload_does_not_stop_the_new_file(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.errors += [(0, [error()]), (5, [error(time="2027-01-16")]), (35, [])]
    airflow.dags.append((36, dag()))
    wait(server, hurried, LEFT_OVER)
    assert airflow.passed == 36


def test_the_same_text_counts_later_where_files_are_copied(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    """Until then the server may have looked at the old file again."""
    airflow.errors += [
        (second, [error(time=f"2027-01-15T08:{second // 60:02}:{second % 60:02}")])
        for second in range(0, 2 * int(SYNC_SECONDS), 30)
    ]
    with pytest.raises(DagImportError):
        wait(server, hurried, LEFT_OVER, is_shared=False)
    assert airflow.passed == SYNC_SECONDS


def test_copies_may_mend_the_same_text_in_time(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    airflow.errors += [(0, [error()]), (5, [error(time="2027-01-16")]), (40, [])]
    airflow.dags.append((40, dag()))
    wait(server, hurried, LEFT_OVER, is_shared=False)
    assert airflow.passed == 40


@pytest.mark.parametrize("is_shared", [True, False])
def test_another_text_is_the_new_files(
    server: Server, hurried: HurriedClock, airflow: Airflow, is_shared: bool
) -> None:
    airflow.errors += [(0, [error()]), (5, [error(trace="SyntaxError: ?", time="2027-01-16")])]
    with pytest.raises(DagImportError, match=r"SyntaxError: \?"):
        wait(server, hurried, LEFT_OVER, is_shared=is_shared)
    assert airflow.passed == 6


def test_it_is_asked_to_read_anew_now_and_then(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    asked: list[float] = []

    def refuse(request: Received) -> Play:
        asked.append(airflow.passed)
        return reply({"detail": "Forbidden"}, 403)

    server.script["PUT /api/v2/parseDagFile/to.ken"] = [refuse]
    airflow.dags += [(0, dag(OLD)), (60, dag())]
    wait(server, hurried)
    assert airflow.passed == 60
    assert asked[0] == 0
    assert all(later - sooner >= ASK_EVERY for sooner, later in pairwise(asked))
    assert len(asked) == 4, "at 0, 16, 32 and 48 seconds: each look is 2 seconds after another"


@pytest.mark.parametrize("seconds", [0.0, 1.0, 61.0])
def test_time_is_up(
    server: Server, hurried: HurriedClock, airflow: Airflow, seconds: float
) -> None:
    airflow.dags.append((0, dag(OLD)))
    with pytest.raises(WaitedTooLongError) as caught:
        wait(server, hurried, seconds=seconds)
    assert int(caught.value.exit_code) == 4
    (found,) = caught.value.diagnostics
    assert found.code is Code.DAG_NOT_PARSED
    assert "apiary.py" in found.message
    assert "--timeout" in found.hint
    assert found.where == f"{server.url} > DAG 'apiary'"
    assert seconds <= airflow.passed <= seconds + LOOK_EVERY


def test_what_airflow_could_not_import_before_is_told_when_time_is_up(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    """It may be the new file's: of a leftover, nobody can tell."""
    airflow.errors += [(0, [error()])]
    with pytest.raises(WaitedTooLongError, match=r"apiary\.py: ModuleNotFoundError"):
        wait(server, hurried, LEFT_OVER, seconds=30)


def test_a_server_that_is_away_does_not_make_the_time_longer(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    answers = server.script[DETAILS]

    def go_away() -> None:
        server.script[DETAILS] = answers if airflow.passed < 10 else [NOTHING]

    hurried.then = go_away
    with pytest.raises(UnreachableError):
        wait(server, hurried, seconds=60)
    tries = 1 + 2 + 4  # seconds between those of one question
    assert 60 <= airflow.passed <= 60 + tries + LOOK_EVERY


def test_a_refusal_ends_the_waiting(
    server: Server, hurried: HurriedClock, airflow: Airflow
) -> None:
    server.script[ERRORS] = [reply({"detail": "Forbidden"}, 403)]
    with pytest.raises(UnauthorizedError):
        wait(server, hurried)
    assert hurried.pauses == []
