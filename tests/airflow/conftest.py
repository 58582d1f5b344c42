"""Real Airflow environments, and what they make of a DAG file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.running import (
    AIRFLOW_2,
    AIRFLOW_2_OLDEST,
    AIRFLOW_3,
    AIRFLOW_3_OLDEST,
    LINES,
    airflow_environment,
)

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
GOLDEN_FILES = {
    "dag_file": "*/dag-*.py",
    "pod_file": "*/dag-kubernetes*.py",
    "local_file": "*/dag-local*.py",
}
"""Argument of a test to the golden files that it stands for, of all lines."""
UNSCHEDULED = "apiary/dag-kubernetes.py"
"""The golden file that is looked at in a run without a date too, where there is such a run."""
SUSPECTS = HERE / "suspects"
"""Files that warn or fail, looked at together with the golden files."""
VARIABLES = {"DB_URL": "u:$$p@$(HOST)", "REGION.NAME": "north", "LIMITS": '{"a": [1, "10:30"]}'}
"""The Airflow variables that golden DAG files ask for."""
Reports = dict[str, dict[str, Any]]
Inspect = Callable[[Path], dict[str, Any]]
InspectAll = Callable[..., Reports]


@dataclass(frozen=True)
class Environment:
    """An installed Airflow, and the line that its DAG files are made for."""

    name: str
    line: str
    python: Path


ENVIRONMENTS = (
    Environment("airflow-3", "3", AIRFLOW_3),
    Environment("airflow-3-oldest", "3", AIRFLOW_3_OLDEST),
    Environment("airflow-2", "2", AIRFLOW_2),
    Environment("airflow-2-oldest", "2", AIRFLOW_2_OLDEST),
)


def golden_files(line: str, pattern: str = GOLDEN_FILES["dag_file"]) -> list[Path]:
    """The golden DAG files of a line: those of line 2 say so in their names."""
    paths = sorted(GOLDEN.glob(pattern))
    return [path for path in paths if path.stem.endswith("-airflow-2") == (line == "2")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test in each environment, with each golden file of its line if it asks for one."""
    if "environment" not in metafunc.fixturenames:
        return
    asked = next((name for name in GOLDEN_FILES if name in metafunc.fixturenames), None)
    if asked is None:
        metafunc.parametrize("environment", ENVIRONMENTS, ids=_name, indirect=True)
        return
    pairs = [
        pytest.param(environment, path, id=f"{environment.name}-{_id(path)}")
        for environment in ENVIRONMENTS
        for path in golden_files(environment.line, GOLDEN_FILES[asked])
    ]
    metafunc.parametrize(("environment", asked), pairs, indirect=["environment"])


def _name(environment: Environment) -> str:
    return environment.name


def _id(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> str:
    """The line of Airflow that a project is compiled for and run on."""
    found: str = request.param
    return found


@pytest.fixture
def environment(request: pytest.FixtureRequest) -> Environment:
    """The newest minor of each line, then the oldest."""
    chosen: Environment = request.param
    assert chosen.python.exists(), f"{chosen.python} is missing: run `make environments`"
    return chosen


@pytest.fixture
def inspect_all(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> InspectAll:
    """Load DAG files in a real Airflow, render their templates and build their pods."""

    def run(
        *dag_files: Path, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
    ) -> Reports:
        home = tmp_path_factory.mktemp("airflow")
        answer = subprocess.run(
            [environment.python, HERE / "inspect_dag.py", *dag_files, *options],
            env={**airflow_environment(home), **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr[-3000:]
        reports: Reports = json.loads(answer.stdout)
        return reports

    return run


@pytest.fixture(scope="session")
def golden_reports() -> dict[Environment, Reports]:
    """What each environment made of its golden files, as far as it was asked."""
    return {}


@pytest.fixture
def inspect(
    inspect_all: InspectAll, environment: Environment, golden_reports: dict[Environment, Reports]
) -> Inspect:
    """What a real Airflow makes of a golden DAG file; it loads all at once, to save minutes."""
    if environment not in golden_reports:
        variables = {f"AIRFLOW_VAR_{name}": value for name, value in VARIABLES.items()}
        line = environment.line
        suspects = (SUSPECTS / f"deprecated_{line}.py", SUSPECTS / "gone.py")
        golden_reports[environment] = inspect_all(
            *golden_files(line), *suspects, options=_unscheduled(line), env=variables
        )
    reports = golden_reports[environment]
    return lambda path: reports[str(path)]


def _unscheduled(line: str) -> tuple[str, ...]:
    """Every run of Airflow 2 has a logical date."""
    return () if line == "2" else ("--unscheduled", str(GOLDEN / UNSCHEDULED))
