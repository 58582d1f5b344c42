"""A tiny HTTP server that records what it is sent: it stands for Slack or Google's tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request that arrived; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered; a body that is no text is sent as JSON."""

    status: int = 200
    body: object = "ok"

    def encoded(self) -> tuple[str, bytes]:
        if isinstance(self.body, str):
            return "text/plain", self.body.encode()
        return "application/json", json.dumps(self.body).encode()


@dataclass
class Sink:
    """A running sink; `replies` answers by path, `reply` all else."""

    url: str
    reply: Reply
    replies: dict[str, Reply] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)


@contextmanager
def http_sink(reply: Reply | None = None) -> Iterator[Sink]:
    """Run a sink on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sink = Sink(f"http://127.0.0.1:{server.server_address[1]}", reply or Reply())
    server.sink = sink  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        assert self.command is not None
        sink.received.append(Received(self.command, self.path, headers, body))
        reply = sink.replies.get(self.path.partition("?")[0], sink.reply)
        kind, content = reply.encoded()
        self.send_response(reply.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on the tests' standard error."""


for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{verb}", _Handler.answer)
