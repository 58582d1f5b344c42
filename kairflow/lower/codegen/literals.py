"""The text of a scalar constant as Python source; it knows neither nodes nor layout."""

from __future__ import annotations

from collections.abc import Sequence

from kairflow.errors import InternalError
from kairflow.lower.codegen.text import escape

# Python reads 640 decimal digits under its strictest limit; hexadecimal has no limit.
_DECIMAL_BITS = 2000


def scalar_text(value: bool | int | float | str | None) -> str:
    """Write a scalar as `ruff format` would leave it; the same text on every Python."""
    if type(value) is str:
        return string_text(value)
    if type(value) is int and abs(value).bit_length() > _DECIMAL_BITS:
        return f"{'-' if value < 0 else ''}0x{abs(value):X}"
    if value is None or type(value) in (bool, int, float):
        return repr(value).replace("e+", "e")
    raise InternalError(f"no literal for a value of type {type(value).__name__}")


def string_text(value: str) -> str:
    """Write a string in double quotes, or in single ones where that needs fewer escapes."""
    quote = _quote(value)
    return f"{quote}{_body(value, quote)}{quote}"


def format_text(parts: Sequence[str | tuple[str]]) -> str:
    """Write an f-string of strings and of placeholders, which are tuples of finished source."""
    quote = _quote("".join(part for part in parts if isinstance(part, str)))
    body = "".join(
        _body(part, quote).replace("{", "{{").replace("}", "}}")
        if isinstance(part, str)
        else part[0]
        for part in parts
    )
    return f"f{quote}{body}{quote}"


def _quote(value: str) -> str:
    return "'" if value.count('"') > value.count("'") else '"'


def _body(value: str, quote: str) -> str:
    return escape(value.replace("\\", "\\\\")).replace(quote, f"\\{quote}")
