"""Run the command line as a shell does: another process, its own streams and exit code."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.driver import Driver, driver
from tests.services.faulty_airflow import Server, faulty_server

ROOT = Path(__file__).parents[2]
PROJECTS = ROOT / "tests" / "projects"
APIARY = PROJECTS / "apiary"
DATAPROC = ROOT / "tests" / "golden" / "dataproc" / "ir.json"
ARCHIVE = b"what git tracks, packed"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The command line, loaded once."""
    with driver(tmp_path_factory.mktemp("streams")) as running:
        yield running


@pytest.fixture
def kairflow(loaded: Driver) -> Run:
    """Return a function that runs `kairflow` with arguments, standard input and environment.

    With another Python it is a start from nothing, as a shell does it.
    """

    def run(
        *arguments: str | Path, stdin: str = "", python: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        words = [*map(str, arguments)]
        ambient = {k: v for k, v in os.environ.items() if not k.startswith("KEDRO")}
        if python is None:
            return loaded.run(words, {**ambient, **env}, stdin)
        return subprocess.run(
            [python, "-m", "kairflow", *words],
            input=stdin,
            env={**ambient, **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has nothing of what it is asked for, until it is told what to play."""
    with faulty_server() as running:
        yield running


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


@pytest.fixture
def spark_ir(tmp_path: Path) -> Path:
    """An IR whose jobs fetch files from the folder `artifacts`; its archive lies beside it."""
    document = json.loads(DATAPROC.read_text(encoding="utf-8"))
    digest = hashlib.sha256(ARCHIVE).hexdigest()
    document["archive"] = {"name": f"shop-{digest[:16]}.tar.gz", "sha256": digest}
    document["deployment"]["run_config"]["spark"]["artifacts_path"] = str(tmp_path / "artifacts")
    folder = tmp_path / "exported"
    folder.mkdir()
    (folder / document["archive"]["name"]).write_bytes(ARCHIVE)
    (folder / "ir.json").write_text(json.dumps(document), encoding="utf-8")
    return folder / "ir.json"
