"""The same nodes give the same bytes on every Python that we support."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lower.codegen import corpus

ROOT = Path(__file__).parents[3]
LINES = ("3.10", "3.11", "3.12", "3.13", "3.14")


def _interpreter(line: str) -> str | None:
    versions = Path.home() / ".pyenv" / "versions"
    installed = sorted(versions.glob(f"{line}.*/bin/python"))
    return str(installed[-1]) if installed else shutil.which(f"python{line}")


def _others() -> dict[str, str]:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {line: _interpreter(line) for line in LINES if line != own}
    return {line: path for line, path in found.items() if path is not None}


def _start(interpreter: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [interpreter, "-m", "tests.lower.codegen.corpus"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_other_pythons_print_the_same_bytes() -> None:
    started = {line: _start(interpreter) for line, interpreter in _others().items()}
    if not started:
        pytest.skip("no other Python here")
    own = (corpus.digest() + "\n", "")
    assert {line: process.communicate() for line, process in started.items()} == dict.fromkeys(
        started, own
    )
