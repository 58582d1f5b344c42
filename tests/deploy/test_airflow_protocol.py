"""Requests are those that real servers of both lines have answered, and names stay one step."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.deploy.airflow_protocol import (
    Line,
    Request,
    Requests,
    dag_page,
    run_page,
    task_page,
    token_request,
    version_request,
)
from tests.services.faulty_airflow import read_sample

LINES: tuple[Line, ...] = ("2", "3")
PROBE = ("kairflow_probe", "paused-1")
TOKENS: dict[Line, str] = {
    "2": "Ii90bXAvcDIvZGFncy9rYWlyZmxvd19nb29kLnB5Ig.pjLmJEXtCZOpUHWfZzs8k8dV3cY",
    "3": "eyJidW5kbGVfbmFtZSI6ImRhZ3MtZm9sZGVyIiwicmVsYXRpdmVfZmlsZWxvYyI6ImthaXJmbG93X2dvb2QucHkif"
    "Q.LpjIiEgsXgFGh6d-XHQtqWWDrU8",
}


@pytest.mark.parametrize("line", LINES)
def test_paths_are_those_that_real_servers_have_answered(line: Line) -> None:
    requests = Requests(line)
    asked = {
        "dag": requests.dag("kairflow_good"),
        "import-errors": requests.import_errors(0),
        "parse-second": requests.parse(TOKENS[line]),
        "delete-running": requests.delete_dag("kairflow_good"),
        "trigger": requests.trigger(*PROBE, {"n": 5}, "2026-11-29T13:44:14.000001+00:00"),
        "run-failed": requests.run(*PROBE),
        "runs-newest": requests.last_run("kairflow_probe"),
        "tasks": requests.tasks(*PROBE, 0),
        "log": requests.log(*PROBE, "bad", 1),
        "dags-page": requests.dags(0),
        f"version-v{'1' if line == '2' else '2'}": version_request(line),
    }
    for name, request in asked.items():
        recorded = read_sample(line, name)["request"]
        assert (request.method, request.path) == (
            recorded["method"],
            recorded["path"].partition("?")[0],
        ), name


def test_only_line_3_is_told_the_logical_date() -> None:
    two, three = (Requests(line).trigger("a", "r", {"x": None}, "2027-01-15") for line in LINES)
    assert two.body == {"dag_run_id": "r", "conf": {"x": None}}
    assert three.body == {"dag_run_id": "r", "conf": {"x": None}, "logical_date": "2027-01-15"}


def test_pages_hold_as_much_as_servers_give() -> None:
    for line in LINES:
        requests = Requests(line)
        for request in (
            requests.dags(200),
            requests.import_errors(200),
            requests.tasks("a", "r", 200),
        ):
            query = dict(request.query)
            assert (query["limit"], query["offset"]) == ("100", "200")
    assert ("only_active", "true") in Requests("2").dags(0).query
    assert ("exclude_stale", "true") in Requests("3").dags(0).query


def test_a_log_is_asked_for_as_its_line_spells_it() -> None:
    assert Requests("2").log("a", "r", "t", 2).accept == "text/plain"
    assert Requests("3").log("a", "r", "t", 2).accept == "application/json"


def test_pausing_changes_nothing_else() -> None:
    request = Requests("3").pause("a", paused=False)
    assert request.query == (("update_mask", "is_paused"),)
    assert request.body == {"is_paused": False}


def test_a_password_is_sent_but_not_shown() -> None:
    request = token_request("ada", "hunter22")
    assert request == Request(
        "POST", "/auth/token", body={"username": "ada", "password": "hunter22"}
    )
    assert "hunter22" not in repr(request)
    assert token_request() == Request("GET", "/auth/token")


@given(st.tuples(*[st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)] * 3))
def test_a_name_is_one_step_of_a_path_whatever_is_in_it(names: tuple[str, str, str]) -> None:
    dag, run, task = names
    steps = ("dags", dag, "dagRuns", run, "taskInstances", task, "logs", "1")
    for line, root in (("2", ["", "api", "v1"]), ("3", ["", "api", "v2"])):
        request = Requests("2" if line == "2" else "3").log(dag, run, task, 1)
        assert [unquote(step) for step in request.path.split("/")] == [*root, *steps]
        assert "?" not in request.path
        assert "#" not in request.path


def test_pages_for_people() -> None:
    names = ("a/b", "r:1+2", "t?")
    assert dag_page("3") == dag_page("2") == "/"
    assert dag_page("3", "a/b") == "/dags/a%2Fb"
    assert dag_page("2", "a/b") == "/dags/a%2Fb/grid"
    assert run_page("3", *names[:2]) == "/dags/a%2Fb/runs/r%3A1%2B2"
    assert run_page("2", *names[:2]) == "/dags/a%2Fb/grid?dag_run_id=r%3A1%2B2"
    assert task_page("3", *names) == "/dags/a%2Fb/runs/r%3A1%2B2/tasks/t%3F"
    assert task_page("2", *names) == ("/dags/a%2Fb/grid?dag_run_id=r%3A1%2B2&task_id=t%3F&tab=logs")
