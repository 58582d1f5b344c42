"""Bodies of pods and claims for the tests, and a way to change one thing deep inside."""

from __future__ import annotations

import copy
import itertools
from typing import Any

Json = dict[str, Any]
NUMBERS = itertools.count(1)


def fresh(stem: str) -> str:
    return f"{stem}-{next(NUMBERS)}"


def pod_body(*script: str, **spec: Any) -> Json:
    """Return a pod that runs a shell script in `busy:1` once."""
    command = ["sh", "-c", "; ".join(script) or "true"]
    container = {"name": "base", "image": "busy:1", "command": command}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": fresh("pod"), "labels": {"app": "shop"}},
        "spec": {"restartPolicy": "Never", "containers": [container], **spec},
    }


def claim_body(name: str = "") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name or fresh("claim")},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def changed(body: Json, path: str, value: object) -> Json:
    """Return a copy with one value set, at a path such as `spec.containers.0.image`."""
    result = copy.deepcopy(body)
    place: Any = result
    *steps, last = path.split("/") if "/" in path else path.split(".")
    for step, following in zip(steps, [*steps, last][1:], strict=True):
        if isinstance(place, list):
            place = place[int(step)]
        else:
            place = place.setdefault(step, [{}] if following.isdecimal() else {})
    place[int(last) if isinstance(place, list) else last] = value
    return result
