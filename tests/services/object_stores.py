"""Real servers that stand for S3 and Google Cloud Storage, in memory, on free ports."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.airflow.running import ROOT

PYTHON = ROOT / ".venvs" / "stores" / "bin" / "python"
PATIENCE = 300
# A test run that is killed takes its server along.
WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
MOTO = "import sys; from moto.server import main; main(sys.argv[1:])"
EMULATOR = "import sys; from gcp_storage_emulator.__main__ import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class ObjectStore:
    """A running server; `env` is what leads a client to it, `log` names every request."""

    url: str
    env: dict[str, str]
    log: Path

    def requests(self, verb: str) -> int:
        """Count the requests with this verb since the server started."""
        return self.log.read_text(encoding="utf-8").count(f"{verb} /")

    def make_bucket(self, name: str) -> None:
        """Make a bucket over the server's own protocol, so that no client is trusted with it."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as client:
            if "AWS_ENDPOINT_URL" in self.env:
                answer = client.put(f"/{name}")
            else:
                answer = client.post("/storage/v1/b", json={"name": name})
        answer.raise_for_status()


@contextmanager
def s3_server(folder: Path, env: dict[str, str] | None = None) -> Iterator[ObjectStore]:
    """Start moto's S3; `env` is for the server."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    reached = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "sesame-open-7",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    log = folder / "s3.log"
    command: list[str | Path] = [PYTHON, "-c", MOTO, "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, url, log, env or {}):
        yield ObjectStore(url, reached, log)


@contextmanager
def gcs_server(folder: Path) -> Iterator[ObjectStore]:
    """Start the emulator of Google Cloud Storage."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Without the second, gcsfs asks Google itself about each bucket, and waits a minute for it.
    reached = {
        "STORAGE_EMULATOR_HOST": url,
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        "GOOGLE_CLOUD_PROJECT": "shop",
        "NO_GCE_CHECK": "true",
    }
    log = folder / "gcs.log"
    where = ["--host=127.0.0.1", f"--port={port}", "--in-memory"]
    with _running([PYTHON, "-c", EMULATOR, "start", *where], url, log, {}):
        yield ObjectStore(url, reached, log)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _running(command: list[str | Path], url: str, log: Path, env: dict[str, str]) -> Iterator[None]:
    assert PYTHON.exists(), f"{PYTHON} is missing: run `make environments`"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [*WITH_PARENT, *command],
            cwd=log.parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(server, url, log)
        yield
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < end:
        try:
            httpx.get(url, trust_env=False, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"no object store: {log.read_text(encoding='utf-8')[-3000:]}")
