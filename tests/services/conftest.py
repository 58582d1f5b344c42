"""The services that the tests of this folder run against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.cluster import Cluster, Image, cluster
from tests.services.fixtures import mlflow, sink

__all__ = ["kubernetes", "mlflow", "sink"]


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with one image, `busy:1`, which is the host without its home folders."""
    images = {"busy:1": Image(env={"HOME": "/home/busy", "COLOUR": "red"}, workdir="/home/busy")}
    with cluster(tmp_path_factory.mktemp("kubernetes"), images) as running:
        yield running
