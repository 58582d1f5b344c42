"""Label and field selectors, as query strings hold them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.services.findings import bad_request
from tests.services.syntax import label_value, qualified_name

Matches = Callable[[Mapping[str, str]], bool]
SET = re.compile(r"(\S+) +(in|notin) +\(([^()]*)\)")
EQUALITY = re.compile(r"([^=!\s]+) *(==|=|!=) *([^=!\s]*)")
EXISTENCE = re.compile(r"(!?) *([^=!\s()]+)")


def label_selector(text: str) -> Matches:
    """Read a selector such as `a=b,c!=d,!e,f in (g, h)`."""
    parts = [_requirement(part.strip()) for part in _split(text)]
    return lambda labels: all(part(labels) for part in parts)


def field_selector(text: str) -> Matches:
    """Read a selector such as `metadata.name=a`; it matches a flat mapping of paths to values."""
    parts: list[tuple[str, str, bool]] = []
    for part in _split(text):
        if not (match := EQUALITY.fullmatch(part.strip())):
            raise bad_request(f"invalid field selector: {part!r}")
        parts.append((match[1], match[3], match[2] != "!="))
    return lambda fields: all(
        (fields.get(key, "") == value) == wanted for key, value, wanted in parts
    )


def _split(text: str) -> list[str]:
    return [part for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _requirement(part: str) -> Matches:
    if match := SET.fullmatch(part):
        key, operator, listed = match.groups()
        return _among(key, {value.strip() for value in listed.split(",")}, operator == "in")
    if match := EQUALITY.fullmatch(part):
        key, operator, value = match.groups()
        return _among(key, {value}, operator != "!=")
    if match := EXISTENCE.fullmatch(part):
        absent, key = match.groups()
        _checked(key, ())
        return lambda labels: (key in labels) != bool(absent)
    raise bad_request(f"unable to parse requirement: {part!r}")


def _among(key: str, values: set[str], wanted: bool) -> Matches:
    """`!=` and `notin` also match what lacks the label; `=` and `in` do not."""
    _checked(key, values)
    return lambda labels: (labels.get(key) in values) == wanted


def _checked(key: str, values: set[str] | tuple[()]) -> None:
    problems = [qualified_name(key), *map(label_value, values)]
    if any(problems):
        raise bad_request(
            f"unable to parse requirement of {key!r}: {'; '.join(filter(None, problems))}"
        )
