"""What clearing a task does to the volume of its run: as the documentation says, on both lines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.airflow.cluster_project import make_project
from tests.airflow.compiling import export_project, lower_document
from tests.airflow.running import LINES, airflow_environment, migrate

HERE = Path(__file__).parent
FIRST, SECOND = "clean_hives", "clean_weighings--weekly_gains"
NODES = "clean_hives,clean_weighings,check_weighings,weekly_gains"
CREATE, FILL, DELETE = "create_pipeline_storage", "data_volume_init", "delete_pipeline_storage"
KEEPING = ("never", "on_failure")
CLEARINGS = (
    ("--task-regex", SECOND),
    ("--task-regex", SECOND, "--downstream"),
    ("--task-regex", CREATE, "--downstream"),
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The example with each way of keeping its volume, which is the name of the DAG."""
    found = {}
    for keep in KEEPING:
        config = {"run_name": keep, "volume": {"keep": keep}}
        project = make_project(tmp_path_factory.mktemp("project"), config)
        found[keep] = export_project(project, "--env", "cluster", "--nodes", NODES)
    return found


def cleared(home: Path, python: Path) -> dict[str, list[set[str]]]:
    """Return the tasks of each DAG, and those that each clearing reaches."""
    asked = json.dumps(dict.fromkeys(KEEPING, CLEARINGS))
    done = subprocess.run(
        [python, HERE / "clear_tasks.py", home / "airflow.db", asked],
        env=airflow_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {
        dag_id: [set(one) for one in found] for dag_id, found in json.loads(done.stdout).items()
    }


def test_clearing_does_what_the_readme_says(
    documents: dict[str, bytes], tmp_path: Path, line: str
) -> None:
    home, python = tmp_path / "airflow", LINES[line]
    migrate(home, python)
    for document in documents.values():
        lower_document(document, home / "dags", "--airflow", line)
    found = cleared(home, python)
    everything = {FIRST, SECOND, CREATE, FILL, DELETE}
    fresh = everything - {FIRST}  # a fresh volume, which lacks what the first task wrote
    assert found["never"] == [everything, fresh, fresh, everything]
    # The volume that the failed run left.
    assert found["on_failure"] == [everything, {SECOND}, {SECOND, DELETE}, everything]
