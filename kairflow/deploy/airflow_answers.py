"""What an Airflow server answered, as values or as the error that it means; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from kairflow.deploy.airflow_protocol import Request
from kairflow.errors import (
    AirflowError,
    Code,
    ConflictError,
    Diagnostic,
    NotFoundError,
    RefusedError,
    ServerBrokenError,
    UnauthorizedError,
)

BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may succeed: too many requests, or a server in trouble."""

LONGEST_PAUSE = 60.0
"""The longest time, in seconds, that a server may make us wait before the next try."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Hide = Callable[[str], str]
"""Takes the secrets out of a text."""


def decipher(request: Request, answer: Answer, host: str, hide: Hide = str) -> Any:
    """Return what an answer says: JSON, text where that was asked for, None when it is empty.

    What the server says of an error goes through `hide` before anything is cut off.

    Raises:
        AirflowError: the server refuses, fails, redirects, or answers what cannot be understood.
    """
    if 200 <= answer.status < 300:
        return _content(request, answer, host)
    raise _meaning(request, answer, host, hide)


def pause(answer: Answer, attempt: int, now: float) -> float:
    """Return how long to wait before the next try, in seconds: as asked, else 1, 2, 4, …

    `now` is the time in seconds since 1970, for servers that name a moment.
    """
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return min(float(asked), LONGEST_PAUSE)
    moment = read_time(asked)
    if moment is None:
        return backoff(attempt)
    return min(max(moment - now, 0.0), LONGEST_PAUSE)


def read_time(text: str) -> float | None:
    """Read the time in a `Date` header, in seconds since 1970; None when there is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, ArithmeticError, OSError):
        return None


def backoff(attempt: int) -> float:
    """Return the pause after a try, in seconds; tries are counted from 0."""
    return min(float(2**attempt), LONGEST_PAUSE)


def _content(request: Request, answer: Answer, host: str) -> Any:
    if not answer.body.strip():
        return None
    kind = answer.headers.get("content-type", "")
    if request.accept.startswith("text/") and "html" not in kind:
        return answer.body.decode("utf-8", "replace")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        what = "a web page" if "html" in kind else "something else"
        message = f"found {what}, expected JSON"
        hint = "is this the address of Airflow itself? A proxy before it may want you to log in"
        raise ServerBrokenError(
            [Diagnostic(Code.AIRFLOW_ANSWER, message, _where(request, host), hint)]
        ) from error


def _meaning(request: Request, answer: Answer, host: str, hide: Hide) -> AirflowError:
    status, where = answer.status, _where(request, host)
    said = _said(answer, hide)
    if 300 <= status < 400:
        return _redirect(answer, where, host, hide)
    # Airflow 3 calls a token that it cannot read forbidden.
    meant = 401 if status == 403 and "jwt" in said.lower() else status
    for codes, kind, code, message, hint in _MEANINGS:
        if meant in codes:
            return kind([Diagnostic(code, f"{message} ({status}{said})", where, hint)])
    kind = ServerBrokenError if status >= 500 else RefusedError
    code = Code.AIRFLOW_BROKEN if status >= 500 else Code.AIRFLOW_REFUSED
    return kind([Diagnostic(code, f"the server answered {status}{said}", where)])


_MEANINGS: tuple[tuple[frozenset[int], type[AirflowError], Code, str, str], ...] = (
    (
        frozenset({401}),
        UnauthorizedError,
        Code.AIRFLOW_UNAUTHORIZED,
        "the server does not know who asks",
        "set AIRFLOW_API_TOKEN, or AIRFLOW_API_USERNAME and AIRFLOW_API_PASSWORD; "
        "a token may have expired",
    ),
    (
        frozenset({403}),
        UnauthorizedError,
        Code.AIRFLOW_FORBIDDEN,
        "the server does not allow it",
        "the account needs a role that may read, edit and trigger DAGs, such as Airflow's Op or "
        "User; Airflow 2 says the same of a wrong token or password",
    ),
    (
        frozenset({404}),
        NotFoundError,
        Code.AIRFLOW_NOT_FOUND,
        "the server knows no such thing",
        "kairflow list-pipelines shows what is there",
    ),
    (
        frozenset({409}),
        ConflictError,
        Code.AIRFLOW_CONFLICT,
        "it conflicts with what is there",
        "if tasks of the DAG still run, let them end, and do it again",
    ),
    (
        frozenset({400, 422}),
        RefusedError,
        Code.AIRFLOW_REFUSED,
        "the server refuses the request",
        "mend what it says; the DAG's page in Airflow may tell more",
    ),
    (
        BUSY,
        ServerBrokenError,
        Code.AIRFLOW_BROKEN,
        "the server is in trouble or too busy, also after several tries",
        "look at the logs of Airflow's web server, or try again later",
    ),
)


def _redirect(answer: Answer, where: str, host: str, hide: Hide) -> AirflowError:
    """Tell where the server points to, less what may be a secret."""
    target = re.split(r"[?#]", hide(answer.headers.get("location", "")))[0]
    inside = target.startswith(f"{host}/") or re.match("/(?!/)", target)
    if inside and where.startswith("GET "):
        message = f"the server points in circles, at last to {target}"
    else:
        message = f"the server points to {target or 'another address'}, which gets no credentials"
    hint = "name the final address as host; a login page means that a proxy wants other credentials"
    return AirflowError([Diagnostic(Code.AIRFLOW_REDIRECT, message, where, hint)])


def _said(answer: Answer, hide: Hide) -> str:
    """Return what the server says of an error, in one short line."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    detail = (found.get("detail") or found.get("title")) if isinstance(found, dict) else None
    if isinstance(detail, list):
        detail = "; ".join(_problem(one) for one in detail)
    if isinstance(detail, dict):
        detail = detail.get("reason") or detail.get("message")
    text = " ".join(hide(str(detail)).split()) if detail else ""
    return f": {text[:300]}" if text else ""


def _problem(found: Any) -> str:
    if not isinstance(found, dict):
        return str(found)
    steps = found.get("loc")
    known = steps if isinstance(steps, list) else []
    place = ".".join(str(step) for step in known if step != "body")
    return f"{place}: {found.get('msg')}" if place else str(found.get("msg"))


def _where(request: Request, host: str) -> str:
    return f"{request.method} {host}{request.path}"
