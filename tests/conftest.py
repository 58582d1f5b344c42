"""What every test shares: Hypothesis' profiles, and the option to write golden files anew."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("dev", deadline=None)
# The examples are the same each time there: more of them find no more.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew instead of comparing with them",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is for people, who read the diff; CI is set")


LONGEST = ("tests/airflow/live/", "tests/airflow/", "tests/spark/", "tests/lower/airflow/")
"""Where the longest test modules are, those first that mostly wait for servers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it in the end."""
    items.sort(key=lambda item: next(_ranks(item.nodeid), len(LONGEST)))


def _ranks(name: str) -> Iterator[int]:
    return (rank for rank, folder in enumerate(LONGEST) if name.startswith(folder))


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
