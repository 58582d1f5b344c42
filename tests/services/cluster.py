"""The tests' side of the stand-in cluster: start it, feed it, and see what arrived.

`with cluster(tmp_path, images={"shop:1": Image(mounts=[(project, "/home/kedro")])}) as shop: …`
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.airflow.running import AIRFLOW_3, ROOT

Json = dict[str, Any]
LOST = ("drop", "500")


@dataclass(frozen=True)
class Image:
    """What a container sees: folders of the host over the host's own files, with its own writes.

    `/tmp`, `/home`, `/mnt`, `/media` and `/run` are empty, unless the image mounts something there.
    """

    mounts: list[tuple[str | Path, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)


class Cluster:
    """A running stand-in cluster."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.kubeconfig = folder / "kubeconfig.yaml"
        self.kubeconfig.write_text(json.dumps(_kubeconfig(self.url)), encoding="utf-8")
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    @property
    def env(self) -> dict[str, str]:
        """The environment variables with which an Airflow finds the cluster.

        The connection names no kubeconfig: cncf-kubernetes 10.4 takes it twice when a
        pod operator defers, and refuses that.
        """
        connection = json.dumps({"conn_type": "kubernetes"})
        return {"KUBECONFIG": str(self.kubeconfig), "AIRFLOW_CONN_KUBERNETES_DEFAULT": connection}

    def request(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request below /api/v1/namespaces, as any client could."""
        url = f"/api/v1/namespaces/{path}"
        return (
            self._client.request(method, url, json=body)
            if body
            else (self._client.request(method, url))
        )

    def pods(self) -> list[Json]:
        """Return all pods that ever were: their last spec and status, `logs`, and `removed`."""
        found: list[Json] = self._control("pods")
        return found

    def claims(self) -> list[Json]:
        """Return all claims that ever were, with their `folder` and whether they are `removed`."""
        found: list[Json] = self._control("claims")
        return found

    def claim_folder(self, name: str) -> Path:
        """Return the folder that holds the files of a claim that exists now."""
        living = [claim for claim in self.claims() if not claim["removed"]]
        folders = [claim["folder"] for claim in living if claim["metadata"]["name"] == name]
        assert len(folders) == 1, f"there are {len(folders)} claims {name}"
        return Path(folders[0])

    def put_secret(self, name: str, data: Mapping[str, str], namespace: str = "default") -> None:
        """Create a secret, or replace it."""
        self.request("DELETE", f"{namespace}/secrets/{name}")
        secret = {"metadata": {"name": name}, "stringData": dict(data)}
        self.request("POST", f"{namespace}/secrets", secret).raise_for_status()

    def journal(self) -> list[Json]:
        """Return every request, in order: method, path, query, body, status, message, fault."""
        lines = (self.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def refused(self) -> list[Json]:
        """Return the requests that a real cluster would not have taken, or that broke this one."""
        return [
            entry
            for entry in self.journal()
            if entry["status"] >= 400 and entry["status"] not in (404, 409) and not entry["fault"]
        ]

    def lose_answers(
        self,
        method: str,
        path: str,
        times: int = 1,
        *,
        answer: str = "drop",
        perform: bool = True,
    ) -> None:
        """Do what the next requests want but drop the connection, or answer an error's code.

        `path` is a regular expression that is searched for; without `perform` nothing is done.
        """
        fault = {"method": method, "path": path, "times": times, "answer": answer}
        self._control("faults", {**fault, "perform": perform})

    def hold_claim(self, name: str) -> None:
        """Let a claim stay `Terminating` once it is deleted, until it is released."""
        self._control("hold", {"claim": name})

    def release_claim(self, name: str) -> None:
        self._control("release", {"claim": name})

    def close(self) -> None:
        self._client.close()

    def _control(self, deed: str, wanted: Json | None = None) -> Any:
        answer = self._client.post(f"/control/{deed}", json=wanted or {})
        return answer.raise_for_status().json()


@contextmanager
def cluster(
    folder: Path,
    images: Mapping[str, Image] | None = None,
    *,
    namespaces: Iterable[str] | None = None,
) -> Iterator[Cluster]:
    """Start a cluster in a folder; with `namespaces` no others exist, else all legal names do."""
    home = folder / "cluster"
    home.mkdir(parents=True)
    config = {
        "images": {name: asdict(image) for name, image in (images or {}).items()},
        "namespaces": None if namespaces is None else list(namespaces),
    }
    (home / "config.json").write_text(json.dumps(config, default=str), encoding="utf-8")
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [AIRFLOW_3, "-m", "tests.services.kubernetes_api", home],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        running = Cluster(home, _port(server, home / "server.log"))
        try:
            yield running
        finally:
            running.close()
    finally:
        _end(server)


def _port(server: subprocess.Popen[bytes], log: Path) -> int:
    assert server.stdout is not None
    said = json.loads(server.stdout.readline() or "{}")
    if "port" not in said:
        raise RuntimeError(said.get("error") or log.read_text(encoding="utf-8"))
    return int(said["port"])


def _end(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.close()
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.kill()  # the containers end with it
        server.wait()
    server.stdout.close()


def _kubeconfig(url: str) -> Json:
    context = {"cluster": "stand-in", "user": "tester", "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "stand-in", "cluster": {"server": url}}],
        "users": [{"name": "tester", "user": {"token": "stand-in"}}],
        "contexts": [{"name": "stand-in", "context": context}],
        "current-context": "stand-in",
    }
