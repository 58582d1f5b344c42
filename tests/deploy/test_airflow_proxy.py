"""Proxies: which one is taken, by what the environment says, and that requests go through it."""

from __future__ import annotations

import os

import pytest

from kairflow.deploy.airflow_access import Access
from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_http import Clock, Connection, open_http
from kairflow.deploy.airflow_proxy import proxy_for
from kairflow.errors import UsageError
from tests.services.faulty_airflow import faulty_server, sample

HOST = "https://airflow.example.com"
PROXY = "http://proxy.example.com:3128"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what the machine's own network needs."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("host", "environment", "expected"),
    [
        (HOST, {}, None),
        (HOST, {"HTTPS_PROXY": PROXY}, PROXY),
        (HOST, {"https_proxy": PROXY}, PROXY),
        (HOST, {"HTTPS_PROXY": "proxy.example.com:3128"}, PROXY),
        (HOST, {"HTTPS_PROXY": ""}, None),
        (HOST, {"HTTP_PROXY": PROXY}, None),
        (HOST, {"ALL_PROXY": PROXY}, PROXY),
        ("http://airflow.example.com", {"HTTP_PROXY": PROXY, "HTTPS_PROXY": "http://b"}, PROXY),
        (HOST, {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        (HOST, {"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, None),
        (HOST, {"HTTPS_PROXY": PROXY, "NO_PROXY": "localhost, .example.com"}, None),
        (HOST, {"HTTPS_PROXY": PROXY, "NO_PROXY": "ample.com"}, PROXY),
        (f"{HOST}:8443", {"HTTPS_PROXY": PROXY, "NO_PROXY": "airflow.example.com:8443"}, None),
        (f"{HOST}:8443", {"HTTPS_PROXY": PROXY, "NO_PROXY": "airflow.example.com:1"}, PROXY),
        ("https://[fd00::1]:8080", {"HTTPS_PROXY": PROXY, "NO_PROXY": "fd00::1"}, None),
        ("https://[fd00::1]:8080", {"HTTPS_PROXY": PROXY, "NO_PROXY": "[fd00::1]"}, None),
        (HOST, {"HTTPS_PROXY": PROXY, "NO_PROXY": "fd00::/8,10.0.0.0/8,foo:bar"}, PROXY),
    ],
)
def test_the_environment_says_which_proxy_leads_there(
    monkeypatch: pytest.MonkeyPatch, host: str, environment: dict[str, str], expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(host) == expected


def test_networks_that_need_no_proxy_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,fd00::/8,[::1],foo:bar")
    open_http(Access(), HOST).close()


def test_a_proxy_that_needs_a_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://ada:hunter22@proxy.example.com:1080")
    with pytest.raises(UsageError, match="SOCKS") as caught:
        open_http(Access(), HOST)
    assert "httpx[socks]" in caught.value.diagnostics[0].hint
    assert "hunter22" not in str(caught.value)


def test_requests_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    host = "http://airflow.example.com"
    with faulty_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//ada:hunter22@"))
        proxy.script[f"{host}/api/v2/version"] = [sample("3", "version-v2")]
        access = Access(token="tok-8f14e45fceea167a")
        with open_http(access, host) as http:
            client = AirflowClient(Connection(http, host, access, Clock()))
            client.find_line()
        (request,) = proxy.received
    assert client.line == "3"
    assert request.path == f"{host}/api/v2/version"
    assert request.headers["proxy-authorization"] == "Basic YWRhOmh1bnRlcjIy"
