"""What the stand-in holds: pods, claims, secrets, events, and the lines that containers wrote."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from tests.services.findings import Json

FINISHED = ("Succeeded", "Failed")


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Log:
    """The lines of one container, each with the nanosecond that it was written at."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self.closed = False
        self.changed = asyncio.Event()

    def append(self, line: bytes) -> None:
        self.lines.append((time.time_ns(), line))
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass
class Pod:
    """One pod, as it is shown to clients, and what it wrote."""

    body: Json
    logs: dict[str, Log] = field(default_factory=dict)
    removed: bool = False
    stopping: bool = False
    run: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])

    @property
    def labels(self) -> dict[str, str]:
        return self.body["metadata"].get("labels") or {}

    @property
    def finished(self) -> bool:
        return self.body["status"]["phase"] in FINISHED

    @property
    def claim_names(self) -> set[str]:
        sources = (volume.get("persistentVolumeClaim") for volume in self.volumes)
        return {source["claimName"] for source in sources if source}

    @property
    def volumes(self) -> list[Json]:
        return self.body["spec"].get("volumes") or []


@dataclass
class Claim:
    """One claim, and the folder that holds its files until it is gone."""

    body: Json
    folder: Path
    removed: bool = False

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"]["namespace"])

    @property
    def terminating(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]


class Store:
    """Everything that was ever created; what is gone is kept for the tests to look at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pods: list[Pod] = []
        self.claims: list[Claim] = []
        self.secrets: dict[tuple[str, str], Json] = {}
        self.events: list[Json] = []
        self.held: set[str] = set()
        self._versions = itertools.count(1)

    def version(self) -> str:
        return str(next(self._versions))

    def adopt(self, body: Json) -> Json:
        """Give an object what only the server gives."""
        body["metadata"].update(
            uid=str(uuid.uuid4()), creationTimestamp=now(), resourceVersion=self.version()
        )
        return body

    def pod(self, namespace: str, name: str) -> Pod | None:
        found = (pod for pod in self.living_pods(namespace) if pod.name == name)
        return next(found, None)

    def living_pods(self, namespace: str) -> list[Pod]:
        return [pod for pod in self.pods if pod.namespace == namespace and not pod.removed]

    def claim(self, namespace: str, name: str) -> Claim | None:
        found = (claim for claim in self.living_claims(namespace) if claim.name == name)
        return next(found, None)

    def living_claims(self, namespace: str) -> list[Claim]:
        return [
            claim for claim in self.claims if claim.namespace == namespace and not claim.removed
        ]

    def new_claim(self, body: Json) -> Claim:
        self.adopt(body)
        name, uid = body["metadata"]["name"], body["metadata"]["uid"]
        folder = self.folder / "claims" / f"{name}-{uid}"
        folder.mkdir(parents=True)
        storage = body["spec"]["resources"]["requests"]["storage"]
        body["status"] = {
            "phase": "Bound",
            "accessModes": body["spec"]["accessModes"],
            "capacity": {"storage": storage},
        }
        body["spec"].setdefault("volumeName", f"pvc-{uid}")
        body["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
        self.claims.append(claim := Claim(body, folder))
        return claim

    def sweep(self) -> None:
        """Remove the claims that were deleted, once no pod at work uses them.

        Their files stay to be looked at, as on a cluster whose volumes are retained.
        """
        for claim in self.claims:
            if claim.terminating and not claim.removed and not self._in_use(claim):
                claim.removed = True

    def _in_use(self, claim: Claim) -> bool:
        return claim.name in self.held or any(
            claim.name in pod.claim_names
            for pod in self.living_pods(claim.namespace)
            if not pod.finished
        )

    def report(self, pod: Pod, kind: str, reason: str, message: str) -> None:
        """Record an event of a pod, once."""
        known = (pod.body["metadata"]["uid"], reason, message)
        for event in self.events:
            if (event["involvedObject"]["uid"], event["reason"], event["message"]) == known:
                return
        involved = {"kind": "Pod", "name": pod.name, "namespace": pod.namespace, "uid": known[0]}
        metadata = {"name": f"{pod.name}.{len(self.events):x}", "namespace": pod.namespace}
        event = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": metadata,
            "involvedObject": involved,
            "type": kind,
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "source": {"component": "kubelet"},
        }
        self.events.append(self.adopt(event))
