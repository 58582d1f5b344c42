"""The local DAG of the Spark example, run by real Airflow: it leaves the tables of `kedro run`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.airflow.compiling import as_processes, compile_project
from tests.airflow.running import AIRFLOW_2, AIRFLOW_3, run_dag
from tests.spark.running import (
    SPARK_3,
    SPARK_4,
    SparkLine,
    copy_orchard,
    kedro,
    spark_environment,
    succeeded,
)
from tests.spark.tables import tables_of

PAIRS = [("3", AIRFLOW_3, SPARK_4), ("2", AIRFLOW_2, SPARK_3)]
"""A line of Airflow with each line of Spark; Spark does not know who starts it."""


@pytest.mark.parametrize(("line", "airflow", "spark"), PAIRS, ids=["newest", "oldest"])
def test_airflow_leaves_the_tables_that_plain_kedro_leaves(
    line: str, airflow: Path, spark: SparkLine, tmp_path: Path
) -> None:
    plain, ours = (copy_orchard(spark, tmp_path / name) for name in ("plain", "ours"))
    succeeded(kedro(spark, plain, "run"))
    home = tmp_path / "airflow"
    options = (*as_processes(ours, str(spark.python)), "--airflow", line)
    dag_file = compile_project(ours, home / "dags", lower=options, python=spark.python)
    run = run_dag(dag_file, home, airflow, env=spark_environment(spark))
    log = run.log.read_text(encoding="utf-8", errors="replace")
    assert run.succeeded, log[-6000:]
    states = {task.task_id: task.state for task in run.tasks}
    assert states["clean_pickings--compute_revenue"] == "success"
    assert states["plan_storage"] == "success"
    assert len(states) == 6
    expected = tables_of(spark, plain)
    assert len(expected) >= 7
    assert tables_of(spark, ours) == expected
