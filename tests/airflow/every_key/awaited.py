"""DAGs that others wait for: one task each, run in a real Airflow for a moment of choice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.airflow.running import LINES, run_dag

IMPORTS = {
    "3": "from airflow.sdk import DAG\n"
    "from airflow.providers.standard.operators.empty import EmptyOperator\n",
    "2": "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\n",
}
DAG_FILE = """\
from datetime import datetime, timezone
{imports}
with DAG("{dag_id}", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=timezone.utc)):
    EmptyOperator(task_id="{task_id}")
"""


def run_awaited(
    folder: Path, home: Path, line: str, dag_id: str, task_id: str, moment: datetime
) -> None:
    """Run a DAG once in the Airflow at `home`; its file stays there."""
    dag_file = folder / f"{dag_id}.py"
    text = DAG_FILE.format(imports=IMPORTS[line], dag_id=dag_id, task_id=task_id)
    dag_file.write_text(text, encoding="utf-8")
    assert run_dag(dag_file, home, LINES[line], logical_date=moment).succeeded
