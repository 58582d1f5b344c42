"""A DAG that must be there and is not: on line 2 the run fails at once, before any node.

That a sensor finds the run it waits for is in `test_documented.py`, on both lines. A sensor that
gives up takes more than a minute, which no test waits for: its timeout is in whole minutes.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from tests.airflow.cluster_project import make_project
from tests.airflow.running import AIRFLOW_2, run_dag
from tests.airflow.test_versions_of_a_run import PROBE, compile_versioned


def test_a_missing_dag_fails_the_run_at_once(tmp_path: Path) -> None:
    awaited = {"dag_id": "nowhere", "check_existence": True}
    project = make_project(tmp_path, {"external_dependencies": [awaited]}, PROBE)
    shutil.rmtree(project / "data", ignore_errors=True)
    dag_file = compile_versioned(project, tmp_path / "dags", "2")
    run = run_dag(dag_file, tmp_path / "airflow", AIRFLOW_2, logical_date=date(2026, 1, 2))
    assert not run.succeeded
    states = sorted(task.state for task in run.tasks)
    assert states == ["failed", "upstream_failed", "upstream_failed"]
    assert "The external DAG nowhere does not exist." in run.log.read_text(encoding="utf-8")
    assert not (project / "data").exists()
