"""Cron expressions: whether Airflow will accept one, and the timetable that means it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kairflow.lower.airflow.model import Timetable

PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
"""Airflow's names for cron expressions."""

_SAME_AS_A_PRESET = ("@midnight", "@annually")

TIMETABLES = {"interval": "CronDataIntervalTimetable", "trigger": "CronTriggerTimetable"}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_DAY = _Field("day of the month", 1, 31)
_DAY_OF_WEEK = _Field("day of the week", 0, 7, _DAYS)
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _DAY,
    _Field("month", 1, 12, _MONTHS),
    _DAY_OF_WEEK,
)
_LAST_DAY = 28
"""Stands for `L`, the last day of the month: the day that it is at least."""

_WEEKDAY = re.compile(r"(?P<nth>[0-9a-z]+)#[1-5]|l(?P<last>[0-7])")
"""The nth, or the last, such weekday of the month: croniter's additions."""

_RANGE = re.compile(r"(?P<low>\*|[0-9a-z]+)(?:-(?P<high>[0-9a-z]+))?(?:/(?P<step>[0-9]+))?")


def timetable(kind: str, cron: str | None, zone: str = "UTC") -> Timetable | None:
    """Return the timetable for an expression that `complaint` has nothing to say about."""
    return Timetable(TIMETABLES[kind], cron, zone) if cron else None


def complaint(cron: str) -> str:
    """Say what is wrong with a cron expression; empty when nothing is."""
    if cron.startswith("@"):
        return "" if cron in (*PRESETS, *_SAME_AS_A_PRESET) else f"no preset is named {cron!r}"
    parts = cron.lower().split()
    if len(parts) != len(_FIELDS):
        return f"found {len(parts)} fields"
    wrong = (_field_complaint(part, field) for part, field in zip(parts, _FIELDS, strict=True))
    return next((text for text in wrong if text), "") or _day_complaint(*parts[2:])


def _field_complaint(text: str, field: _Field) -> str:
    if text == "?" and field in (_DAY, _DAY_OF_WEEK):
        return ""
    for part in text.split(","):
        if _values(part, field) is None:
            return f"{part!r} is no {field.name}, which goes from {field.low} to {field.high}"
    return ""


def _day_complaint(day: str, month: str, weekday: str) -> str:
    """Refuse a day that never comes: Airflow looks for the next one until it gives up."""
    day, weekday = day.replace("?", "*"), weekday.replace("?", "*")
    days, months = (
        {value for part in text.split(",") for value in _values(part, field) or ()}
        for text, field in zip((day, month), _FIELDS[2:4], strict=True)
    )
    longest = max(_DAYS_IN_MONTH[number - 1] for number in months)
    # With a weekday beside it, cron takes the days of either field.
    if "*" in weekday.split(",") and min(days) > longest:
        return f"no month {month!r} has a day {day!r}"
    return ""


def _values(part: str, field: _Field) -> list[int] | None:
    """Return what one part of a field stands for; `None` when it is not legal.

    `22-2` and `sat-sun` go round the end of the field, as Airflow reads them.
    """
    if (found := _special_values(part, field)) is not None:
        return found
    match = _RANGE.fullmatch(part)
    if match is None or (match["low"] == "*" and match["high"] is not None):
        return None
    low = field.low if match["low"] == "*" else _number(match["low"], field)
    if match["high"] is not None:
        high = _number(match["high"], field)
    elif match["low"] == "*" or match["step"] is not None:  # `5/10` goes on to the end
        high = field.high
    else:
        high = low
    step = int(match["step"] or 1)
    too_far = match["low"] != "*" and step > field.high
    if low is None or high is None or step == 0 or too_far:
        return None
    if low <= high:
        return list(range(low, high + 1, step))
    return [*range(low, field.high + 1), *range(field.low, high + 1)][::step]


def _special_values(part: str, field: _Field) -> list[int] | None:
    """Return what croniter's additions stand for; `None` when the part is none of them."""
    if field is _DAY and part == "l":
        return [_LAST_DAY]
    if field is _DAY_OF_WEEK and (found := _WEEKDAY.fullmatch(part)):
        number = _number(found["nth"] or found["last"], field)
        return [number] if number is not None else None
    return None


def _number(text: str, field: _Field) -> int | None:
    if text in field.words:
        return field.words.index(text) + field.low
    if not text.isdecimal() or len(text) > 2:
        return None
    return int(text) if field.low <= int(text) <= field.high else None
