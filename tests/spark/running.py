"""Run scripts with real spark-submit, on each line of Spark and the line of Kedro beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ORCHARD = ROOT / "tests" / "projects" / "orchard"
SECONDS = 300
"""More than any job takes; a job that hangs must not hang the suite."""

Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class SparkLine:
    """An environment with a Spark, and the Kedro that it has."""

    name: str
    kedro: str

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return ROOT / ".venvs" / self.name / "bin" / "python"

    @property
    def spark_submit(self) -> Path:
        """The spark-submit of its pyspark."""
        return self.python.parent / "spark-submit"


SPARK_4 = SparkLine("kedro-spark-4", "1.7.0")
SPARK_3 = SparkLine("kedro-spark-3", "0.19.15")
LINES = (SPARK_4, SPARK_3)


def copy_orchard(line: SparkLine, folder: Path) -> Path:
    """Copy the example project, as its author would have written it for this line of Kedro.

    Kedro 0.19 refuses a project of Kedro 1, and the datasets that go with it have one kind of Spark
    dataset only.
    """
    shutil.copytree(ORCHARD, folder)
    pyproject, catalog = folder / "pyproject.toml", folder / "conf" / "base" / "catalog.yml"
    version = f'kedro_init_version = "{line.kedro}"'
    _rewrite(pyproject, 'kedro_init_version = ".*"', version)
    if line is SPARK_3:
        _rewrite(catalog, "SparkDatasetV2", "SparkDataset")
    return folder


def _rewrite(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"))
    assert count > 0, f"{file} has no {pattern}"
    file.write_text(text, encoding="utf-8")


def spark_environment(line: SparkLine, **env: str) -> dict[str, str]:
    """Return an environment in which Spark stays on this machine and has the line's Python."""
    ambient = {k: v for k, v in os.environ.items() if not k.startswith(("KEDRO", "PYTHON"))}
    own = {
        "COLUMNS": "1000",
        "DO_NOT_TRACK": "1",
        "PYSPARK_PYTHON": str(line.python),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    return {**ambient, **own, **env}


def submit(
    line: SparkLine, script: Path, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> Answer:
    """Run a script as a job of a local Spark."""
    settings = ("--master", "local[2]", "--conf", "spark.ui.enabled=false")
    command: list[str | Path] = [line.spark_submit, *settings, script, *arguments]
    return run(command, cwd, spark_environment(line, **(env or {})))


def kedro(line: SparkLine, project: Path, *arguments: str) -> Answer:
    """Run Kedro in a project, as a person does."""
    return run([line.python, "-m", "kedro", *arguments], project, spark_environment(line))


def run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> Answer:
    """Run a command and return what it said, standard error last."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=SECONDS,
        check=False,
    )


def succeeded(answer: Answer) -> str:
    """Return all that a command said, and fail unless it went well."""
    said = answer.stdout + answer.stderr
    assert answer.returncode == 0, said[-6000:]
    return said
