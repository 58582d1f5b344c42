"""Scenarios of list-pipelines and ui: what is there, and where to look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.airflow.live.site import Site, wait_until
from tests.services.airflow_server import AirflowServer

MANY = """
from datetime import datetime, timezone

from airflow{sdk} import DAG

for number in range(170):
    ours = number < 150
    with DAG(
        dag_id=f"{{'swarm' if ours else 'wasps'}}-{{number:03}}",
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        is_paused_upon_creation=number >= 2,
        tags=[
            "bees",
            *([f"experiment_name:Swarm {{number}}", "generated_with_kairflow:9.8.7",
               f"kairflow_dag:{{number:016}}"] if ours else ["generated_with:something"]),
        ],
    ) as dag:
        pass
    globals()[dag.dag_id] = dag
"""
NO_BROWSER: dict[str, Any] = dict.fromkeys(("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "TERM"))


@pytest.fixture(scope="module")
def many(server: AirflowServer, api: httpx.Client) -> None:
    """Have the server know many DAGs of one file."""
    sdk = ".sdk" if server.line == "3" else ""
    (server.dags / "many.py").write_text(MANY.format(sdk=sdk), encoding="utf-8")
    last = ("/dags/swarm-149", "/dags/wasps-169")
    wait_until(lambda: all(api.get(path).status_code == 200 for path in last))


@pytest.mark.usefixtures("many")
def test_all_of_many_pipelines_are_listed(site: Site) -> None:
    started = [site.trigger("swarm-001"), site.trigger("swarm-001")]
    assert {site.end_of("swarm-001", run_id) for run_id in started} == {"success"}

    listed = site.json("list-pipelines")["pipelines"]
    ids = [one["dag_id"] for one in listed]
    assert ids == sorted(ids)
    swarm = [one for one in listed if one["dag_id"].startswith("swarm")]
    assert [one["name"] for one in swarm] == [f"Swarm {number}" for number in range(150)]
    assert [one["dag_digest"] for one in swarm] == [f"{number:016}" for number in range(150)]
    assert {one["kairflow"] for one in swarm} == {"9.8.7"}
    assert not any(one["dag_id"].startswith("wasps") for one in listed)
    assert [one["paused"] for one in swarm] == [False, False, *[True] * 148]
    (ran,) = (one for one in swarm if one["last_run"])
    assert ran["dag_id"] == "swarm-001"
    assert (ran["last_run"]["run_id"], ran["state"]) == (started[-1], "success")

    answer = site.kairflow("list-pipelines")
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    assert [row[1] for row in rows] == ids
    assert {len(row) for row in rows} == {8}
    by_id = {row[1]: row for row in rows}
    assert by_id["swarm-002"] == ["Swarm 2", "swarm-002", "", "yes", "", "", f"{2:016}", "9.8.7"]
    name, _, _, paused, start, state, *_ = by_id["swarm-001"]
    moment = ran["last_run"]["start"][:16].replace("T", " ")
    assert (name, paused, start, state) == ("Swarm 1", "", moment, "success")


@pytest.mark.usefixtures("many")
def test_the_address_is_printed_where_there_is_no_browser(site: Site) -> None:
    all_of_them = site.kairflow("ui", **NO_BROWSER).stdout.strip()
    assert all_of_them == site.server.host
    one = site.kairflow("ui", "--dag-name", "swarm-000", **NO_BROWSER).stdout.strip()
    assert one.startswith(f"{site.server.host}/dags/swarm-000")
    for address in (all_of_them, one):
        page = site.api.get(address, follow_redirects=True)
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
    unopened = site.json("ui", **NO_BROWSER)
    assert (unopened["address"], unopened["opened"]) == (site.server.host, False)


def test_the_browser_opens_the_page(site: Site) -> None:
    browser, seen = site.folder / "browser", site.folder / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$*" > {seen}\n', encoding="utf-8")
    browser.chmod(0o755)
    answer = site.kairflow("ui", BROWSER=str(browser))
    assert seen.read_text(encoding="utf-8") == site.server.host
    assert answer.stdout == ""
    assert f"opened {site.server.host}" in answer.stderr
    site.kairflow("ui", "--no-browser", BROWSER=str(_absent(seen)))
    assert not seen.exists()


def _absent(seen: Path) -> Path:
    """Remove what was seen; whoever opens a browser makes it anew."""
    seen.unlink()
    return seen.parent / "browser"
