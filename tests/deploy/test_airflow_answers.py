"""Answers of real servers are read, and of all others only a `KairflowError` ever comes."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.deploy import airflow_answers as answers
from kairflow.deploy import airflow_values as values
from kairflow.deploy.airflow_answers import LONGEST_PAUSE, Answer, decipher
from kairflow.deploy.airflow_protocol import Request
from kairflow.deploy.airflow_values import Dag, ImportFailure, Run, Task
from kairflow.errors import (
    AirflowError,
    Code,
    ConflictError,
    NotFoundError,
    RefusedError,
    ServerBrokenError,
    UnauthorizedError,
)
from tests.services.faulty_airflow import read_sample

HOST = "https://airflow.example"
ASKED = Request("GET", "/api/v2/x")
LOG = Request("GET", "/api/v1/x", accept="text/plain")


def answer_of(line: str, name: str) -> Answer:
    found = read_sample("2" if line == "2" else "3", name)
    body = found["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(found["status"], {"content-type": found["content_type"]}, content.encode())


def said(line: str, name: str, request: Request = ASKED) -> Any:
    return decipher(request, answer_of(line, name), HOST)


@pytest.mark.parametrize(("line", "version"), [("2", "2.11.2"), ("3", "3.3.2")])
def test_the_version(line: str, version: str) -> None:
    path = "version-v1" if line == "2" else "version-v2"
    assert values.read_version(said(line, path)) == version


def test_a_dag_of_3() -> None:
    token = said("3", "dag")["file_token"]
    assert values.read_dag(said("3", "dag")) == Dag(
        dag_id="kairflow_good",
        tags=("kairflow",),
        is_paused=True,
        is_gone=False,
        has_import_errors=False,
        schedule="0 0 * * *",
        file_token=token,
        doc=None,
    )


def test_a_dag_of_2() -> None:
    dag = values.read_dag(said("2", "dag"))
    assert (dag.dag_id, dag.schedule, dag.is_paused, dag.is_gone) == (
        "kairflow_good",
        "@daily",
        True,
        False,
    )
    assert dag.file_token
    assert dag.file_token.startswith("Ii90bXAv")


@pytest.mark.parametrize("line", ["2", "3"])
def test_a_page_of_dags(line: str) -> None:
    entries, total = values.read_page(said(line, "dags-page"), "dags")
    (dag,) = map(values.read_dag, entries)
    assert total >= 2
    assert dag.dag_id == "kairflow_probe"
    assert dag.schedule is None, "it has no schedule, however the line spells that"
    assert dag.tagged("kairflow-project") == "apiary"
    assert dag.tagged("kairflow_dag") is None


@pytest.mark.parametrize(
    "changes", [{"is_stale": True}, {"is_active": False}, {"is_stale": None, "is_active": False}]
)
def test_a_dag_whose_file_is_gone(changes: dict[str, object]) -> None:
    assert values.read_dag({"dag_id": "a", **changes}).is_gone
    assert not values.read_dag({"dag_id": "a"}).is_gone
    assert not values.read_dag({"dag_id": "a", "is_active": None}).is_gone


@pytest.mark.parametrize("line", ["2", "3"])
def test_a_run_and_its_tasks(line: str) -> None:
    run = values.read_run(said(line, "run-failed"))
    assert (run.run_id, run.state, run.is_over) == ("paused-1", "failed", True)
    assert run.start is not None
    assert run.start.startswith("2026-11-29T13:4")
    assert not values.read_run(said(line, "trigger")).is_over
    entries, total = values.read_page(said(line, "tasks"), "task_instances")
    tasks = [values.read_task(one) for one in entries]
    assert total == len(tasks) == 3
    states = {task.task_id: (task.state, task.try_number) for task in tasks}
    assert states["ok"] == ("success", 1)
    assert states["bad"] == ("failed", 1)
    assert states["after"][0] == "upstream_failed"


@pytest.mark.parametrize(
    ("line", "file"), [("2", "/tmp/p2/dags/kairflow_good.py"), ("3", "kairflow_good.py")]
)
def test_an_import_error(line: str, file: str) -> None:
    ((entry,), _) = values.read_page(said(line, "import-errors"), "import_errors")
    failure = values.read_failure(entry)
    assert failure.file == file
    assert failure.trace.splitlines()[-1] == (
        "ModuleNotFoundError: No module named 'nonsense_module'"
    )
    assert failure.time.startswith("2026-11-29T13:")


def test_a_log_of_2_is_text() -> None:
    lines = values.read_log(said("2", "log", LOG))
    assert lines[0] == "vm"
    assert any("AirflowException: Bash command failed" in line for line in lines)


def test_a_log_of_3_is_events() -> None:
    lines = values.read_log(said("3", "log"))
    assert "INFO about to fail" in lines or "INFO Command exited with return code 3" in lines
    place = lines.index("ERROR Task failed with exception")
    assert lines[place + 1] == (
        "AirflowException: Bash command failed. The command returned a non-zero exit code 3."
    )


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (None, []),
        ({"content": None}, []),
        ({"content": "one\ntwo\n"}, ["one", "two"]),
        ({"content": ["one", "two\nthree"]}, ["one", "two", "three"]),
        ({"content": [{"event": None, "level": None}, {"event": "x", "level": None}]}, ["x"]),
        ({"content": [{"event": "x", "error_detail": [None, 3]}]}, ["x"]),
        ([1], []),
    ],
)
def test_a_log_of_another_shape(found: Any, lines: list[str]) -> None:
    assert values.read_log(found) == lines


@pytest.mark.parametrize(
    ("line", "name", "kind", "code", "text"),
    [
        ("2", "dag-unknown", NotFoundError, Code.AIRFLOW_NOT_FOUND, "kairflow_probe was not found"),
        ("3", "dag-unknown", NotFoundError, Code.AIRFLOW_NOT_FOUND, "`kairflow_probe` was not fo"),
        ("2", "version-v2", NotFoundError, Code.AIRFLOW_NOT_FOUND, "(404)"),
        ("3", "version-v1", NotFoundError, Code.AIRFLOW_NOT_FOUND, "(404)"),
        ("2", "wrong-token", UnauthorizedError, Code.AIRFLOW_FORBIDDEN, "(403: Forbidden)"),
        ("3", "wrong-token", UnauthorizedError, Code.AIRFLOW_UNAUTHORIZED, "Invalid JWT token"),
        ("3", "no-token", UnauthorizedError, Code.AIRFLOW_UNAUTHORIZED, "Not authenticated"),
        ("2", "trigger-same-id", ConflictError, Code.AIRFLOW_CONFLICT, "already exists"),
        ("3", "trigger-same-id", ConflictError, Code.AIRFLOW_CONFLICT, "Unique constraint"),
        ("2", "delete-running", ConflictError, Code.AIRFLOW_CONFLICT, "are still running"),
        ("3", "delete-running", ConflictError, Code.AIRFLOW_CONFLICT, "are still running"),
        ("2", "trigger-bad-conf", RefusedError, Code.AIRFLOW_REFUSED, "is not of type 'integer'"),
        ("3", "trigger-bad-conf", RefusedError, Code.AIRFLOW_REFUSED, "is not of type 'integer'"),
        ("3", "trigger-extra-key", RefusedError, Code.AIRFLOW_REFUSED, "nonsense: Extra inputs"),
    ],
)
def test_what_real_servers_refuse(
    line: str, name: str, kind: type[AirflowError], code: Code, text: str
) -> None:
    with pytest.raises(AirflowError) as caught:
        said(line, name)
    (found,) = caught.value.diagnostics
    assert (type(caught.value), found.code) == (kind, code)
    assert text in found.message
    assert "\n" not in found.message
    assert found.where == f"GET {HOST}/api/v2/x"


def test_an_empty_answer_says_nothing() -> None:
    assert said("2", "parse-second") is None
    assert said("3", "parse-second") is None
    assert decipher(ASKED, Answer(204, {}, b" \n"), HOST) is None


@pytest.mark.parametrize(
    ("kind", "body", "what"),
    [
        ("text/html; charset=utf-8", "<html>Log in</html>", "a web page"),
        ("application/json", '{"dag_id": ', "something else"),
        ("application/json", "\xff\xfe", "something else"),
        ("application/json", "[" * 200_000, "something else"),
        ("application/json", "1" * 5000, "something else"),
    ],
)
def test_what_is_no_json_is_told(kind: str, body: str, what: str) -> None:
    answer = Answer(200, {"content-type": kind}, body.encode("latin-1"))
    with pytest.raises(ServerBrokenError, match=f"found {what}, expected JSON") as caught:
        decipher(ASKED, answer, HOST)
    (found,) = caught.value.diagnostics
    assert found.code is Code.AIRFLOW_ANSWER
    assert "proxy" in found.hint.lower()
    with pytest.raises(RefusedError):
        decipher(ASKED, Answer(400, {"content-type": kind}, body.encode("latin-1")), HOST)


def test_a_web_page_is_no_log() -> None:
    page = Answer(200, {"content-type": "text/html"}, b"<html>Log in</html>")
    with pytest.raises(ServerBrokenError, match="a web page"):
        decipher(LOG, page, HOST)


def test_secrets_go_before_anything_is_cut_off() -> None:
    def hide(text: str) -> str:
        return text.replace("se  cret#1", "***")

    body = json.dumps({"detail": f"{'x' * 295}se  cret#1"}).encode()
    with pytest.raises(RefusedError, match=r"x\*\*\*"):
        decipher(ASKED, Answer(400, {}, body), HOST, hide)
    answer = Answer(302, {"location": "https://h/se  cret#1"}, b"")
    with pytest.raises(AirflowError, match=r"https://h/\*\*\*,"):
        decipher(ASKED, answer, HOST, hide)


def test_pauses_grow() -> None:
    assert [answers.backoff(attempt) for attempt in range(8)] == [
        *(1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        *(LONGEST_PAUSE, LONGEST_PAUSE),
    ]


@given(st.text(max_size=40), st.integers(0, 6), st.floats(0, 2e9))
def test_a_pause_is_never_out_of_bounds(asked: str, attempt: int, now: float) -> None:
    answer = Answer(429, {"retry-after": asked}, b"")
    assert 0 <= answers.pause(answer, attempt, now) <= LONGEST_PAUSE


DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}{}".format,
    st.sampled_from(["Mon", "Fri"]),
    st.integers(-1, 40),
    st.sampled_from(["Jan", "Feb", "May", "Foo"]),
    st.integers(-1, 100_000),
    *[st.integers(-1, 90)] * 3,
    st.sampled_from(["GMT", "+", "-", ""]),
    st.integers(0, 10**20) | st.just(""),
)


@given(DATES | st.text(max_size=30))
def test_a_date_is_read_or_not(text: str) -> None:
    found = answers.read_time(text)
    assert found is None or isinstance(found, float)


KEYS = st.sampled_from(
    [
        *("dag_id", "tags", "name", "is_paused", "timetable_summary", "schedule_interval", "value"),
        *("file_token", "doc_md", "dag_run_id", "state", "start_date", "end_date", "task_id"),
        *("try_number", "filename", "stack_trace", "timestamp", "content", "event", "level"),
        *("error_detail", "exc_type", "dags", "total_entries", "detail", "title", "loc", "msg"),
        *("reason", "message", "access_token", "version", "dag_runs"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
# Halfway right, so that what is inside is reached.
NAMED = st.dictionaries(KEYS, BODIES, max_size=8).map(
    lambda found: {**found, **dict.fromkeys(("dag_id", "dag_run_id", "task_id", "filename"), "x")}
)
READERS = (
    values.read_version,
    values.read_dag,
    values.read_run,
    values.read_task,
    values.read_failure,
    values.read_log,
    values.token_in,
    lambda found: values.read_page(found, "dags"),
)


def has_right_types(value: object) -> bool:
    if isinstance(value, (Dag, Run, Task, ImportFailure)):
        for field in fields(value):
            found = getattr(value, field.name)
            optional = field.name in ("schedule", "file_token", "doc", "start", "end") or (
                isinstance(value, Task) and field.name == "state"
            )
            kind = {"tags": tuple, "try_number": int}.get(
                field.name, bool if field.name.startswith(("is_", "has_")) else str
            )
            if not (isinstance(found, kind) or (optional and found is None)):
                return False
        return True
    if isinstance(value, list):
        return all(type(line) is str and len(line.splitlines()) <= 1 for line in value)
    return isinstance(value, (str, tuple))


@given(BODIES | NAMED)
def test_reading_gives_the_right_types_or_an_error_of_ours(body: Any) -> None:
    for read in READERS:
        with contextlib.suppress(ServerBrokenError):
            assert has_right_types(read(body))


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "location", "retry-after"]),
    st.sampled_from(["text/html", "application/json", "", "http://[", "//x"]) | st.text(max_size=9),
)


@given(st.integers(200, 999), HEADERS, BODIES.map(json.dumps).map(str.encode) | st.binary())
def test_no_answer_raises_anything_but_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    for request in (ASKED, LOG):
        try:
            decipher(request, Answer(status, headers, body), HOST)
        except AirflowError as error:
            (found,) = error.diagnostics
            assert found.message
            assert found.code.name.startswith("AIRFLOW_")
            assert status >= 300 or found.code is Code.AIRFLOW_ANSWER
        else:
            assert 200 <= status < 300
