"""An HTTP server that answers by a script, such as a broken Airflow would; and a clock to hurry."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_http import Clock, Connection
from kairflow.deploy.airflow_protocol import Line
from tests.services.http_sink import Received

_TRUSTING = ssl.create_default_context()
"""Made once, for that takes longer than most tests."""

SAMPLES = Path(__file__).parents[1] / "deploy" / "samples"
ROOTS: dict[Line, str] = {"2": "/api/v1", "3": "/api/v2"}
NOW = 1_800_000_000.0
"""The time on the servers' clocks: the 15th of January 2027, 8 o'clock."""

NOTHING = b""
"""Closes the connection without an answer."""
NEVER = None
"""Keeps the connection open without an answer, until the server stops."""

Play = bytes | None
Script = list["Play | Callable[[Received], Play]"]


def reply(
    body: object = None,
    status: int = 200,
    kind: str = "application/json",
    *,
    date: float | None = NOW,
    **headers: str,
) -> bytes:
    """Spell an answer; a body that is no text is sent as JSON, and `_` in a header's name is `-`.

    `content_length` takes the place of the true one.
    """
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {
        "content-type": kind,
        "content-length": str(len(content)),
        **({} if date is None else {"date": formatdate(date, usegmt=True)}),
        **named,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}connection: close\r\n\r\n".encode() + content


NOT_HERE = reply({"detail": "nothing here"}, 404)


def chunks_cut_off(body: str) -> bytes:
    """Spell an answer that promises another chunk."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    return f"{head}{len(body):x}\r\n{body}\r\n40\r\n{{".encode()


def sample(line: Line, name: str) -> bytes:
    """Spell an answer that a real Airflow has given."""
    found = read_sample(line, name)
    return reply(found["body"], found["status"], found["content_type"])


def read_sample(line: Line, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / line / f"{name}.json").read_text())
    return found


@dataclass
class Server:
    """A running server: `script` answers by `/path` or `METHOD /path`; the last play stays."""

    url: str
    script: dict[str, Script] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    otherwise: Play = NOT_HERE

    def play(self, request: Received) -> Play:
        path = request.path.partition("?")[0]
        with self.lock:
            self.received.append(request)
            named = f"{request.method} {path}"
            plays = self.script.get(named) or self.script.get(path) or [self.otherwise]
            play = plays.pop(0) if len(plays) > 1 else plays[0]
        return play(request) if callable(play) else play

    def asked(self, prefix: str = "") -> list[str]:
        """Return the requests as `METHOD /path`, those that begin so."""
        spelt = (f"{one.method} {one.path.partition('?')[0]}" for one in self.received)
        return [one for one in spelt if one.startswith(prefix)]

    def become(self, line: Line) -> None:
        """Answer the question for the version as an Airflow of that line does."""
        for version in ("v1", "v2"):
            self.script[f"/api/{version}/version"] = [sample(line, f"version-{version}")]


def query_of(request: Received) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(request.path).query).items()}


def paged(key: str, entries: list[Any], cap: int = 100) -> Callable[[Received], bytes]:
    """Answer with the page that is asked for, of `cap` entries at most."""

    def page(request: Received) -> bytes:
        query = query_of(request)
        start = int(query["offset"])
        shown = entries[start : start + min(int(query["limit"]), cap)]
        return reply({key: shown, "total_entries": len(entries)})

    return page


@contextmanager
def faulty_server(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on a free port."""
    http = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    server = Server(f"{scheme}://127.0.0.1:{http.server_address[1]}")
    http.played = server
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        http.shutdown()
        thread.join()
        http.server_close()


class _Server(ThreadingHTTPServer):
    played: Server
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have gone, or do not trust the certificate."""


class _Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server: Server = self.server.played  # type: ignore[attr-defined]
        play = server.play(Received(self.command or "", self.path, headers, body))
        self.close_connection = True
        if play is NEVER:
            server.stopped.wait()
        else:
            self.wfile.write(play)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on the tests' standard error."""


for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{verb}", _Handler.answer)


@dataclass
class HurriedClock:
    """A clock whose hands are moved by sleeping alone; `then` is called after each sleep."""

    time: float = NOW
    pauses: list[float] = field(default_factory=list)
    then: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds
        self.then()

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


@contextmanager
def client_of(
    server: Server | str,
    access: Access | None = None,
    hurried: HurriedClock | None = None,
    line: Line | None = None,
    timeout: httpx.Timeout | None = None,
    verify: ssl.SSLContext | bool = _TRUSTING,
) -> Iterator[AirflowClient]:
    """Yield a client that does not really wait; with a line, it has asked for the version.

    Only what comes after that has its `timeout`: server and client share a process, which others
    may keep from running for a while.
    """
    host = server if isinstance(server, str) else server.url
    with httpx.Client(verify=verify, timeout=60.0, trust_env=False) as http:
        clock = (hurried or HurriedClock()).clock
        client = AirflowClient(Connection(http, host, access or Access(), clock))
        if line is not None and isinstance(server, Server):
            server.become(line)
            client.find_line()
            server.received.clear()
        http.timeout = timeout or http.timeout
        yield client


def dag_body(line: Line, **changes: object) -> dict[str, Any]:
    """Return a DAG as a real server describes it, with changes."""
    found: dict[str, Any] = {**read_sample(line, "dag")["body"], **changes}
    return found


def run_body(run_id: str, state: str = "queued", **more: object) -> Mapping[str, Any]:
    times = {"start_date": None, "end_date": None}
    return {"dag_run_id": run_id, "dag_id": "apiary", "state": state, **times, **more}


def task_body(task_id: str, state: str | None = "success", **more: object) -> dict[str, Any]:
    times = {"start_date": None, "end_date": None}
    tried = 0 if state in (None, "upstream_failed") else 1
    return {"task_id": task_id, "state": state, "try_number": tried, **times, **more}
