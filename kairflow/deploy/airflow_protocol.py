"""Requests to an Airflow server and its answers, for both REST APIs; it sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

Line = Literal["2", "3"]
"""Airflow 2 speaks `/api/v1`, Airflow 3 `/api/v2`."""

PAGE = 100
"""How many entries a page has: no server of either line gives more, unless it is set up to."""

VERSIONS: dict[Line, str] = {"3": "/api/v2/version", "2": "/api/v1/version"}
"""Where each line says its version; asked in this order."""

TOKEN_PATH = "/auth/token"  # noqa: S105  a path
"""Where Airflow 3 gives tokens."""

_ROOTS: dict[Line, str] = {"2": "/api/v1", "3": "/api/v2"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as a path below the host.

    Every one is safe to repeat: reading, setting a state, deleting, and making a run that has a
    name already.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    accept: str = "application/json"


@dataclass(frozen=True, slots=True)
class Requests:
    """What can be asked of a server of one line.

    The fields' names are those of Airflow's REST API reference, `stable-rest-api-ref`.
    """

    line: Line

    def _at(self, *steps: str) -> str:
        return "/".join((_ROOTS[self.line], *(quote(step, safe="") for step in steps)))

    def dag(self, dag_id: str) -> Request:
        """Ask for one DAG.

        Its documentation is that of the serialised DAG, which runs are made from; the tags are
        those of a record that may be ahead of it by `min_serialized_dag_update_interval`.
        """
        return Request("GET", self._at("dags", dag_id, "details"))

    def dags(self, offset: int) -> Request:
        """Ask for a page of all DAGs whose files are there."""
        active = ("only_active", "true") if self.line == "2" else ("exclude_stale", "true")
        return Request("GET", self._at("dags"), (*_page(offset), active, ("order_by", "dag_id")))

    def import_errors(self, offset: int) -> Request:
        """Ask for a page of the files that Airflow cannot import."""
        return Request("GET", self._at("importErrors"), _page(offset))

    def parse(self, file_token: str) -> Request:
        """Ask the server to read a file anew, before all others."""
        return Request("PUT", self._at("parseDagFile", file_token))

    def pause(self, dag_id: str, *, paused: bool) -> Request:
        """Ask to pause a DAG or to let it run."""
        mask = (("update_mask", "is_paused"),)
        return Request("PATCH", self._at("dags", dag_id), mask, {"is_paused": paused})

    def delete_dag(self, dag_id: str) -> Request:
        """Ask to forget a DAG and all its runs."""
        return Request("DELETE", self._at("dags", dag_id))

    def trigger(
        self, dag_id: str, run_id: str, conf: Mapping[str, Any], logical_date: str
    ) -> Request:
        """Ask for a run that has a name already, so that asking twice makes one run.

        Line 3 wants to be told the logical date; line 2 takes its own clock's.
        """
        body: dict[str, Any] = {"dag_run_id": run_id, "conf": dict(conf)}
        if self.line == "3":
            body["logical_date"] = logical_date
        return Request("POST", self._at("dags", dag_id, "dagRuns"), body=body)

    def run(self, dag_id: str, run_id: str) -> Request:
        """Ask for one run."""
        return Request("GET", self._at("dags", dag_id, "dagRuns", run_id))

    def last_run(self, dag_id: str) -> Request:
        """Ask for the run of a DAG that is the newest."""
        query = (("limit", "1"), ("order_by", "-id"))
        return Request("GET", self._at("dags", dag_id, "dagRuns"), query)

    def tasks(self, dag_id: str, run_id: str, offset: int) -> Request:
        """Ask for a page of the tasks of a run."""
        path = self._at("dags", dag_id, "dagRuns", run_id, "taskInstances")
        return Request("GET", path, _page(offset))

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> Request:
        """Ask for the log of one try of a task."""
        run = ("dags", dag_id, "dagRuns", run_id)
        path = self._at(*run, "taskInstances", task_id, "logs", str(try_number))
        accept = "text/plain" if self.line == "2" else "application/json"
        return Request("GET", path, (("full_content", "true"),), accept=accept)


def version_request(line: Line) -> Request:
    """Ask for the server's version; a server of another line does not know the path."""
    return Request("GET", VERSIONS[line])


def token_request(username: str | None = None, password: str | None = None) -> Request:
    """Ask Airflow 3 for a token; without a name it gives one where everybody is an admin."""
    if username is None:
        return Request("GET", TOKEN_PATH)
    return Request("POST", TOKEN_PATH, body={"username": username, "password": password})


def dag_page(line: Line, dag_id: str | None = None) -> str:
    """Return the path of Airflow's web page of a DAG, or of all."""
    if dag_id is None:
        return "/"
    return f"/dags/{quote(dag_id, safe='')}" + ("/grid" if line == "2" else "")


def run_page(line: Line, dag_id: str, run_id: str) -> str:
    """Return the path of the web page of a run."""
    if line == "2":
        return f"{dag_page(line, dag_id)}?dag_run_id={quote(run_id, safe='')}"
    return f"{dag_page(line, dag_id)}/runs/{quote(run_id, safe='')}"


def task_page(line: Line, dag_id: str, run_id: str, task_id: str) -> str:
    """Return the path of the web page that shows the log of a task."""
    page, task = run_page(line, dag_id, run_id), quote(task_id, safe="")
    return f"{page}&task_id={task}&tab=logs" if line == "2" else f"{page}/tasks/{task}"


def _page(offset: int) -> tuple[tuple[str, str], ...]:
    return (("limit", str(PAGE)), ("offset", str(offset)))
