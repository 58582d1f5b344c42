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

ENDED = ("success", "failed")
"""States of a run that will not change by itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG as the server knows it."""

    dag_id: str
    tags: tuple[str, ...]
    is_paused: bool
    is_gone: bool
    """Whether the file is no longer there, so that only the record is left."""
    has_import_errors: bool
    schedule: str | None
    """In words or as cron; None for a DAG that only runs when it is told to."""
    file_token: str | None
    doc: str | None
    """Its documentation; None also where the answer does not tell."""

    def tagged(self, name: str) -> str | None:
        """Return what stands behind `name:` in a tag."""
        found = (tag for tag in self.tags if tag.startswith(f"{name}:"))
        return next((tag.partition(":")[2] for tag in found), None)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG; times are as the server spells them."""

    run_id: str
    state: str
    start: str | None
    end: str | None

    @property
    def is_over(self) -> bool:
        """Whether the run has succeeded or failed."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a run."""

    task_id: str
    state: str | None
    """None before the scheduler has looked at it."""
    start: str | None
    end: str | None
    try_number: int


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A file that the server cannot import, and why; the time is that of the last attempt."""

    file: str
    trace: str
    time: str


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


def read_version(found: Any) -> str:
    """Read the version of Airflow.

    Raises:
        ServerBrokenError: the answer is none of an Airflow.
    """
    version = found.get("version") if isinstance(found, dict) else None
    if not isinstance(version, str):
        raise _nonsense("no version", "version")
    return version


def read_dag(found: Any) -> Dag:
    """Read a DAG, with the names of either line."""
    dag_id = text_in(found, "dag_id")
    tags = found.get("tags")
    summary = _optional(found.get("timetable_summary"))
    if summary is None:
        summary = _schedule_of_2(found.get("schedule_interval"))
    return Dag(
        dag_id=dag_id,
        tags=tuple(text_in(tag, "name") for tag in _dicts(tags)),
        is_paused=bool(found.get("is_paused")),
        is_gone=bool(found.get("is_stale")) or found.get("is_active") is False,
        has_import_errors=bool(found.get("has_import_errors")),
        schedule=None
        if summary in (None, "", "None", "Never, external triggers only")
        else summary,
        file_token=_optional(found.get("file_token")),
        doc=_optional(found.get("doc_md")),
    )


def _schedule_of_2(found: Any) -> str | None:
    """Line 2 spells a schedule as an object, which has a value for cron and presets alone."""
    if isinstance(found, dict):
        return _optional(found.get("value"))
    return _optional(found)


def read_run(found: Any) -> Run:
    """Read a run of a DAG."""
    return Run(
        run_id=text_in(found, "dag_run_id"),
        state=text_in(found, "state"),
        start=_optional(found.get("start_date")),
        end=_optional(found.get("end_date")),
    )


def read_task(found: Any) -> Task:
    """Read a task of a run."""
    number = found.get("try_number") if isinstance(found, dict) else None
    return Task(
        task_id=text_in(found, "task_id"),
        state=_optional(found.get("state")),
        start=_optional(found.get("start_date")),
        end=_optional(found.get("end_date")),
        try_number=number if isinstance(number, int) else 0,
    )


def read_failure(found: Any) -> ImportFailure:
    """Read why a file cannot be imported."""
    file = text_in(found, "filename")
    trace = _optional(found.get("stack_trace") or found.get("stacktrace"))
    return ImportFailure(file, trace or "", str(found.get("timestamp")))


def read_page(found: Any, key: str) -> tuple[list[Any], int]:
    """Read a page: its entries, and how many there are on all pages.

    Raises:
        ServerBrokenError: the answer is no page.
    """
    entries = found.get(key) if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise _nonsense(f"no list {key!r}", key)
    total = found.get("total_entries")
    return entries, total if isinstance(total, int) else len(entries)


def read_log(found: Any) -> list[str]:
    """Read a log: line 2 answers with text, line 3 with events, or with lines before 3.0.2."""
    if isinstance(found, str):
        return found.splitlines()
    content = found.get("content") if isinstance(found, dict) else None
    if isinstance(content, str):
        return content.splitlines()
    if not isinstance(content, list):
        return []
    return [line for event in content for line in _event(event).splitlines()]


def _event(event: Any) -> str:
    if not isinstance(event, dict):
        return str(event)
    level, text = (str(event.get(key) or "") for key in ("level", "event"))
    details = event.get("error_detail")
    head = " ".join(part for part in (level.upper(), text) if part)
    return "\n".join((head, *_trace(details)))


def _trace(details: Any) -> list[str]:
    """Spell the last line of each traceback: which exception it was."""
    return [f"{one.get('exc_type')}: {one.get('exc_value')}" for one in _dicts(details)]


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def token_in(found: Any) -> str:
    """Return the token that an answer must have.

    Raises:
        ServerBrokenError: it has none, or one that no header can carry.
    """
    token = text_in(found, "access_token")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise _nonsense("no token", "access_token")
    return token


def text_in(found: Any, key: str) -> str:
    """Return a text that an answer must have.

    Raises:
        ServerBrokenError: it has none.
    """
    value = found.get(key) if isinstance(found, dict) else None
    if not isinstance(value, str):
        raise _nonsense(f"nothing named {key!r}", key)
    return value


def _optional(value: Any) -> str | None:
    return value if isinstance(value, str) else None


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
        return _redirect(answer, where, hide)
    for codes, kind, code, message, hint in _MEANINGS:
        if status in codes:
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
        "is the token or password right? Airflow 2 does not tell. The account needs a role that "
        "may read, edit and trigger DAGs, such as Airflow's Op or User",
    ),
    (
        frozenset({404}),
        NotFoundError,
        Code.AIRFLOW_NOT_FOUND,
        "the server knows no such thing",
        "",
    ),
    (frozenset({409}), ConflictError, Code.AIRFLOW_CONFLICT, "it conflicts with what is there", ""),
    (
        frozenset({400, 422}),
        RefusedError,
        Code.AIRFLOW_REFUSED,
        "the server refuses the request",
        "",
    ),
    (
        BUSY,
        ServerBrokenError,
        Code.AIRFLOW_BROKEN,
        "the server is in trouble or too busy, also after several tries",
        "look at the logs of Airflow's web server, or try again later",
    ),
)


def _redirect(answer: Answer, where: str, hide: Hide) -> AirflowError:
    """Tell where the server points to, less what may be a secret."""
    target = re.split(r"[?#]", hide(answer.headers.get("location", "")))[0]
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


def _nonsense(found: str, wanted: str) -> ServerBrokenError:
    message = f"found {found} in the server's answer, expected {wanted!r} as Airflow sends it"
    hint = "is this the address of Airflow itself?"
    return ServerBrokenError([Diagnostic(Code.AIRFLOW_ANSWER, message, hint=hint)])
