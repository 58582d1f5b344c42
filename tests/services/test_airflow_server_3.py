"""The Airflow server of line 3: it is a real one, and it runs processes of a Kedro project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.airflow_server import AirflowServer, airflow_server
from tests.services.airflow_smoke import smoke


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowServer]:
    with airflow_server("3", tmp_path_factory.mktemp("airflow") / "home") as running:
        yield running


def test_it_runs_a_compiled_project(server: AirflowServer, tmp_path: Path) -> None:
    smoke(server, tmp_path)
