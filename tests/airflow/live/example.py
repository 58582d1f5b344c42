"""The whole road: the example project, with parameters, becomes a green run with its outputs."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter

from tests.airflow.compiling import EXAMPLE
from tests.airflow.live.site import Site, from_project

CHANGE = re.compile(r"\d\d:\d\d:\d\d (task \S+|run): (\w+)(?: after [\d.]+ s)?")


def test_the_example_runs_to_success_with_its_parameters(site: Site) -> None:
    project = site.folder / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    params = ("--param", "season=2023", "--param", "linear.options={alpha: 0.25}")
    answer = site.kairflow("run-once", *from_project(project, "bees"), *params, "--wait")
    assert answer.stdout == ""

    run = site.only_run("bees")
    assert run["state"] == "success"
    assert run["conf"] == {"season": 2023, "linear.options": {"alpha": 0.25}}
    tasks = site.tasks("bees", run["dag_run_id"])
    assert len(tasks) == 9
    assert set(tasks.values()) == {"success"}
    dag = site.dag("bees")
    assert (dag["is_paused"], site.schedule_of("bees")) == (False, None)

    metrics = json.loads((project / "data/08_reporting/metrics.json").read_text(encoding="utf-8"))
    assert metrics["season"] == 2023
    card = json.loads((project / "data/07_model_output/settings_card.json").read_text("utf-8"))
    assert card["settings"]["linear"]["options"]["alpha"] == 0.25

    changes = [found.groups() for line in answer.stderr.splitlines() if (found := _change(line))]
    assert set(Counter(changes).values()) == {1}
    ended = {name for name, state in changes if state == "success"}
    assert ended == {"run", *(f"task {task}" for task in tasks)}
    assert f"run {run['dag_run_id']} succeeded" in answer.stderr


def _change(line: str) -> re.Match[str] | None:
    return CHANGE.fullmatch(line)
