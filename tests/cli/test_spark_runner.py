"""`kairflow spark-runner` as the author of a Dockerfile meets it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from kairflow.lower.spark import generic_runner_text
from tests.cli.conftest import ROOT, Run

BARE = ROOT / ".venvs" / "bare" / "bin" / "python"


def test_the_script_goes_to_standard_output(kairflow: Run) -> None:
    answer = kairflow("spark-runner")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == generic_runner_text()
    ast.parse(answer.stdout)


def test_a_folder_gets_it_under_the_name_of_the_example(kairflow: Run, tmp_path: Path) -> None:
    answer = kairflow("spark-runner", "-o", tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "spark_run.py").read_text(encoding="utf-8") == generic_runner_text()
    assert "run_config.spark.cluster_config.run_script" in answer.stderr
    assert "COPY spark_run.py /home/kedro/" in kairflow("spark-runner", "--help").stdout


def test_the_answer_for_programs(kairflow: Run, tmp_path: Path) -> None:
    answer = kairflow("spark-runner", "--json", "-o", tmp_path / "run.py")
    (file,) = json.loads(answer.stdout)["files"]
    assert file == {"file": str(tmp_path / "run.py"), "changed": True}


def test_it_needs_neither_kedro_nor_spark(kairflow: Run) -> None:
    answer = kairflow("spark-runner", python=str(BARE))
    assert answer.stdout == generic_runner_text(), answer.stderr
