"""Python values as JSON values, or not at all; nothing is converted in silence."""

from __future__ import annotations

import math

from pydantic import JsonValue


def as_json(value: object) -> JsonValue:
    """Return a copy of a value that JSON can spell exactly.

    Raises:
        ValueError: it holds something else, such as a date, a number that is not finite, a key
            that is no string, or itself.
    """
    try:
        return _copy(value)
    except RecursionError as error:
        raise ValueError("the value is nested too deeply to be a JSON value") from error


def _copy(value: object) -> JsonValue:
    if type(value) is str:
        return _as_text(value)
    if value is None or type(value) in (bool, int):
        return value  # type: ignore[return-value]
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is list:
        return [_copy(item) for item in value]
    if type(value) is dict:
        return {_as_key(key): _copy(item) for key, item in value.items()}
    raise ValueError(f"{value!r} of type {type(value).__name__} is no JSON value")


def _as_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{text!r} holds half a character, which no file can") from error
    return text


def _as_key(key: object) -> str:
    if type(key) is str:
        return _as_text(key)
    raise ValueError(f"key {key!r} is no string, so the mapping is no JSON value")
