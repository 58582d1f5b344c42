"""What an Airflow server tells of DAGs, runs, tasks and import errors, as values; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kairflow.errors import Code, Diagnostic, ServerBrokenError

ENDED = ("success", "failed")
"""States of a run that will not change by itself."""


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


def _nonsense(found: str, wanted: str) -> ServerBrokenError:
    message = f"found {found} in the server's answer, expected {wanted!r} as Airflow sends it"
    hint = "is this the address of Airflow itself?"
    return ServerBrokenError([Diagnostic(Code.AIRFLOW_ANSWER, message, hint=hint)])
