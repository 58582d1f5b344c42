"""Send requests to an Airflow server and get its answers: credentials, retries and redirects."""

from __future__ import annotations

import dataclasses
import ssl
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

import httpx

from kairflow.deploy import airflow_answers as answers
from kairflow.deploy.airflow_access import Access, tls_context
from kairflow.deploy.airflow_answers import Answer
from kairflow.deploy.airflow_protocol import TOKEN_PATH, Line, Request, token_request
from kairflow.deploy.airflow_proxy import proxy_for
from kairflow.deploy.airflow_values import token_in
from kairflow.errors import (
    AirflowError,
    Code,
    Diagnostic,
    NotFoundError,
    RefusedError,
    ServerBrokenError,
    UnauthorizedError,
    UnreachableError,
    UsageError,
)

TRIES = 4
"""How often a request is sent before its failure is told; the pauses are 1, 2 and 4 seconds."""

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds for an answer to go on, and for a connection to be made."""

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the client sees it, so that tests need not wait."""

    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], None] = time.sleep


class Connection:
    """A way to one server; no error that it raises holds a secret in its message.

    `line` is None until the server has told it: only then is it known which credentials it takes,
    and a token can be had for a password.
    """

    def __init__(self, http: httpx.Client, host: str, access: Access, clock: Clock) -> None:
        """Take a client that follows no redirects; the caller closes it."""
        self.host = host
        self.clock = clock
        self.line: Line | None = None
        self._http = http
        self._access = access
        self._token = access.token
        self._renewing = threading.Lock()
        self._secrets = set(access.secrets)
        self._server_time: float | None = None

    def ask(self, request: Request) -> Any:
        """Send a request until it is answered or given up, and return what the answer says.

        Raises:
            AirflowError: the server cannot be reached, refuses or fails.
        """
        try:
            if self._token is None and self._access.username and self.line == "3":
                self._renew_token(None)
            sent = self._token
            try:
                return self._decipher(request)
            except UnauthorizedError as error:
                if not self._may_renew(error):
                    raise
            self._renew_token(sent)
            return self._decipher(request)
        except AirflowError as error:
            raise self._without_secrets(error) from self._harmless(error.__cause__)

    @property
    def ca_file(self) -> str | None:
        """Return the file of certificates that the server is trusted by, if one was named."""
        return self._access.ca_file

    def hidden(self, text: str) -> str:
        """Return a text with three asterisks for every secret in it, however it is spelt."""
        forms = {form for secret in tuple(self._secrets) for form in _spellings(secret)}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "***")
        return text

    def server_time(self) -> float:
        """Return the server's time at its last answer, in seconds since 1970; else our own."""
        return self.clock.now() if self._server_time is None else self._server_time

    def _may_renew(self, error: AirflowError) -> bool:
        """Whether a new token may help: ours has expired, or everybody may have one."""
        told = error.diagnostics[0].code is Code.AIRFLOW_UNAUTHORIZED
        return told and self.line == "3" and self._access.token is None

    def _renew_token(self, refused: str | None) -> None:
        """Get another token than the refused one, unless another thread has just done so."""
        with self._renewing:
            if self._token == refused:
                self._token = self._fetch_token()

    def _fetch_token(self) -> str:
        """Get a token from Airflow 3, for our password or, where all are admins, for nothing."""
        request = token_request(self._access.username, self._access.password)
        try:
            token = token_in(self._decipher(request))
            self._secrets.add(token)
            return token
        except (NotFoundError, RefusedError, ServerBrokenError, UnauthorizedError) as error:
            if error.diagnostics[0].code is Code.AIRFLOW_BROKEN:
                raise  # it may give one later
            if self._access.username and isinstance(error, UnauthorizedError):
                raise  # the password is wrong
            message = "the server knows nobody without a token, and gives none"
            message += " for a password" if self._access.username else ""
            hint = (
                "set AIRFLOW_API_TOKEN, or AIRFLOW_API_USERNAME and AIRFLOW_API_PASSWORD; "
                "how to get a token stands in its documentation"
            )
            where = f"{self.host}{request.path}"
            found = [Diagnostic(Code.AIRFLOW_UNAUTHORIZED, message, where, hint)]
            raise UnauthorizedError(found) from error

    def _decipher(self, request: Request) -> Any:
        try:
            answer = self._send(request)
        except (UnicodeError, httpx.InvalidURL) as error:
            message, hint = "this address, or the one that it points to, is none", "check it"
            found = [Diagnostic(Code.AIRFLOW_UNREACHABLE, message, self.host, hint)]
            raise UnreachableError(found) from error
        return answers.decipher(request, answer, self.host, self.hidden)

    def _send(self, request: Request) -> Answer:
        """Try until there is an answer that trying again would not better."""
        for attempt in range(TRIES - 1):
            try:
                answer = self._follow(request)
            except httpx.HTTPError as error:
                if _is_certificate(error):
                    _give_up(error, self.host)
                self.clock.sleep(answers.backoff(attempt))
                continue
            if answer.status not in answers.BUSY:
                return answer
            self.clock.sleep(answers.pause(answer, attempt, self.clock.now()))
        try:
            return self._follow(request)
        except httpx.HTTPError as error:
            _give_up(error, self.host)

    def _follow(self, request: Request) -> Answer:
        """Follow redirects, but of reading requests only, and never to who may not have a token."""
        url = httpx.URL(self.host + request.path)
        answer = self._exchange(request, url.copy_merge_params(request.query))
        for _ in range(MAX_REDIRECTS):
            target = self._inside(url, answer) if request.method == "GET" else None
            if target is None:
                return answer
            url = target
            answer = self._exchange(request, url)
        return answer

    def _inside(self, url: httpx.URL, answer: Answer) -> httpx.URL | None:
        """Return where on the same server a redirect leads; None for every other answer."""
        place = answer.headers.get("location", "")
        if not 300 <= answer.status < 400 or not place:
            return None
        try:
            target = url.join(place)
        except (ValueError, httpx.InvalidURL):
            return None
        return target if _server(target) == _server(httpx.URL(self.host)) else None

    def _exchange(self, request: Request, url: httpx.URL) -> Answer:
        found = self._http.request(
            request.method,
            url,
            json=None if request.body is None else dict(request.body),
            headers=self._headers(request),
            auth=self._basic(),
        )
        headers = {name.lower(): value for name, value in found.headers.items()}
        self._server_time = answers.read_time(headers.get("date", "")) or self._server_time
        return Answer(found.status_code, headers, found.content)

    def _headers(self, request: Request) -> httpx.Headers:
        """Return a request's headers, each once; whoever asks for a token shows no other."""
        headers = httpx.Headers({"Accept": request.accept})
        headers.update(self._access.headers)
        if self._token and request.path != TOKEN_PATH:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _basic(self) -> httpx.Auth | None:
        """Line 2 takes user and password with each request."""
        access = self._access
        if self._token or not access.username or self.line != "2":
            return None
        return httpx.BasicAuth(access.username, access.password or "")

    def _without_secrets(self, error: AirflowError) -> AirflowError:
        found = [
            dataclasses.replace(one, message=self.hidden(one.message), where=self.hidden(one.where))
            for one in error.diagnostics
        ]
        return type(error)(found)

    def _harmless(self, cause: BaseException | None) -> BaseException | None:
        """Return what a traceback may show: a cause without a secret in it."""
        shown = "" if cause is None else "".join(traceback.format_exception(cause))
        return cause if self.hidden(shown) == shown else None


def open_http(access: Access, host: str) -> httpx.Client:
    """Open a connection that checks certificates as was asked, and takes the system's proxies.

    Raises:
        UsageError: the certificates, or the proxy that leads to the host, cannot be used.
    """
    verify = tls_context(access)
    try:
        return httpx.Client(verify=verify, proxy=proxy_for(host), trust_env=False, timeout=TIMEOUT)
    except ImportError:
        found = "the proxy speaks SOCKS, and a package is missing", 'pip install "httpx[socks]"'
    except (ValueError, httpx.InvalidURL):
        # Their texts may hold the proxy's password.
        found = "the proxy cannot be used", "write it like http://proxy.example.com:3128"
    where = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
    raise UsageError([Diagnostic(Code.ADDRESS_INVALID, found[0], where, found[1])])


def _server(url: httpx.URL) -> tuple[str, bytes, str, int | None]:
    """Return what makes two addresses those of one server, however they are written."""
    return url.scheme, url.userinfo, url.host, url.port


def _spellings(secret: str) -> tuple[str, ...]:
    """Return a secret as messages may spell it: bare, in an address, or in Python's own errors."""
    as_bytes = repr(bytearray(secret.encode())).removeprefix("bytearray(b")[1:-2]
    return secret, repr(secret)[1:-1], as_bytes, quote(secret), quote(secret, safe="")


def _is_certificate(error: BaseException | None) -> bool:
    """Whether the server's certificate is at fault, which no retry mends."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _give_up(error: httpx.HTTPError, host: str) -> NoReturn:
    if _is_certificate(error):
        message = f"the server's certificate cannot be trusted: {error}"
        hint = "name the CA that signed it with --ca-file, or in SSL_CERT_FILE"
    elif isinstance(error, httpx.TimeoutException):
        message, hint = (
            "the server does not answer in time",
            "is the address right, and the VPN up?",
        )
    elif isinstance(error, httpx.ProxyError):
        message, hint = f"the proxy fails: {error}", "see HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    else:
        what = "no connection" if isinstance(error, httpx.ConnectError) else "no whole answer came"
        message = f"{what}: {str(error) or type(error).__name__}"
        hint = "is the address right, and does the server run?"
    found = [Diagnostic(Code.AIRFLOW_UNREACHABLE, message, host, hint)]
    raise UnreachableError(found) from error
