"""A real MLflow tracking server on a database of its own, and a reader of what it holds."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.airflow.running import ROOT

PYTHON = ROOT / ".venvs" / "kedro-mlflow" / "bin" / "python"
PATIENCE = 600
# Jobs are eight more Pythons, which no test asks for.
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
# A test run that is killed takes its server along.
WITH_PARENT = ("setpriv", "--pdeathsig", "TERM")
Json = dict[str, Any]


class Mlflow:
    """A running tracking server."""

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def experiments(self) -> list[Json]:
        """Return all experiments, the deleted ones too."""
        return self._all("experiments", {"view_type": "ALL"})

    def runs(self, experiment: str) -> list[Json]:
        """Return all runs of an experiment by its name, the newest first."""
        named = [item for item in self.experiments() if item["name"] == experiment]
        ids = [item["experiment_id"] for item in named]
        return self._all("runs", {"experiment_ids": ids, "run_view_type": "ALL"}) if ids else []

    def post(self, path: str, body: Json) -> Json:
        """Call the REST API below /api/2.0/mlflow."""
        answer = self.client.post(f"/api/2.0/mlflow/{path}", json=body)
        found: Json = answer.raise_for_status().json()
        return found

    def _all(self, noun: str, body: Json) -> list[Json]:
        found: list[Json] = self.post(f"{noun}/search", {**body, "max_results": 1000}).get(noun, [])
        return found


def tags(run: Json) -> dict[str, str]:
    """Return the tags of a run as a mapping."""
    return {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}


@contextmanager
def mlflow_server(folder: Path) -> Iterator[Mlflow]:
    """Start a server in a folder, and wait until it answers."""
    assert PYTHON.exists(), f"{PYTHON} is missing: run `make environments`"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    artifacts = ["--artifacts-destination", str(folder / "artifacts")]
    log = folder / "mlflow.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [*WITH_PARENT, PYTHON, "-m", "mlflow", "server", *where, *store, *artifacts],
            cwd=folder,
            env={**os.environ, "DO_NOT_TRACK": "1", **QUIET},
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    mlflow = Mlflow(port, folder)
    try:
        _wait(mlflow, server, log)
        yield mlflow
    finally:
        mlflow.client.close()
        _end(server)


def _wait(mlflow: Mlflow, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < end:
        try:
            if mlflow.client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"MLflow did not start: {log.read_text(encoding='utf-8')[-3000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server with its workers, which are in a session of their own."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
