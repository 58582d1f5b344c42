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
    """Export and lower a project through a pipe; return the DAG file.

    `python` exports: its Kedro must be of the line that the project was made for.
    """
    exported = subprocess.run(
        [python, "-m", "kairflow", "export", "--project", project, *export],
        capture_output=True,
        check=False,
    )
    assert exported.returncode == 0, exported.stderr.decode()
    lowered = subprocess.run(
        [*KAIRFLOW, "lower", "-o", dags, *lower],
        input=exported.stdout,
        capture_output=True,
        check=False,
    )
    assert lowered.returncode == 0, lowered.stderr.decode()
    (dag_file,) = dags.glob("*.py")
    return dag_file


def as_processes(project: Path, python: str = sys.executable) -> tuple[str | Path, ...]:
    """Return the options that lower a project to processes of the worker."""
    return ("--runtime", "local", "--project-dir", project, "--python", python)
