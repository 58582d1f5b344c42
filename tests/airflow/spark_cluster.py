"""A Kubernetes API that takes every object for created: what the real Spark would run, and how.

Spark comes with its client for Kubernetes, so no cluster is needed to see which pods it makes.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.airflow.running import ROOT

SPARKS = {name: ROOT / ".venvs" / f"kedro-{name}" / "bin" for name in ("spark-3", "spark-4")}
"""The newest Spark of each line."""
PATIENCE = 600
"""Seconds after which a Spark hangs: none needs them, also on a loaded machine."""

EXECUTORS = """
import sys
from pyspark import SparkConf
from pyspark.sql import SparkSession
session = SparkSession.builder.config(conf=SparkConf().setAll(
    pair.split("=", 1) for pair in sys.argv[1:])).getOrCreate()
sys.stdin.read()
session.stop()
"""
"""A driver on this machine, whose executors are pods; it lives until its input ends."""


class Api(BaseHTTPRequestHandler):
    """Answers every request as if all went well; `objects` of the server are those it got."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        created = json.loads(self.rfile.read(length) or b"{}")
        self.server.objects.append(created)  # type: ignore[attr-defined]
        metadata = {**created.get("metadata", {}), "uid": "u", "resourceVersion": "1"}
        self._answer(201, {**created, "metadata": metadata})

    do_PUT = do_PATCH = do_POST  # noqa: N815  the server looks for these names

    def do_GET(self) -> None:
        found = self.path.partition("?")[0].endswith("/pods")
        items = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
        gone = {"kind": "Status", "status": "Failure", "code": 404}
        self._answer(200 if found else 404, items if found else gone)

    def do_DELETE(self) -> None:
        self._answer(200, {"kind": "Status", "status": "Success"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def cluster() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the address of a cluster, and the objects that it was asked to create."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.objects = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"k8s://http://127.0.0.1:{server.server_port}", server.objects  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def driver_objects(spark: str, command: Sequence[str]) -> list[dict[str, Any]]:
    """Run the operator's spark-submit against a cluster of ours, and do not wait for the driver."""
    with cluster() as (address, objects):
        own = list(command)
        own[own.index("--master") + 1] = address
        unwaited = ["--conf", "spark.kubernetes.submission.waitAppCompletion=false"]
        _run(spark, ["spark-submit", *own[1:3], *unwaited, *own[3:]])
        return list(objects)


def executor_objects(spark: str, settings: dict[str, str]) -> list[dict[str, Any]]:
    """Start a session with these settings, on this machine, with executors in the cluster."""
    here = {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.jars": "",
        # No executor will ever register, for which Spark would wait half a minute.
        "spark.scheduler.minRegisteredResourcesRatio": "0.0",
    }
    wanted = int(settings["spark.executor.instances"])
    with cluster() as (address, objects):
        told = {**settings, **here, "spark.master": address, "spark.submit.deployMode": "client"}
        driver = ["python", "-c", EXECUTORS, *(f"{k}={v}" for k, v in told.items())]
        _run_until(spark, driver, lambda: len(pods_of(objects)) >= wanted)
        return list(objects)


def _run(spark: str, command: list[str]) -> None:
    done = subprocess.run(
        _installed(spark, command),
        env=_environment(spark),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _run_until(spark: str, command: list[str], is_enough: Callable[[], bool]) -> None:
    """Run a command that waits for the end of its input, which comes when there is enough."""
    end = time.monotonic() + PATIENCE
    with TemporaryFile() as log:
        running = subprocess.Popen(
            _installed(spark, command),
            env=_environment(spark),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while running.poll() is None and not is_enough() and time.monotonic() < end:
                time.sleep(0.1)
            running.communicate(timeout=PATIENCE)
        finally:
            running.kill()
            running.wait()
        log.seek(0)
        assert running.returncode == 0, log.read()[-3000:].decode()


def _installed(spark: str, command: list[str]) -> list[str | Path]:
    folder = SPARKS[spark]
    assert folder.exists(), f"{folder} is missing: run `make environments`"
    return [folder / command[0], *command[1:]]


def _environment(spark: str) -> dict[str, str]:
    path = f"{SPARKS[spark]}:{os.environ['PATH']}"
    return {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PATH": path}


def pods_of(objects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pods among the objects."""
    return [one for one in objects if one["kind"] == "Pod"]


def write_kubeconfig(folder: Path) -> Path:
    """Name a cluster that nobody can reach."""
    path = folder / "kubeconfig"
    context = {"cluster": "none", "user": "none"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "none", "user": {}}],
        "contexts": [{"name": "none", "context": context}],
        "current-context": "none",
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
