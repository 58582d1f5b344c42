"""`kairflow ui`: an address opens, or is printed; only that of a DAG asks the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.driver import NOWHERE
from tests.services.faulty_airflow import Server


def test_airflow_itself_is_not_asked(kairflow: Run) -> None:
    answer = kairflow("ui", "--host", f"{NOWHERE}/", "--no-browser")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{NOWHERE}\n", "")
    told = json.loads(kairflow("ui", "--host", NOWHERE, "--no-browser", "--json").stdout)
    assert told == {"ok": True, "address": NOWHERE, "opened": False, "diagnostics": []}


@pytest.mark.parametrize(("line", "path"), [("3", "/dags/bees"), ("2", "/dags/bees/grid")])
def test_the_page_of_a_dag_is_that_of_the_servers_line(
    kairflow: Run, server: Server, line: str, path: str
) -> None:
    server.become("2" if line == "2" else "3")
    answer = kairflow("ui", "-d", "bees", "--host", server.url, "--no-browser")
    assert (answer.returncode, answer.stdout) == (0, f"{server.url}{path}\n")


def test_the_browser_is_opened(kairflow: Run, tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$*" > {seen}\n', encoding="utf-8")
    browser.chmod(0o755)
    answer = kairflow("ui", "--host", NOWHERE, BROWSER=str(browser))
    assert answer.stdout == ""
    assert f"opened {NOWHERE}" in answer.stderr
    assert seen.read_text(encoding="utf-8") == NOWHERE
