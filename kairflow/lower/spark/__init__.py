"""The files that Spark jobs run: runner, initialisation script, launcher of the local runtime."""

from kairflow.lower.spark.init_script import Installation, init_script_text
from kairflow.lower.spark.launcher import launcher_text
from kairflow.lower.spark.runner import generic_runner_text, runner_text

__all__ = [
    "Installation",
    "generic_runner_text",
    "init_script_text",
    "launcher_text",
    "runner_text",
]
