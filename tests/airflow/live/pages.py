"""Whether there is a page at an address: servers of both lines answer 200 where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import httpx

from tests.services.airflow_server import AirflowServer

SCRIPT = re.compile(r'src="([^"]*/assets/index-[^"]+\.js)"')
ROUTE = re.compile(r"\bpath:[`\"]([^`\"]+)[`\"]")
CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def is_page(server: AirflowServer, address: str) -> bool:
    """Tell whether a server has a page at an address, for somebody who has logged in."""
    assert address.startswith(f"{server.host}/")
    return _is_route(server, address) if server.line == "3" else _is_answered(server, address)


def _is_route(server: AirflowServer, address: str) -> bool:
    """Line 3 answers each path with one program, whose routes say which of them are pages."""
    with httpx.Client(trust_env=False, timeout=60) as http:
        found = SCRIPT.search(http.get(address).raise_for_status().text)
        assert found
        script = http.get(urljoin(f"{server.host}/", found[1])).raise_for_status().text
    path = urlsplit(address).path.lstrip("/")
    return any(re.fullmatch(_pattern(route), path) for route in ROUTE.findall(script))


def _pattern(route: str) -> str:
    return re.sub(":[A-Za-z]+", "[^/]+", re.escape(route))


def _is_answered(server: AirflowServer, address: str) -> bool:
    """Line 2 leads strangers to its form, and elsewhere who asks for a DAG that it lacks."""
    with _logged_in(server) as http:
        absent = address.replace("/dags/", "/dags/no-such-")
        return [http.get(one).status_code for one in (address, absent)] == [200, 302]


@contextmanager
def _logged_in(server: AirflowServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.host, trust_env=False, timeout=60) as http:
        found = CSRF.search(http.get("/login/").raise_for_status().text)
        assert found
        account = {"username": server.username, "password": server.password}
        answer = http.post("/login/", data={**account, "csrf_token": found[1]})
        assert answer.status_code == 302
        yield http
