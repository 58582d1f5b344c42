"""What spark-submit runs: it becomes Kedro's command line, in its own process."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

# Lowering writes these.
PROJECT_HOME = "/home/kedro"
ARGUMENTS: list[str] = []
RUN_WITH_VERSION = ""

VERSION = "--dataset-version="


def main(given: list[str]) -> None:
    """Run Kedro in the project; the arguments of this file come first."""
    arguments = [*ARGUMENTS, *set_environment(given)]
    enter_project()
    versions = [item for item in arguments if item.startswith(VERSION)]
    told = [item for item in arguments if item not in versions]
    # Kedro is imported only now: it, and what it brings, read the environment when they are.
    if versions:
        sys.argv = ["kedro", versions[-1][len(VERSION) :], *told]
        code = compile(RUN_WITH_VERSION, "RUN_WITH_VERSION", "exec")
        exec(code, {"__name__": "__main__"})
    else:
        sys.argv = ["kedro", *told]
        runpy.run_module("kedro", run_name="__main__")


def set_environment(given: list[str]) -> list[str]:
    """Put what leads as NAME=VALUE into the environment, and return the rest."""
    rest = list(given)
    while rest and "=" in rest[0] and not rest[0].startswith("-"):
        name, value = rest.pop(0).split("=", 1)
        os.environ[name] = value
    return rest


def enter_project() -> None:
    """Make the project's folder the current one, if there is a project in it."""
    home = Path(os.environ.get("PROJECT_HOME") or PROJECT_HOME).resolve()
    pyproject = home / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8") if pyproject.is_file() else ""
    if "[tool.kedro]" not in text:
        raise SystemExit(f"No Kedro project in {home}: set PROJECT_HOME to its folder.")
    os.chdir(home)
