"""The resources of the stand-in Kubernetes API, and what each verb does to them."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from tests.services.findings import Json, already_exists, bad_request, not_found
from tests.services.kubelet import Kubelet
from tests.services.label_selectors import field_selector, label_selector
from tests.services.log_stream import Query, flag, log_lines
from tests.services.merging import flat, merged
from tests.services.object_rules import check_changed_pod, check_claim, check_pod, check_secret
from tests.services.objects import Claim, Pod, Store, now
from tests.services.strict_decoding import check, decode
from tests.services.syntax import dns_label

POD_DEFAULTS = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "serviceAccountName": "default",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
}
CHECKS: dict[str, Callable[[Json], None]] = {
    "Pod": check_pod,
    "PersistentVolumeClaim": check_claim,
    "Secret": check_secret,
}


@dataclass(frozen=True)
class Request:
    """One request, taken apart."""

    namespace: str
    name: str
    query: Query
    raw: bytes


class Resources:
    """The verbs on pods, claims, secrets, events and namespaces."""

    def __init__(self, store: Store, kubelet: Kubelet, namespaces: list[str] | None) -> None:
        self.store = store
        self.kubelet = kubelet
        self.namespaces = namespaces
        self.removals: set[asyncio.Task[None]] = set()

    def require_namespace(self, name: str) -> None:
        known = not dns_label(name) if self.namespaces is None else name in self.namespaces
        if not known:
            raise not_found("namespaces", name)

    def get_namespace(self, request: Request) -> Json:
        self.require_namespace(request.name)
        body = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": request.name}}
        return {**body, "status": {"phase": "Active"}}

    # Pods

    def list_pods(self, request: Request) -> Json:
        if flag(request.query, "watch"):
            raise bad_request("the stand-in watches events only, not pods")
        pods = self.store.living_pods(request.namespace)
        return self._list("Pod", [pod.body for pod in pods], request.query)

    def create_pod(self, request: Request) -> Json:
        body = self._decode("Pod", request)
        if self.store.pod(request.namespace, body["metadata"]["name"]):
            raise already_exists("pods", body["metadata"]["name"])
        for field, value in POD_DEFAULTS.items():
            if body["spec"].get(field) is None:
                body["spec"][field] = value
        pod = Pod(self.store.adopt(body))
        self.store.pods.append(pod)
        self.kubelet.take(pod)
        return pod.body

    def get_pod(self, request: Request) -> Json:
        return self._pod(request).body

    def patch_pod(self, request: Request) -> Json:
        pod = self._pod(request)
        patch = json.loads(request.raw)
        if not isinstance(patch, dict):
            raise bad_request("the stand-in takes merge patches, not JSON patches")
        after = merged(copy.deepcopy(pod.body), patch)
        check("V1Pod", {key: after[key] for key in ("metadata", "spec")}, "Pod")
        check_changed_pod(pod.body, after)
        pod.body["metadata"] = {**after["metadata"], "resourceVersion": self.store.version()}
        return pod.body

    def delete_pod(self, request: Request) -> Json:
        pod = self._pod(request)
        options = json.loads(request.raw) if request.raw else {}
        check("V1DeleteOptions", options, "DeleteOptions")
        grace = options.get("gracePeriodSeconds")
        if grace is None:
            default = pod.body["spec"]["terminationGracePeriodSeconds"]
            grace = float(request.query.get("gracePeriodSeconds", default))
        pod.body["metadata"].update(deletionTimestamp=now(), deletionGracePeriodSeconds=int(grace))
        if pod.finished:
            grace = 0
            pod.removed = True
        removal = asyncio.create_task(self.kubelet.remove(pod, grace))
        self.removals.add(removal)
        removal.add_done_callback(self.removals.discard)
        return pod.body

    async def read_log(self, request: Request) -> AsyncIterator[bytes]:
        pod = self._pod(request)
        names = list(pod.logs)
        name = request.query.get("container") or (names[0] if len(names) == 1 else "")
        if name not in names:
            wanted = f"container {name} is not valid" if name else "a container must be specified"
            raise bad_request(f"{wanted} for pod {pod.name}, choose one of: {names}")
        self._require_started(pod, name)
        return log_lines(pod, name, request.query)

    def _require_started(self, pod: Pod, name: str) -> None:
        status = pod.body["status"]
        listed = (status.get("initContainerStatuses") or []) + (
            status.get("containerStatuses") or []
        )
        state: Json = next(
            (item["state"] for item in listed if item["name"] == name), {"waiting": {}}
        )
        if "waiting" in state and not pod.logs[name].lines:
            reason = state["waiting"].get("reason", "ContainerCreating")
            raise bad_request(
                f'container "{name}" in pod "{pod.name}" is waiting to start: {reason}'
            )

    def _pod(self, request: Request) -> Pod:
        pod = self.store.pod(request.namespace, request.name)
        if pod is None:
            raise not_found("pods", request.name)
        return pod

    # Events

    async def events(self, request: Request) -> Json | AsyncIterator[bytes]:
        listed = self._list("Event", self._events(request), request.query)
        return self._watched_events(request) if flag(request.query, "watch") else listed

    def _events(self, request: Request) -> list[Json]:
        return [
            event
            for event in self.store.events
            if event["metadata"]["namespace"] == request.namespace
        ]

    async def _watched_events(self, request: Request) -> AsyncIterator[bytes]:
        """Send the events that are there, and the new ones until the time is over."""
        end = asyncio.get_running_loop().time() + float(request.query.get("timeoutSeconds", 60))
        last = int(request.query.get("resourceVersion") or 0)
        while asyncio.get_running_loop().time() < end:
            for event in self._list("Event", self._events(request), request.query)["items"]:
                if (version := int(event["metadata"]["resourceVersion"])) > last:
                    last = version
                    yield json.dumps({"type": "ADDED", "object": event}).encode() + b"\n"
            await asyncio.sleep(0.2)

    # Claims

    def list_claims(self, request: Request) -> Json:
        claims = self.store.living_claims(request.namespace)
        return self._list("PersistentVolumeClaim", [claim.body for claim in claims], request.query)

    def create_claim(self, request: Request) -> Json:
        body = self._decode("PersistentVolumeClaim", request)
        name = body["metadata"]["name"]
        if there := self.store.claim(request.namespace, name):
            prefix = "object is being deleted: " if there.terminating else ""
            raise already_exists("persistentvolumeclaims", name, prefix)
        return self.store.new_claim(body).body

    def get_claim(self, request: Request) -> Json:
        return self._claim(request).body

    def delete_claim(self, request: Request) -> Json:
        claim = self._claim(request)
        check("V1DeleteOptions", json.loads(request.raw or b"{}"), "DeleteOptions")
        claim.body["metadata"].update(deletionTimestamp=now(), deletionGracePeriodSeconds=0)
        self.store.sweep()
        return claim.body

    def _claim(self, request: Request) -> Claim:
        claim = self.store.claim(request.namespace, request.name)
        if claim is None:
            raise not_found("persistentvolumeclaims", request.name)
        return claim

    # Secrets

    def create_secret(self, request: Request) -> Json:
        body = self._decode("Secret", request)
        key = (request.namespace, body["metadata"]["name"])
        if key in self.store.secrets:
            raise already_exists("secrets", key[1])
        data = {
            name: base64.b64encode(value.encode()).decode()
            for name, value in (body.pop("stringData", None) or {}).items()
        }
        body["data"] = {**(body.get("data") or {}), **data}
        self.store.secrets[key] = self.store.adopt(body)
        return body

    def get_secret(self, request: Request) -> Json:
        secret = self.store.secrets.get((request.namespace, request.name))
        if secret is None:
            raise not_found("secrets", request.name)
        return secret

    def delete_secret(self, request: Request) -> Json:
        secret = self.get_secret(request)
        del self.store.secrets[request.namespace, request.name]
        return secret

    def list_secrets(self, request: Request) -> Json:
        found = [
            secret
            for (namespace, _), secret in self.store.secrets.items()
            if namespace == request.namespace
        ]
        return self._list("Secret", found, request.query)

    def _decode(self, kind: str, request: Request) -> Json:
        """Read an object that is to be created, with its name and namespace filled in."""
        body = decode(kind, request.raw)
        metadata = body["metadata"] = body.get("metadata") or {}
        if metadata.get("namespace") not in (None, "", request.namespace):
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                f"request ({metadata['namespace']} != {request.namespace})"
            )
        metadata["namespace"] = request.namespace
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
        CHECKS[kind](body)
        return body

    def _list(self, kind: str, items: Iterable[Json], query: Query) -> Json:
        by_label = label_selector(query.get("labelSelector", ""))
        by_field = field_selector(query.get("fieldSelector", ""))
        chosen = [
            item
            for item in items
            if by_label(item["metadata"].get("labels") or {}) and by_field(flat(item))
        ]
        metadata = {"resourceVersion": self.store.version()}
        return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": chosen}
