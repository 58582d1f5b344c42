"""The runners, run by real spark-submit: a job does what `kedro run` does, failures included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kairflow.ir.model import Document, Engine
from kairflow.lower.airflow.kedro_run import params_text
from kairflow.lower.spark import generic_runner_text
from kairflow.lower.spark.artefacts import spark_artefacts
from tests.spark.conftest import Exported
from tests.spark.running import SparkLine, copy_orchard, kedro, submit, succeeded

SPARK_GROUPS = {
    "clean_pickings--compute_revenue": (
        *("clean_pickings", "sum_yields", "set_prices", "compute_revenue"),
    ),
    "plan_storage": ("plan_storage",),
}
TABLES = ("report.csv", "storage_plan.csv")
VERSION = "2024-01-31T23.59.59.123456Z"


def tables(project: Path) -> dict[str, str]:
    """Return what a run reports, byte for byte."""
    folder = project / "data" / "08_reporting"
    found = {name: (folder / name).read_text(encoding="utf-8") for name in TABLES}
    (card,) = (folder / "settings_card.json").glob("*/settings_card.json")
    return {**found, "settings_card.json": card.read_text(encoding="utf-8")}


def place_runners(document: Document, folder: Path) -> dict[str, Path]:
    """Write the runners of a document as they would be uploaded; return each group's."""
    runners = [file for file in spark_artefacts(document) if file.name.endswith(".py")]
    for runner in runners:
        (folder / runner.name).write_text(runner.text, encoding="utf-8")
    groups = [group.id for group in document.groups if group.engine is Engine.SPARK]
    return dict(zip(groups, (folder / runner.name for runner in runners), strict=True))


PARAMS = "--params=pickings.lightest_kg=2.5,prices.surcharge.Cox=0.4,season=2023"


def test_the_jobs_leave_what_plain_kedro_leaves(
    line: SparkLine, exported: Exported, tmp_path: Path, scripts: Path
) -> None:
    document = exported(PARAMS)
    spark = {group.id: group.nodes for group in document.groups if group.engine is Engine.SPARK}
    assert spark == SPARK_GROUPS
    plain, ours = (copy_orchard(line, tmp_path / name) for name in ("plain", "ours"))
    succeeded(kedro(line, plain, "run", PARAMS))
    runners = place_runners(document, scripts)
    home = {"PROJECT_HOME": str(ours), "PYTHONPATH": str(ours / "src")}
    for group in document.groups:
        if group.engine is Engine.SPARK:
            succeeded(submit(line, runners[group.id], cwd=scripts, env=home))
        else:
            succeeded(kedro(line, ours, "run", PARAMS, f"--nodes={','.join(group.nodes)}"))
    assert tables(ours) == tables(plain)
    assert tables(ours)["report.csv"].count("\n") > 3


LOGGING = """
version: 1
formatters: {ours: {format: "ours: %(message)s"}}
handlers: {console: {class: logging.StreamHandler, formatter: ours}}
loggers: {}
root: {level: INFO, handlers: [console]}
"""


def test_a_job_is_told_environment_version_and_parameters_exactly(
    line: SparkLine, tmp_path: Path, scripts: Path
) -> None:
    project = copy_orchard(line, tmp_path / "project")
    runner, logging = scripts / "spark_run.py", scripts / "logging, a=b.yml"
    runner.write_text(generic_runner_text(), encoding="utf-8")
    logging.write_text(LOGGING, encoding="utf-8")
    given: dict[str, Any] = {
        "season": "10:30",
        "pickings.excluded_trees": ["a, b", "10:30", None, {"c": [1, 2.5, True]}],
        "prices.surcharge": {'it\'s "quoted"': "x=y", "empty": "", "snow": "雪\n"},
    }
    said = succeeded(
        submit(
            line,
            runner,
            f"KEDRO_LOGGING_CONFIG={logging}",
            f"PROJECT_HOME={project}",
            "run",
            "--runner=ThreadRunner",
            f"--params={params_text(given)}",
            f"--dataset-version={VERSION}",
            "--nodes=write_settings_card",
            cwd=scripts,
        )
    )
    assert "ours: Completed" in said, "Kedro was imported before its environment was set"
    folder = project / "data" / "08_reporting" / "settings_card.json"
    assert [path.name for path in folder.iterdir()] == [VERSION]
    card = json.loads((folder / VERSION / "settings_card.json").read_text(encoding="utf-8"))
    assert {name: card[name.partition(".")[2] or name] for name in given} == given


def test_a_failing_node_fails_the_job_and_says_why(
    line: SparkLine, tmp_path: Path, scripts: Path
) -> None:
    project = copy_orchard(line, tmp_path / "project")
    (project / "data" / "01_raw" / "trees.csv").unlink()
    runner = scripts / "spark_run.py"
    runner.write_text(generic_runner_text(), encoding="utf-8")
    env = {"PROJECT_HOME": str(project)}
    answer = submit(line, runner, "run", "--nodes=clean_trees", cwd=scripts, env=env)
    assert answer.returncode != 0
    said = answer.stdout + answer.stderr
    assert "Traceback" in said
    assert "trees.csv" in said
