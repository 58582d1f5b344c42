"""Collect printed modules, and ask ruff about all of them at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.printer import print_module

RUFF = (sys.executable, "-m", "ruff")


def examples(strategy: st.SearchStrategy[Any], count: int, number: int = 0) -> list[Any]:
    """Draw the same values in every run; ruff is too slow to be asked about them one by one."""
    drawn: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    return drawn


def reformatted(texts: Iterable[str], folder: Path) -> list[tuple[str, str]]:
    """Return each text that `ruff format` changes, with what it makes of it."""
    files = {folder / f"m{position:05}.py": text for position, text in enumerate(texts)}
    for path, text in files.items():
        path.write_bytes(text.encode())
    done = subprocess.run(
        [*RUFF, "format", "--isolated", "--quiet", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    after = {path: path.read_bytes().decode() for path in files}
    return [(text, after[path]) for path, text in files.items() if text != after[path]]


def lint(texts: Iterable[str], folder: Path, rules: str) -> str:
    """Return what `ruff check` says of the texts under these rules alone."""
    for position, text in enumerate(texts):
        (folder / f"m{position:05}.py").write_bytes(text.encode())
    done = subprocess.run(
        [*RUFF, "check", "--isolated", "--select", rules, "--quiet", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def one(statement: Any) -> nodes.Module:
    return nodes.Module(body=(statement,))


def source(*statements: Any) -> str:
    """Print statements and drop the last line break."""
    return print_module(nodes.Module(body=statements)).rstrip("\n")


def shape(text: str) -> str:
    """Dump the tree of a program with every string left out."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
