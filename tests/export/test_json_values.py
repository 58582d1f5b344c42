"""JSON values pass unchanged, everything else is refused by name."""

from __future__ import annotations

import datetime
import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.export.json_values import as_json
from kairflow.ir.json_types import json_type

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


class Colour(str, enum.Enum):
    RED = "red"


@given(VALUES)
def test_json_passes_unchanged(value: Any) -> None:
    found = as_json(value)
    assert found == value
    assert repr(found) == repr(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == value


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="too deeply"):
        as_json(loop)


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2024, 1, 31),
        float("nan"),
        float("-inf"),
        b"bytes",
        (1, 2),
        {1, 2},
        {1: "a"},
        {None: "a"},
        [{"deep": object()}],
        "\ud800",
        {"\ud800": 1},
        Colour.RED,
    ],
)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|half a character|no string"):
        as_json(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.0, "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_types_are_named_as_in_json_schema(value: Any, name: str) -> None:
    assert json_type(value) == name
