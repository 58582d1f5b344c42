"""One real server for each module, and a way for its tests to use the command line against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

# Scenarios are no test modules by their names, but their assertions are to tell as much.
pytest.register_assert_rewrite(
    *(
        f"tests.airflow.live.{name}"
        for name in ("deploying", "example", "pages", "running", "site", "tiny", "viewing")
    )
)

from tests.airflow.live.site import Site  # noqa: E402  after what rewrites it
from tests.services import airflow_server as servers  # noqa: E402

BEHIND = "30"
"""Seconds that the tasks of a DAG may be behind its tags: Airflow's default, which is long enough
for a file to be replaced meanwhile."""


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.AirflowServer]:
    with pytest.MonkeyPatch.context() as patch:
        name = "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL"
        patch.setitem(servers.BRISK, name, BEHIND)
        home = tmp_path_factory.mktemp("airflow") / "home"
        with servers.airflow_server(request.module.LINE, home) as running:
            yield running


@pytest.fixture(scope="module")
def api(server: servers.AirflowServer) -> Iterator[httpx.Client]:
    """The server's REST API, asked without Kairflow."""
    with server.client() as client:
        yield client


@pytest.fixture
def site(server: servers.AirflowServer, api: httpx.Client, tmp_path: Path) -> Site:
    return Site(server, api, tmp_path)
