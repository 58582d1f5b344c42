"""Whole DAG files, word for word: what a reviewer of a generated DAG sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kairflow.ir import digest
from kairflow.lower.airflow.dag_file import dag_digest
from kairflow.lower.airflow.options import Runtime
from tests.lower.airflow.golden import CASES, GOLDEN, RUNS, Run, dag_paths, document_of, product
from tests.lower.airflow.reading import read_dag

ROOT = Path(__file__).parents[3]


def _id(run: Run) -> str:
    return f"{run.case}-{run.place}"


@pytest.mark.parametrize("run", RUNS, ids=_id)
def test_the_text_is_the_golden_one(run: Run, update_golden: bool) -> None:
    name, text = product(run)
    path = GOLDEN / run.case / name
    if update_golden:
        for old in run.names:
            (GOLDEN / run.case / old).unlink(missing_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), "run `make golden` and read what it wrote"
    assert path.read_bytes().decode() == text


def test_every_golden_file_belongs_to_a_run() -> None:
    names = {(run.case, product(run)[0]) for run in RUNS}
    found = {(path.parent.name, path.name) for path in GOLDEN.glob("*/*.*")}
    assert found == names | {(case, "ir.json") for case in CASES}


def test_the_cases_cover_both_runtimes_both_lines_and_a_refusal() -> None:
    assert {"apiary", "cycles", "full", "hostile", "minimal", "spark"} <= set(CASES)
    clusters = {"dataproc", "dataproc-serverless", "spark-kubernetes", "spark-operator"}
    assert {*clusters, "spark-custom"} <= set(CASES)
    assert {(run.runtime, run.line.value) for run in RUNS} == {
        (runtime, line) for runtime in Runtime for line in ("2", "3")
    }
    refused = sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.glob("*/refused-*"))
    assert refused == ["spark/refused-kubernetes-airflow-2.txt", "spark/refused-kubernetes.txt"]


def test_formatting_changes_nothing() -> None:
    command = ["ruff", "format", "--isolated", "--diff", *map(str, dag_paths())]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize(("line", "rules"), [("3", "AIR,F,I,E9"), ("2", "F,I,E9")])
def test_linting_finds_nothing_deprecated_unsorted_or_undefined(line: str, rules: str) -> None:
    """What line 2 must import is deprecated on line 3, so the rules of Airflow 3 are not for it."""
    # A custom operator is named by the project, and called without a function between.
    named_by_others = "tests/golden/spark-custom/*:AIR001"
    options = ["--isolated", "--preview", "--select", rules, "--no-cache"]
    options += ["--per-file-ignores", named_by_others]
    command = ["ruff", "check", *options, "--ignore-noqa", *map(str, dag_paths(line))]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", dag_paths(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_file_bears_its_own_digest_and_that_of_its_ir(path: Path) -> None:
    text = path.read_bytes().decode()
    own, source = dag_digest(text), digest(document_of(path.parent.name))
    assert text.splitlines()[2:4] == [
        f"# kairflow_ir 1.0 sha256:{source}",
        f"# kairflow_dag sha256:{own}",
    ]
    tags = read_dag(text).tags
    assert f"kairflow_dag:{own[:16]}" in tags
    assert f"kairflow_ir:{source[:16]}" in tags


def test_an_update_is_refused_where_nobody_reads_the_diff() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--update-golden", "--collect-only", __file__],
        cwd=ROOT,
        env={**os.environ, "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "CI is set" in done.stderr
