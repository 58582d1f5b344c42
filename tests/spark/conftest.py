"""The lines of Spark that every test here runs on, and the IR of the example project."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kairflow.ir import read_document
from kairflow.ir.model import Document
from tests.spark.running import LINES, ORCHARD, SparkLine

Exported = Callable[..., Document]


@pytest.fixture(params=LINES, ids=lambda line: line.name)
def line(request: pytest.FixtureRequest) -> SparkLine:
    """A Spark, and the Kedro beside it."""
    found: SparkLine = request.param
    for program in (found.python, found.spark_submit):
        assert program.exists(), f"{program} is missing: run `make environments`"
    return found


@pytest.fixture(scope="session")
def exported() -> Exported:
    """Export the example project, where there is no Spark; say how its archive is called."""

    def export(*options: str, archive: dict[str, str] | None = None, **spark: Any) -> Document:
        answer = subprocess.run(
            [sys.executable, "-m", "kairflow", "export", "--project", ORCHARD, *options],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        ir = json.loads(answer.stdout)
        ir["archive"] = archive or {"name": "orchard.tar.gz", "sha256": "0" * 64}
        ir["deployment"]["run_config"]["spark"].update(spark)
        return read_document(json.dumps(ir))

    return export


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Where the scripts of jobs lie: not in the project."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    return folder
