"""Run the command line as a shell does: another process, its own streams and exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = ROOT / "tests" / "projects"
APIARY = PROJECTS / "apiary"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kairflow() -> Run:
    """Return a function that runs `kairflow` with arguments, standard input and environment."""

    def run(
        *arguments: str | Path, stdin: str = "", python: str = sys.executable, **env: str
    ) -> subprocess.CompletedProcess[str]:
        ambient = {k: v for k, v in os.environ.items() if not k.startswith("KEDRO")}
        return subprocess.run(
            [python, "-m", "kairflow", *map(str, arguments)],
            input=stdin,
            env={**ambient, **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def apiary_ir(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The IR of the example project."""
    answer = subprocess.run(
        [sys.executable, "-m", "kairflow", "export", "--project", APIARY],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return answer.stdout
