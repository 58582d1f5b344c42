"""A small web server on this machine that answers what a test says and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text or "{}")


Answer = tuple[int, object]
"""A status and what becomes JSON; text is sent as it is, as the address for a redirect."""


@contextmanager
def serve(
    answer: Callable[[Asked], Answer], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[Asked]]]:
    """Yield the server's address and the list of what it is asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length).decode()
            asked.append(Asked(self.command, self.path, dict(self.headers), text))
            status, content = answer(asked[-1])
            is_text = isinstance(content, str)
            body = content if isinstance(content, str) else json.dumps(content)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body)
            self.send_header("Content-Type", "text/html" if is_text else "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  the names that the base class asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            scheme = "http" if tls is None else "https"
            yield f"{scheme}://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
