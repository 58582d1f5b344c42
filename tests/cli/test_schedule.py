"""`kairflow schedule`: what is refused before a server is asked, and whose pauses are lifted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.services.faulty_airflow import (
    Play,
    Server,
    dag_body,
    reply,
    run_body,
)
from tests.services.http_sink import Received


@pytest.fixture
def unscheduled(apiary_ir: str, tmp_path: Path) -> Path:
    """The IR of the example, without a schedule of its own."""
    document = json.loads(apiary_ir)
    document["deployment"]["run_config"]["cron_expression"] = None
    path = tmp_path / "ir.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--cron-expression", "0 25 * * *"), 1, "KF506"),
        (("--cron-expression", "@yearlong"), 1, "KF506"),
        (("--cron-expression", ""), 2, "there is no schedule"),
        ((), 2, "there is no schedule"),
        (("--cron-expression", "@daily", "--timezone", "Europe/Bienenstadt"), 2, "Bienenstadt"),
    ],
    ids=["hour", "preset", "empty", "none", "zone"],
)
def test_a_wrong_schedule_is_refused_before_anything_is_sent(
    kairflow: Run,
    server: Server,
    unscheduled: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    folder = tmp_path / "dags"
    given = (*options, "--host", server.url, "--output", str(folder))
    answer = kairflow("schedule", unscheduled, *given)
    assert answer.returncode == code, answer.stderr
    assert said in " ".join(answer.stderr.split())
    assert not folder.exists()
    assert server.asked() == []


def test_a_right_one_is_sent(
    kairflow: Run, server: Server, unscheduled: Path, tmp_path: Path
) -> None:
    given = ("-c", "@daily", "--host", server.url, "--output", str(tmp_path / "dags"))
    answer = kairflow("schedule", unscheduled, *given, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 3, answer.stderr
    assert server.asked() == ["GET /api/v2/version", "GET /api/v1/version"]


@dataclass
class Scheduler:
    """A server that reads the folder: what it knows of the DAG, and whether that may run."""

    server: Server
    file: Path
    known: bool
    is_paused: bool = True

    def begin(self, *runs: Mapping[str, Any]) -> None:
        self.server.become("3")
        path = "/api/v2/dags/apiary"
        self.server.script |= {
            f"GET {path}/details": [self._details],
            f"PATCH {path}": [self._pause],
            f"GET {path}/dagRuns": [reply({"dag_runs": runs, "total_entries": len(runs)})],
            "GET /api/v2/importErrors": [reply({"import_errors": [], "total_entries": 0})],
        }

    def _details(self, request: Received) -> Play:
        if not self.file.exists() and not self.known:
            return reply({"detail": "not found"}, 404)
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        tag = "".join(re.findall(r"kairflow_dag:[0-9a-f]{16}", text)[-1:])
        more = {"tags": [{"name": tag}], "doc_md": tag, "timetable_summary": "@daily"}
        return reply(dag_body("3", dag_id="apiary", is_paused=self.is_paused, **more))

    def _pause(self, request: Received) -> Play:
        self.is_paused = request.json()["is_paused"]
        return reply({})


@pytest.mark.parametrize(
    ("known", "runs", "options", "paused"),
    [
        (False, [], (), False),
        (True, [], (), False),
        (True, [run_body("r1", "success")], (), True),
        (True, [run_body("r1", "success")], ("--unpause",), False),
    ],
    ids=["new", "never ran", "somebody's wish", "asked for"],
)
def test_a_pause_that_airflow_made_is_lifted(
    kairflow: Run,
    server: Server,
    unscheduled: Path,
    tmp_path: Path,
    known: bool,
    runs: list[Mapping[str, Any]],
    options: tuple[str, ...],
    paused: bool,
) -> None:
    """Also when the schedule was uploaded by somebody who did not wait for Airflow."""
    airflow = Scheduler(server, tmp_path / "dags" / "apiary.py", known)
    airflow.begin(*runs)
    given = ("-c", "@daily", "--host", server.url, "--output", tmp_path / "dags", *options)
    answer = kairflow("schedule", unscheduled, *given, "--json", AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 0, answer.stdout
    outcome = json.loads(answer.stdout)
    assert outcome["paused"] is airflow.is_paused is paused
    assert [one["code"] for one in outcome["diagnostics"]] == (["KF736"] if paused else [])
