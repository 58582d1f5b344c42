"""The command line against one real server, and what the server itself says of the outcome."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from kairflow.ir import dump_document
from tests.airflow.compiling import KAIRFLOW, as_processes
from tests.export.tiny import export
from tests.services.airflow_server import AirflowServer

PATIENCE = 600
LIMIT = 1200
LIMITED = ("timeout", "--foreground", "--kill-after", "5", str(LIMIT))
"""Before a command: ends what hangs, and hands on signals, each once."""
ENDED = ("success", "failed")
Answer = subprocess.CompletedProcess[str]
Words = tuple[str | Path, ...]


@dataclass(frozen=True)
class Site:
    """A server, its REST API as an administrator sees it, and a folder for one test."""

    server: AirflowServer
    api: httpx.Client
    folder: Path

    @property
    def dags(self) -> Path:
        return self.server.dags

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return the environment of a person who uses this server; None takes a variable out."""
        ambient = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KEDRO", "KAIRFLOW", "AIRFLOW"))
        }
        here = {**ambient, "NO_PROXY": "127.0.0.1", "DO_NOT_TRACK": "1", **self.server.env()}
        given = {name: value for name, value in changes.items() if value is not None}
        return {name: value for name, value in here.items() if name not in changes} | given

    def kairflow(self, *words: str | Path, code: int = 0, **changes: str | None) -> Answer:
        """Run a command to its end, in a folder without a project; it ends with `code`."""
        answer = subprocess.run(
            [*KAIRFLOW, *map(str, words)],
            cwd=self.folder,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
            check=False,
        )
        assert answer.returncode == code, answer.stdout + answer.stderr
        # Those of Airflow are indented.
        assert "\nTraceback" not in f"\n{answer.stderr}"
        return answer

    def json(self, *words: str | Path, code: int = 0, **changes: str | None) -> dict[str, Any]:
        """Run a command with `--json`, which says nothing else, and return what it says."""
        answer = self.kairflow(*words, "--json", code=code, **changes)
        assert answer.stderr == ""
        found: dict[str, Any] = json.loads(answer.stdout)
        assert found["ok"] is (code == 0)
        return found

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command, whose output is to be read by the test."""
        return subprocess.Popen(
            [*LIMITED, *KAIRFLOW, *map(str, words)],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, *steps: str, **query: str | int) -> Any:
        """Ask the REST API; None when there is no such thing."""
        answer = self.api.get("/" + "/".join(steps), params=query)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def dag(self, dag_id: str) -> Any:
        return self.ask("dags", dag_id)

    def wait_for(self, dag_id: str) -> None:
        """Wait until runs can be made of a DAG.

        Its record and the details, which are of what runs are made of, do not come together; line 2
        fails when it is asked for details without a record.
        """
        wait_until(lambda: self.dag(dag_id) and self.ask("dags", dag_id, "details"))

    def wait_for_no(self, dag_id: str) -> None:
        """Wait until the server has seen that the file of a DAG is gone."""

        def is_gone() -> bool:
            found = self.dag(dag_id)
            gone: bool = found["is_stale"] if self.server.line == "3" else not found["is_active"]
            return gone

        wait_until(is_gone)

    def tags(self, dag_id: str) -> list[str]:
        """Return the tags of a DAG; none when the server does not know it."""
        return [tag["name"] for tag in (self.dag(dag_id) or {"tags": ()})["tags"]]

    def schedule_of(self, dag_id: str) -> str | None:
        """Return the cron expression of a DAG, which each line calls otherwise."""
        found = self.dag(dag_id)
        schedule: str | None = found.get("timetable_summary")
        if self.server.line == "2" and found["schedule_interval"]:
            schedule = found["schedule_interval"]["value"]
        return schedule

    def set_paused(self, dag_id: str, paused: bool) -> None:
        self.api.patch(f"/dags/{dag_id}", json={"is_paused": paused}).raise_for_status()

    def trigger(self, dag_id: str) -> str:
        """Start a run without Kairflow, and return its id."""
        body = {"logical_date": None} if self.server.line == "3" else {}
        answer = self.api.post(f"/dags/{dag_id}/dagRuns", json=body).raise_for_status()
        found: str = answer.json()["dag_run_id"]
        return found

    def runs(self, dag_id: str) -> list[Any]:
        """Return all runs of a DAG, the oldest first."""
        found: list[Any] = self.ask("dags", dag_id, "dagRuns", order_by="id")["dag_runs"]
        return found

    def only_run(self, dag_id: str) -> Any:
        (found,) = self.runs(dag_id)
        return found

    def state_of(self, dag_id: str, run_id: str) -> str:
        found: str = self.ask("dags", dag_id, "dagRuns", run_id)["state"]
        return found

    def end_of(self, dag_id: str, run_id: str) -> str:
        """Wait until a run is over, and return its state."""
        wait_until(lambda: self.state_of(dag_id, run_id) in ENDED)
        return self.state_of(dag_id, run_id)

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task of a run."""
        found = self.ask("dags", dag_id, "dagRuns", run_id, "taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in found}

    def errors(self) -> list[str]:
        """Return the names of the files that the server cannot import."""
        found = self.ask("importErrors", limit=100)["import_errors"]
        return [Path(one["filename"]).name for one in found]

    def files(self) -> dict[str, bytes]:
        """Return all that lies in the folder of the DAGs."""
        # Python's own cache is the server's doing, which may be about it just now.
        found = (path for path in self.dags.rglob("*") if "__pycache__" not in path.parts)
        return {str(path): path.read_bytes() for path in found if path.is_file()}


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.3)


def told(answer: Answer) -> str:
    """Return the messages as one line, however they were wrapped."""
    return " ".join(answer.stderr.split())


def from_project(project: Path, dag_id: str) -> Words:
    """Return the options that make a DAG of a project, whose tasks are processes of the worker."""
    return ("--project", project, *as_processes(project), "--dag-name", dag_id)


def from_ir(project: Path, dag_id: str) -> Words:
    """Return those that make the same DAG of the project's IR, as it is now: in half the time."""
    return (ir_of(project), *as_processes(project), "--dag-name", dag_id)


def ir_of(project: Path) -> Path:
    """Export a project to a file beside it."""
    file = project.with_name(f"{project.name}.json")
    file.write_text(dump_document(export(project)), encoding="utf-8")
    return file
