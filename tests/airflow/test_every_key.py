"""Each key of the configuration, by what arrived: a pod, a claim, a call, a value in a node.

One run for each line of Airflow sets every key that does not exclude another, a second one the
rest; `every_key` has the configuration, and a check for each key.
"""

from __future__ import annotations

import pytest

from kairflow.ir.deployment import RunConfig
from tests.airflow.every_key import airflow_checks, pod_checks, service_checks, value_checks
from tests.airflow.every_key.checking import EXPECTATIONS, Runs
from tests.airflow.every_key.configuration import every_key, exclusive_keys
from tests.airflow.every_key.model_keys import changed_keys, model_keys
from tests.airflow.every_key.probing import run_every_key, run_exclusive_keys
from tests.airflow.running import LINES

TABLES = (airflow_checks, pod_checks, service_checks, value_checks)


@pytest.fixture(scope="module", params=LINES)
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The two runs on a line."""
    line: str = request.param
    full = run_every_key(tmp_path_factory.mktemp(f"full-{line}"), line)
    alone = run_exclusive_keys(tmp_path_factory.mktemp(f"alone-{line}"), line, full)
    return Runs(full, alone)


def test_every_key_has_a_check() -> None:
    assert sorted(EXPECTATIONS) == sorted(model_keys())


def test_every_key_has_another_value_than_its_default() -> None:
    url = "http://localhost"
    configs = map(RunConfig.model_validate, (every_key(url), exclusive_keys(url)))
    assert {key for config in configs for key in changed_keys(config)} == {*model_keys()}


def test_the_runs_end_as_planned(runs: Runs) -> None:
    states = {task.task_id: task.state for task in runs.full.run.tasks}
    assert states == {
        "wait_for_upstream.done": "success",
        "start_mlflow_run": "success",
        "create_pipeline_storage": "success",
        "observe": "success",
        "compare": "success",
        "break_down": "failed",
        "delete_pipeline_storage": "upstream_failed",
        "end_mlflow_run": "success",
    }
    assert runs.alone.run.succeeded
    assert [*runs.full.refused, *runs.alone.refused] == []


@pytest.mark.parametrize("key", EXPECTATIONS)
def test_what_a_key_asks_for_arrives(runs: Runs, key: str) -> None:
    EXPECTATIONS[key](runs)
