"""Waiting for Airflow to read a file, as a person meets it: what it says, and what Ctrl-C says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.services.faulty_airflow import Server, reply

NONE_FAILS = reply({"import_errors": [], "total_entries": 0})
COMMAND = "::add-mask::airflow"
TRACE = f"Traceback (most recent call last):\n    {COMMAND}\nValueError: no bees\n"


@pytest.fixture
def server(server: Server) -> Server:
    """An Airflow that never reads any file."""
    server.become("3")
    server.script["/api/v2/importErrors"] = [NONE_FAILS]
    return server


@pytest.mark.parametrize(
    ("verb", "undone"),
    [
        (("run-once",), "no run was started"),
        (("schedule", "-c", "@daily"), "a new DAG stays paused"),
    ],
    ids=["run-once", "schedule"],
)
def test_who_stops_waiting_is_told_what_was_done_and_what_was_not(
    server: Server, apiary_ir: str, tmp_path: Path, verb: tuple[str, ...], undone: str
) -> None:
    dags = tmp_path / "the dags"
    words = ("-", "--host", server.url, "--output", str(dags))
    for is_new in (True, False):
        seen = _stopped(("timeout", "-k", "5", "300"), (*verb, *words), apiary_ir)
        told = " ".join(seen.split())
        assert "KF739" in told
        assert undone in told
        assert ("kairflow destroy apiary --output " in told) is is_new
        assert (f"'{dags}' takes it away" in told) is is_new
        with (dags / "apiary.py").open("a", encoding="utf-8") as file:
            file.write("# older\n")


def _stopped(limit: tuple[str, ...], words: tuple[str, ...], ir: str) -> str:
    """Run a command, send it a Ctrl-C while it waits, and return all that it says."""
    with subprocess.Popen(
        [*limit, sys.executable, "-m", "kairflow", *words],
        env={**os.environ, "AIRFLOW_API_TOKEN": "any"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as waiting:
        assert waiting.stdin is not None
        assert waiting.stderr is not None
        waiting.stdin.write(ir)
        waiting.stdin.close()
        lines = []
        for line in waiting.stderr:
            lines.append(line)
            if line.startswith("waiting for Airflow"):
                waiting.send_signal(signal.SIGINT)
    assert waiting.returncode == 130, "".join(lines)
    return "".join(lines)


def test_what_airflow_says_of_a_file_is_quoted(
    kairflow: Run, server: Server, apiary_ir: str, tmp_path: Path
) -> None:
    """So that a CI server takes no line of it for one of its own commands."""
    failure = {"filename": "apiary.py", "stack_trace": TRACE, "timestamp": "2027-01-15"}
    failing = reply({"import_errors": [failure], "total_entries": 1})
    server.script["/api/v2/importErrors"] = [NONE_FAILS, failing]
    words = ("-", "--host", server.url, "--output", tmp_path)
    answer = kairflow("run-once", *words, stdin=apiary_ir, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 3, answer.stderr
    assert "Airflow cannot import apiary.py: ValueError: no bees" in answer.stderr
    (line,) = re.findall(f".*{COMMAND}", answer.stderr)
    assert line.strip().startswith("| ")
