"""The services as fixtures; a `conftest.py` imports those that its tests want."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.http_sink import Sink, http_sink
from tests.services.mlflow_server import Mlflow, mlflow_server


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One real MLflow server for all tests of a session; tests use experiments of their own."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A fresh HTTP sink."""
    with http_sink() as running:
        yield running
