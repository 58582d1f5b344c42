"""Whether it is the right server: certificates, over TLS, and proxies in the environment."""

from __future__ import annotations

import ssl
import subprocess
import traceback
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kairflow.deploy.airflow_access import Access, tls_context
from kairflow.deploy.airflow_http import open_http
from kairflow.errors import (
    Code,
    UnreachableError,
    UsageError,
)
from tests.services.faulty_airflow import (
    HurriedClock,
    Server,
    client_of,
    faulty_server,
    reply,
    run_body,
)

RUN = "/api/v2/dags/apiary/dagRuns/r1"
TOKEN = Access(token="tok-8f14e45fceea167a")
GOOD = reply(run_body("r1", "success"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself, and what a server needs of it."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", key, "-out", cert, "-days", "2")
    subprocess.run(["openssl", "req", *kind, *subject, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


@pytest.fixture
def secure(certificate: tuple[Path, ssl.SSLContext]) -> Iterator[Server]:
    with faulty_server(certificate[1]) as running:
        running.script[RUN] = [GOOD]
        running.become("3")
        yield running


def test_a_certificate_that_nobody_trusts_is_not_tried_again(secure: Server) -> None:
    hurried = HurriedClock()
    with client_of(secure, TOKEN, hurried) as client, pytest.raises(UnreachableError) as caught:
        client.find_line()
    (found,) = caught.value.diagnostics
    assert "certificate cannot be trusted" in found.message
    assert "--ca-file" in found.hint
    assert hurried.pauses == []
    assert secure.received == []


def test_the_file_of_a_certificate_makes_it_trusted(
    secure: Server, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    context = tls_context(Access(ca_file=str(certificate[0])))
    with client_of(secure, TOKEN, verify=context) as client:
        client.find_line()
    assert secure.received[0].headers["authorization"] == f"Bearer {TOKEN.token}"
    assert isinstance(context, ssl.SSLContext)
    usual = httpx.create_ssl_context().get_ca_certs()
    assert len(context.get_ca_certs()) == len(usual) + 1, "it is trusted beside the usual ones"
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_checking_can_be_switched_off(secure: Server) -> None:
    with client_of(secure, TOKEN, verify=tls_context(Access(verified=False))) as client:
        client.find_line()
    assert client.version == "3.3.2"


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx"])
def test_a_bad_file_of_certificates_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError) as caught:
        open_http(Access(ca_file=str(path)), "https://127.0.0.1:1")
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.CA_FILE, str(path))
    assert "PEM" in found.hint


def test_a_bad_environment_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(UsageError, match="No such file") as caught:
        open_http(Access(), "https://127.0.0.1:1")
    assert caught.value.diagnostics[0].where == "SSL_CERT_FILE"
    monkeypatch.delenv("SSL_CERT_FILE")
    for proxy in ("gopher://ada:hunter22@127.0.0.1:1", "http://ada:hunter22@127.0.0.1:port"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(UsageError, match="the proxy cannot be used") as caught:
            open_http(Access(), "https://127.0.0.1:1")
        assert "hunter22" not in "".join(traceback.format_exception(caught.value))
