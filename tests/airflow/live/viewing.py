"""Scenarios of list-pipelines and ui: what is there, and where to look at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.airflow.live.pages import is_page
from tests.airflow.live.site import Site, wait_until
from tests.services.airflow_server import AirflowServer

SWARM, WASPS = 150, 20
FILES = 10
"""So many that each is read in a moment: Airflow stops reading a file that takes it too long."""

SOME = """
from datetime import datetime, timezone

from airflow{sdk} import DAG

for number in range({part}, {all}, {files}):
    ours = number < {ours}
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
def many(server: AirflowServer, api: httpx.Client) -> Iterator[None]:
    """Have the server know more DAGs than it tells at once, and forget them in the end."""
    folder, count = server.dags / "many", SWARM + WASPS
    folder.mkdir()
    sdk = ".sdk" if server.line == "3" else ""
    for part in range(FILES):
        text = SOME.format(sdk=sdk, part=part, all=count, files=FILES, ours=SWARM)
        (folder / f"part_{part}.py").write_text(text, encoding="utf-8")
    # The first and the last of each file; runs are made of what the details are of. Airflow begins
    # with the newest file, so that after the first of these questions no other has to wait.
    for part in range(FILES):
        _wait_for(f"swarm-{part:03}", api)
        _wait_for(f"wasps-{count - FILES + part}", api)
    yield
    shutil.rmtree(folder)


def _wait_for(dag_id: str, api: httpx.Client) -> None:
    wait_until(lambda: api.get(f"/dags/{dag_id}/details").status_code == 200)


@pytest.mark.usefixtures("many")
def test_the_address_is_printed_where_there_is_no_browser(site: Site) -> None:
    page = site.kairflow("ui", "--dag-name", "swarm-000", **NO_BROWSER).stdout.strip()
    assert page.startswith(f"{site.server.host}/dags/swarm-000")
    assert is_page(site.server, page)


@pytest.mark.usefixtures("many")
def test_all_of_many_pipelines_are_listed(site: Site) -> None:
    started = [site.trigger("swarm-001"), site.trigger("swarm-001")]
    assert {site.end_of("swarm-001", run_id) for run_id in started} == {"success"}

    listed = site.json("list-pipelines")["pipelines"]
    ids = [one["dag_id"] for one in listed]
    assert ids == sorted(ids)
    swarm = [one for one in listed if one["dag_id"].startswith("swarm")]
    assert [one["name"] for one in swarm] == [f"Swarm {number}" for number in range(SWARM)]
    assert [one["dag_digest"] for one in swarm] == [f"{number:016}" for number in range(SWARM)]
    assert {one["kairflow"] for one in swarm} == {"9.8.7"}
    assert not any(one["dag_id"].startswith("wasps") for one in listed)
    assert [one["paused"] for one in swarm] == [False, False, *[True] * (SWARM - 2)]
    (ran,) = (one for one in swarm if one["last_run"])
    assert ran["dag_id"] == "swarm-001"
    assert (ran["last_run"]["run_id"], ran["state"]) == (started[-1], "success")
