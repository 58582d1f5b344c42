"""What clearing a task does to the volume of its run: as the documentation says, on both lines."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.airflow.cluster_project import IMAGE, compile_dag, image_of, make_project
from tests.airflow.running import LINES, airflow_environment, run_dag
from tests.services.cluster import cluster

FIRST, SECOND = "clean_hives", "clean_weighings--weekly_gains"
NODES = "clean_hives,clean_weighings,check_weighings,weekly_gains"
CREATE, FILL, DELETE = "create_pipeline_storage", "data_volume_init", "delete_pipeline_storage"


def cleared(home: Path, python: Path, task: str, *options: str) -> set[str]:
    """Clear a task of the only run, and return the tasks that have lost their state."""
    command = ["tasks", "clear", "--yes", "--task-regex", task, *options, "apiary"]
    done = subprocess.run(
        [python, "-m", "airflow", *command],
        env=airflow_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        rows = database.execute("SELECT task_id FROM task_instance WHERE state IS NULL")
        found = {task_id for (task_id,) in rows}
        database.execute("UPDATE task_instance SET state = 'success'")
        database.commit()
    return found


@pytest.mark.parametrize("keep", ["never", "on_failure"])
def test_clearing_does_what_the_readme_says(tmp_path: Path, line: str, keep: str) -> None:
    project = make_project(tmp_path, {"volume": {"keep": keep}})
    home, python = tmp_path / "airflow", LINES[line]
    dag_file = compile_dag(project, home / "dags", line, "--nodes", NODES)
    with cluster(tmp_path, {IMAGE: image_of(project)}) as running:
        run = run_dag(dag_file, home, python, env=running.env)
        assert run.succeeded, run.log.read_text(encoding="utf-8")[-3000:]
        assert [claim["removed"] for claim in running.claims()] == [True]
    assert {task.task_id for task in run.tasks} == {FIRST, SECOND, CREATE, FILL, DELETE}
    only_second = cleared(home, python, SECOND)
    with_what_follows = cleared(home, python, SECOND, "--downstream")
    from_the_start = cleared(home, python, CREATE, "--downstream")
    assert from_the_start == {FIRST, SECOND, CREATE, FILL, DELETE}
    if keep == "never":  # a fresh volume, which lacks what the first task wrote
        assert only_second == with_what_follows == {SECOND, CREATE, FILL, DELETE}
    else:  # the volume that the failed run left
        assert only_second == {SECOND}
        assert with_what_follows == {SECOND, DELETE}
