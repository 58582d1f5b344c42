"""From a project to its DAG file through the commands, as a user does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.airflow.running import ROOT

EXAMPLE = ROOT / "tests" / "projects" / "apiary"
KAIRFLOW = (sys.executable, "-m", "kairflow")


def compile_project(
    project: Path,
    dags: Path,
    *,
    export: Sequence[str] = (),
    lower: Sequence[str | Path] = (),
    python: str | Path = sys.executable,
) -> Path:
    """Export and lower a project; return the DAG file, which is the only one of its folder."""
    lower_document(export_project(project, *export, python=python), dags, *lower)
    (dag_file,) = dags.glob("*.py")
    return dag_file


def export_project(project: Path, *options: str, python: str | Path = sys.executable) -> bytes:
    """Return a project's IR.

    `python` exports: its Kedro must be of the line that the project was made for.
    """
    exported = subprocess.run(
        [python, "-m", "kairflow", "export", "--project", project, *options],
        capture_output=True,
        check=False,
    )
    assert exported.returncode == 0, exported.stderr.decode()
    return exported.stdout


def lower_document(document: bytes, dags: Path, *options: str | Path) -> None:
    """Add the DAG file of an IR, and what belongs to it, to a folder."""
    lowered = subprocess.run(
        [*KAIRFLOW, "lower", "-o", dags, *options], input=document, capture_output=True, check=False
    )
    assert lowered.returncode == 0, lowered.stderr.decode()


def as_processes(project: Path, python: str = sys.executable) -> tuple[str | Path, ...]:
    """Return the options that lower a project to processes of the worker."""
    return ("--runtime", "local", "--project-dir", project, "--python", python)
