"""Real Airflow environments, and what they make of a DAG file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.running import AIRFLOW_3, AIRFLOW_3_OLDEST, airflow_environment

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
Inspect = Callable[[Path], dict[str, Any]]
InspectAll = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="session", params=[AIRFLOW_3, AIRFLOW_3_OLDEST], ids=["newest", "oldest"])
def airflow_python(request: pytest.FixtureRequest) -> Path:
    """The interpreter of the newest, then of the oldest minor of the line."""
    python: Path = request.param
    assert python.exists(), f"{python} is missing: run `make environments`"
    return python


@pytest.fixture(scope="session")
def inspect_all(airflow_python: Path, tmp_path_factory: pytest.TempPathFactory) -> InspectAll:
    """Load DAG files in a real Airflow, render their templates and build their pods."""

    def run(*dag_files: Path) -> dict[str, dict[str, Any]]:
        answer = subprocess.run(
            [airflow_python, HERE / "inspect_dag.py", *dag_files],
            env=airflow_environment(tmp_path_factory.mktemp("airflow")),
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr[-3000:]
        reports: dict[str, dict[str, Any]] = json.loads(answer.stdout)
        return reports

    return run


@pytest.fixture(scope="session")
def inspect(inspect_all: InspectAll) -> Inspect:
    """What a real Airflow makes of a golden DAG file; it loads all at once, to save minutes."""
    reports = inspect_all(*sorted(GOLDEN.glob("*/dag-*.py")))
    return lambda path: reports[str(path)]
