"""DAGs that others wait for: one task each, to be run in a real Airflow for a moment of choice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

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


def place_awaited(home: Path, line: str, *awaited: tuple[str, str, datetime]) -> list[list[str]]:
    """Write DAGs with one task each; return the commands of Airflow that run each for its moment.

    On line 2 a sensor that checks whether a DAG exists asks the database, which `dags test` does
    not tell.
    """
    dags = home / "dags"
    dags.mkdir(parents=True, exist_ok=True)
    for dag_id, task_id, _ in awaited:
        text = DAG_FILE.format(imports=IMPORTS[line], dag_id=dag_id, task_id=task_id)
        (dags / f"{dag_id}.py").write_text(text, encoding="utf-8")
    runs = [["dags", "test", dag_id, moment.isoformat()] for dag_id, _, moment in awaited]
    return [*runs, *([["dags", "reserialize"]] if line == "2" else [])]
