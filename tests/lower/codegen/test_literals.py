"""Constants: they read back as they were, and are written as a formatter writes them."""

from __future__ import annotations

import ast
import math
import sys
from collections import OrderedDict
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.expression_nodes import MAX_DEPTH
from kairflow.lower.codegen.literals import scalar_text, string_text
from tests.lower.codegen.checking import source
from tests.strategies import hostile_text, json_values


def literal(value: Any) -> str:
    """Print `value` through the whole printer, and cut its text out of the assignment."""
    return source(nodes.Assign(nodes.Name("x"), nodes.Literal(value))).removeprefix("x = ")


def typed(value: Any) -> Any:
    """Make values of different types differ: `1`, `True` and `1.0` are equal in Python."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        return [(key, typed(item)) for key, item in value.items()]
    return type(value), math.copysign(1, value) if type(value) is float else 0, value


@settings(max_examples=2000, derandomize=True, database=None, deadline=None)
@given(json_values(8))
def test_a_json_value_reads_back_as_it_was(value: Any) -> None:
    assert typed(ast.literal_eval(literal(value).strip())) == typed(value)


@settings(max_examples=800, derandomize=True, database=None, deadline=None)
@given(st.one_of(hostile_text(), st.text(st.characters(exclude_categories=()))))
def test_a_string_reads_back_and_stays_on_its_line(value: str) -> None:
    text = string_text(value)
    assert ast.literal_eval(text) == value
    assert text.isprintable() or all(character.isprintable() for character in text)
    assert text.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "None"),
        (True, "True"),
        (-1, "-1"),
        (0.1, "0.1"),
        (1e16, "1e16"),
        (-1e-7, "-1e-07"),
        (-0.0, "-0.0"),
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "no"', "'say \"no\"'"),
        ("both ' and \"", '"both \' and \\""'),
        ('\'""', "'\\'\"\"'"),
        ("a\\b", '"a\\\\b"'),
        ("tab\tline\nreturn\r", '"tab\\tline\\nreturn\\r"'),
        ("\x00\x0c\x7f\x85\xa0", '"\\x00\\x0c\\x7f\\x85\\xa0"'),
        ("\u2028\u202e\ufeff", '"\\u2028\\u202e\\ufeff"'),
        ("\ud800", '"\\ud800"'),
        ("\U000e0041", '"\\U000e0041"'),
        ("ü漢🙂", '"ü漢🙂"'),
        ([], "[]"),
        ({}, "{}"),
        ((1, [2]), "[1, [2]]"),
        ({"a": {"b": None}}, '{"a": {"b": None}}'),
    ],
)
def test_the_text_of_a_value(value: Any, expected: str) -> None:
    assert literal(value) == expected


def test_a_huge_integer_does_not_depend_on_the_limit_of_digits() -> None:
    assert literal(2**1999) == str(2**1999)
    assert literal(-(16**1000)) == "-0x1" + "0" * 1000
    assert ast.literal_eval(literal(10**5000)) == 10**5000
    assert sys.get_int_max_str_digits() < 5000


class _Shouting(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os')"


class _Level(IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        b"bytes",
        1j,
        {1, 2},
        object(),
        ...,
        _Shouting("x"),
        _Level.LOW,
        OrderedDict(a=1),
        {1: "a"},
        {_Shouting("x"): 1},
        [[{"a": {1}}]],
    ],
)
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(InternalError):
        nodes.Literal(value)


def test_scalar_text_refuses_what_is_no_scalar() -> None:
    with pytest.raises(InternalError, match="no literal for a value of type list"):
        scalar_text([])  # type: ignore[arg-type]


def test_a_literal_keeps_a_copy() -> None:
    value = {"a": [1]}
    node = nodes.Literal(value)
    value["a"].append(2)
    assert node.value == {"a": [1]}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "deep"


def test_the_deepest_literal_parses() -> None:
    deepest = nested(MAX_DEPTH)
    assert ast.literal_eval(literal(deepest)) == deepest
    with pytest.raises(InternalError, match="deeper than"):
        nodes.Literal(nested(MAX_DEPTH + 1))
