"""The part of a Kubernetes API server that keeps volume claims, for real clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lower.airflow.embedded.local_http import Answer, Asked, serve

PATH = re.compile(r"/api/v1/namespaces/analytics/persistentvolumeclaims(?:/([a-z0-9-]+))?")
LEAVING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


@dataclass
class ClaimsApi:
    """The claims that there are, all that were ever made, and every request."""

    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Answer:
        match = PATH.fullmatch(asked.path)
        if match is None:
            return 404, {"kind": "Status", "reason": "NotFound"}
        name = match[1] or asked.body["metadata"]["name"]
        self.requests.append(f"{asked.method} {name}")
        if asked.method == "POST":
            return self._create(name, asked.body)
        if name not in self.claims:
            return 404, {"kind": "Status", "reason": "NotFound"}
        claim = self.claims[name]
        is_leaving = "deletionTimestamp" in claim["metadata"] and not name.startswith("stuck")
        if asked.method == "DELETE" or is_leaving:
            # What is on its way out is seen once more, as while a pod still uses it.
            del self.claims[name]
        return 200, claim

    def _create(self, name: str, body: dict[str, Any]) -> Answer:
        if name in self.claims:
            return 409, {"kind": "Status", "reason": "AlreadyExists"}
        if name.startswith("forbidden"):
            return 403, {"kind": "Status", "reason": "Forbidden", "message": "exceeded quota"}
        self.claims[name] = body
        self.created.append(body)
        return 201, body

    def add(self, name: str, label: str, **metadata: str) -> None:
        """Let there be a claim before the first request."""
        labels = {"kairflow-claim": label} if label else None
        self.claims[name] = {"metadata": {"name": name, "labels": labels, **metadata}}

    def kubeconfig(self, folder: Path) -> Path:
        """Write the configuration that leads a client here."""
        context = {"cluster": "here", "user": "me"}
        config = {
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "contexts": [{"name": "here", "context": context}],
            "users": [{"name": "me", "user": {}}],
            "current-context": "here",
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(config), encoding="utf-8")
        return path


@contextmanager
def claims_api() -> Iterator[ClaimsApi]:
    """Serve an empty namespace."""
    api = ClaimsApi()
    with serve(api.answer) as (api.url, _):
        yield api
