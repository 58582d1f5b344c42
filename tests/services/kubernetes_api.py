"""A stand-in Kubernetes API server that is strict, and runs containers for real.

Runs as a program of its own, with aiohttp and the Kubernetes client of an Airflow environment:
`python -m tests.services.kubernetes_api FOLDER`. It reads its configuration from `FOLDER`, says its
port on standard output, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiohttp import web  # type: ignore[import-not-found,unused-ignore]

from tests.services.api_resources import Request, Resources
from tests.services.findings import Json, RefusalError
from tests.services.journal import Fault, Faults, Journal
from tests.services.kubelet import Kubelet
from tests.services.objects import Store
from tests.services.sandbox import require_isolation

NAMESPACED = re.compile(
    r"/api/v1/namespaces/(?P<namespace>[^/]+)"
    r"(?:/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<part>[a-z]+))?)?)?"
)
BIGGEST_BODY = 2**22
VERSION = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.0",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2025-08-27T00:00:00Z",
    "goVersion": "go1.24",
    "compiler": "gc",
    "platform": "linux/amd64",
}
Verb = Callable[[Request], Any]


class Server:
    """Finds the verb that a request asks for, writes the journal, and breaks what it is told to."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.store = Store(folder)
        self.journal = Journal(folder / "journal.jsonl")
        self.faults = Faults()
        self.kubelet = Kubelet(self.store, config["images"])
        self.resources = Resources(self.store, self.kubelet, config["namespaces"])
        res = self.resources
        self.verbs: dict[tuple[str, str, bool, str], Verb] = {
            ("GET", "pods", False, ""): res.list_pods,
            ("POST", "pods", False, ""): res.create_pod,
            ("GET", "pods", True, ""): res.get_pod,
            ("PATCH", "pods", True, ""): res.patch_pod,
            ("DELETE", "pods", True, ""): res.delete_pod,
            ("GET", "pods", True, "log"): res.read_log,
            ("GET", "events", False, ""): res.events,
            ("GET", "persistentvolumeclaims", False, ""): res.list_claims,
            ("POST", "persistentvolumeclaims", False, ""): res.create_claim,
            ("GET", "persistentvolumeclaims", True, ""): res.get_claim,
            ("DELETE", "persistentvolumeclaims", True, ""): res.delete_claim,
            ("GET", "secrets", False, ""): res.list_secrets,
            ("POST", "secrets", False, ""): res.create_secret,
            ("GET", "secrets", True, ""): res.get_secret,
            ("DELETE", "secrets", True, ""): res.delete_secret,
        }

    async def handle(self, http: web.Request) -> web.StreamResponse:
        raw = await http.read()
        if http.path.startswith("/control/"):
            return web.json_response(self._control(http.path.rpartition("/")[2], raw))
        fault = self.faults.take(http.method, http.path)
        status, answer = await self._answer(http, raw, fault)
        self.journal.write(_entry(http, raw, status, answer, fault))
        if fault and fault.answer == "drop" and http.transport is not None:
            http.transport.abort()
        if isinstance(answer, dict):
            return web.json_response(answer, status=status)
        return await _send(http, answer)

    async def _answer(
        self, http: web.Request, raw: bytes, fault: Fault | None
    ) -> tuple[int, Json | AsyncIterator[bytes]]:
        try:
            answer: Any = {}
            if not fault or fault.perform:
                answer = await self._perform(http, raw)
            if fault and fault.answer != "drop":
                raise RefusalError(
                    int(fault.answer), "InternalError", "the stand-in was told to fail"
                )
        except RefusalError as refusal:
            return refusal.code, refusal.status
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            broken = RefusalError(500, "InternalError", f"the stand-in failed: {error!r}")
            return broken.code, broken.status
        return (201 if http.method == "POST" else 200), answer

    async def _perform(self, http: web.Request, raw: bytes) -> Any:
        if http.path.rstrip("/") == "/version":
            return VERSION
        match = NAMESPACED.fullmatch(http.path)
        if not match:
            raise RefusalError(404, "NotFound", "the server could not find the requested resource")
        namespace, name = match["namespace"], match["name"] or ""
        if not match["resource"]:
            return self.resources.get_namespace(Request(namespace, namespace, http.query, raw))
        self.resources.require_namespace(namespace)
        verb = self.verbs.get((http.method, match["resource"], bool(name), match["part"] or ""))
        if verb is None:
            message = f"the stand-in has no {http.method} {http.path}"
            raise RefusalError(405, "MethodNotAllowed", message)
        answer = verb(Request(namespace, name, http.query, raw))
        return await answer if inspect.isawaitable(answer) else answer

    def _control(self, deed: str, raw: bytes) -> Any:
        """Do what only tests ask for."""
        wanted = json.loads(raw or b"{}")
        if deed == "faults":
            self.faults.add(wanted)
        elif deed == "hold":
            self.store.held.add(wanted["claim"])
        elif deed == "release":
            self.store.held.discard(wanted["claim"])
            self.store.sweep()
        elif deed == "claims":
            listed = self.store.claims
            return [{**_shown(item.body, item), "folder": str(item.folder)} for item in listed]
        elif deed == "pods":
            return [
                {**_shown(pod.body, pod), "logs": {name: _text(log) for name, log in logs}}
                for pod in self.store.pods
                for logs in [pod.logs.items()]
            ]
        return {}

    async def stop(self) -> None:
        living = [pod for pod in self.store.pods if not pod.removed]
        await asyncio.gather(*(self.kubelet.remove(pod, 0) for pod in living))


def _shown(body: Json, item: Any) -> Json:
    return {**body, "removed": item.removed}


def _text(log: Any) -> str:
    return b"".join(line for _, line in log.lines).decode("utf-8", "replace")


def _entry(http: web.Request, raw: bytes, status: int, answer: Any, fault: Fault | None) -> Json:
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw.decode("utf-8", "replace")
    entry = {"method": http.method, "path": http.path, "query": dict(http.query), "body": body}
    refused = isinstance(answer, dict) and status >= 400
    message = answer.get("message", "") if refused else ""
    return {**entry, "status": status, "message": message, "fault": fault and fault.answer}


async def _send(http: web.Request, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(http)
    try:
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
    except ConnectionError:
        pass  # the client went away, as it may
    return response


async def serve(folder: Path) -> None:
    """Listen until standard input ends."""
    server = Server(folder)
    app = web.Application(client_max_size=BIGGEST_BODY)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()
    await runner.cleanup()


def main() -> int:
    folder = Path(sys.argv[1])
    try:
        require_isolation(folder)
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    asyncio.run(serve(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
