"""Who asks an Airflow server, and whether it is the right server: credentials and TLS."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from kairflow.deploy.airflow_host import is_here
from kairflow.errors import Code, Diagnostic, Severity, UsageError

TOKEN = "AIRFLOW_API_TOKEN"  # noqa: S105  the variable's name
USERNAME, PASSWORD = "AIRFLOW_API_USERNAME", "AIRFLOW_API_PASSWORD"
HEADERS = "AIRFLOW_API_HEADERS"
SSL_VERIFY = "AIRFLOW__CLIENT__SSL_VERIFY"

_NO = ("false", "0", "no", "off")
_YES = ("", "true", "1", "yes", "on")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORTEST_SECRET, _SHORTEST_IN_HEADER = 4, 8
"""Shorter texts are no secrets worth hiding, and hiding them would garble messages: a header may
well say `prod`."""

_KNOWN_TO_ALL = {"airflow", "admin"}
"""Passwords of Airflow's own examples: without these words no message could be read."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs to be let in, and to know that the server is the right one."""

    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of every request, for a proxy that wants credentials of its own."""
    verified: bool = True
    """Whether the server's certificate is checked."""
    ca_file: str | None = None
    """Certificates to trust beside the usual ones."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the texts that no message may hold, the longest first."""
        pair = f"{self.username}:{self.password}" if self.password else ""
        basic = base64.b64encode(pair.encode()).decode()
        known = [text for text in (self.token, self.password, basic) if text]
        found = {text for text in known if len(text) >= _SHORTEST_SECRET} - _KNOWN_TO_ALL
        for value in self.headers.values():
            # The first is no secret, being `Bearer` or its like, or the name of a cookie.
            parts = {value, *re.split(r"[\s;=,]+", value)[1:]}
            found |= {text for text in parts if len(text) >= _SHORTEST_IN_HEADER}
        return tuple(sorted(found, key=len)[::-1])


def read_access(environ: Mapping[str, str], ca_file: str | None = None) -> Access:
    """Read credentials and TLS settings from the environment; a token wins over a password.

    `ca_file` wins over `AIRFLOW__CLIENT__SSL_VERIFY`, which is false, true, or such a file.

    Raises:
        UsageError: half of the credentials is missing, or something has no meaning.
    """
    verify = environ.get(SSL_VERIFY, "").strip()
    switched = verify.lower() in (*_NO, *_YES)
    access = Access(
        token=environ.get(TOKEN, "").strip() or None,
        username=environ.get(USERNAME) or None,
        password=environ.get(PASSWORD) or None,
        headers=_headers(environ.get(HEADERS, "")),
        verified=bool(ca_file) or verify.lower() not in _NO,
        ca_file=ca_file or (None if switched else verify),
    )
    if found := [*_incomplete(access), *_unprintable(access)]:
        raise UsageError(found)
    return access


def tls_context(access: Access) -> ssl.SSLContext | bool:
    """Return what httpx is to verify the server with.

    Raises:
        UsageError: the file of certificates cannot be read, or holds none.
    """
    if not access.verified:
        return False
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        raise _unusable(error, "SSL_CERT_FILE") from error
    if access.ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=access.ca_file)
        return context
    except OSError as error:  # ssl.SSLError is one
        hint = "name a file in PEM format, which begins with -----BEGIN CERTIFICATE-----"
        raise _unusable(error, access.ca_file, hint) from error


def _unusable(error: OSError, where: str, hint: str = "") -> UsageError:
    message = f"cannot use the certificates: {error.strerror or error}"
    return UsageError([Diagnostic(Code.CA_FILE, message, where, hint)])


def warn_of(host: str, access: Access) -> Iterator[Diagnostic]:
    """Yield what is unsafe about the way to the server."""
    warning = Severity.WARNING
    if urlsplit(host).scheme == "https" and not access.verified:
        message = "TLS VERIFICATION IS OFF: whoever sits on the line can read the credentials"
        hint = f"unset {SSL_VERIFY}, and name the server's CA with --ca-file"
        yield Diagnostic(Code.TLS_UNVERIFIED, message, host, hint, warning)
    sends = access.token or access.password or access.headers
    if urlsplit(host).scheme == "http" and sends and not is_here(host):
        message = "the credentials travel as plain text"
        yield Diagnostic(Code.TLS_ABSENT, message, host, "use an https:// address", warning)


def _headers(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        message, hint = "expected a JSON object of texts", '{"Proxy-Authorization": "Bearer …"}'
        raise UsageError([Diagnostic(Code.CREDENTIALS_INCOMPLETE, message, HEADERS, hint)])
    return found


def _incomplete(access: Access) -> Iterator[Diagnostic]:
    if access.token is None and (access.username is None) != (access.password is None):
        here, missing = (USERNAME, PASSWORD) if access.password is None else (PASSWORD, USERNAME)
        message, hint = f"{here} is set, but {missing} is not", "set both, or AIRFLOW_API_TOKEN"
        yield Diagnostic(Code.CREDENTIALS_INCOMPLETE, message, missing, hint)


def _unprintable(access: Access) -> Iterator[Diagnostic]:
    """A header cannot carry every text, and the error of whoever tries would show the secret."""
    named = {TOKEN: access.token or "", **{f"{HEADERS}: {k}": v for k, v in access.headers.items()}}
    for name, value in named.items():
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            message = "found what no header can carry, such as a line break or a space at its end"
            yield Diagnostic(Code.CREDENTIALS_INCOMPLETE, message, name, "set it anew")
    for name in access.headers:
        if not _HEADER_NAME.fullmatch(name):
            message, hint = f"{name!r} is no name of a header", "write it like X-Token"
            yield Diagnostic(Code.CREDENTIALS_INCOMPLETE, message, HEADERS, hint)
    for name, text in ((USERNAME, access.username), (PASSWORD, access.password)):
        if _SURROGATE.search(text or ""):
            message, hint = "found bytes that are no UTF-8", "set it anew"
            yield Diagnostic(Code.CREDENTIALS_INCOMPLETE, message, name, hint)
