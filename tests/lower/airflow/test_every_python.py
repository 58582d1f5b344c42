"""The same IR gives the same bytes on every Python that we support, whatever its hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.lower.airflow.corpus import digests

ROOT = Path(__file__).parents[3]
UV = ROOT / ".venvs" / "uv" / "bin" / "uv"
LINES = ("3.10", "3.12", "3.13")


def run_corpus(python: str | Path, seed: str) -> str:
    done = subprocess.run(
        [python, "-m", "tests.lower.airflow.corpus"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment_of(line: str) -> Path:
    """Return the interpreter of an environment with pydantic alone; make it the first time."""
    installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{line}.*/bin/python"))
    if not installed or not UV.exists():
        pytest.skip(f"no Python {line} here")
    home = ROOT / ".venvs" / f"python-{line}"
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        pydantic = f"pydantic=={metadata.version('pydantic')}"
        commands: tuple[list[str | Path], ...] = (
            ["venv", "--quiet", "--clear", "--python", installed[-1], home],
            ["pip", "install", "--quiet", "--python", python, pydantic],
        )
        for command in commands:
            made = subprocess.run(
                [UV, *command],
                env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode != 0:
                pytest.skip(f"no environment for Python {line}: {made.stderr.strip()[:200]}")
        (home / ".ready").touch()
    return python


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_the_hash_seed_changes_nothing(seed: str) -> None:
    assert run_corpus(sys.executable, seed) == digests()


@pytest.mark.parametrize("line", LINES)
def test_another_python_changes_nothing(line: str) -> None:
    assert run_corpus(environment_of(line), "2") == digests()
