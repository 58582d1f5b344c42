"""The launcher: a program that runs one Spark group as a process on the Airflow machine."""

from __future__ import annotations

from importlib import resources


def launcher_text() -> str:
    """Return the program, for `python -c` in the project's interpreter and folder.

    Its arguments are the text of a runner, settings as `--conf NAME=VALUE`, `--`, and the arguments
    of the runner.
    """
    folder = resources.files("kairflow.lower.spark.programs")
    return folder.joinpath("launcher.py").read_text(encoding="utf-8")
