"""The strategies themselves: a test of hostile text is empty when the text is harmless."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.walk import walk
from tests.lower.codegen.checking import examples
from tests.lower.codegen.source_nodes import bodies, expressions
from tests.strategies import HOSTILE_PIECES, hostile_text, json_values

# To find one is enough: the smallest does not matter.
SEARCH = settings(max_examples=20_000, database=None, deadline=None, phases=[Phase.generate])


def is_found(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool]) -> bool:
    """Tell whether the strategy yields such a value, without a bound that chance could miss."""
    find(strategy, wanted, settings=SEARCH)
    return True


@pytest.mark.parametrize("piece", HOSTILE_PIECES, ids=ascii)
def test_hostile_text_reaches_every_piece(piece: str) -> None:
    assert is_found(hostile_text(), lambda text: piece in text)


@pytest.mark.parametrize(
    "wanted",
    [
        lambda text: '"' in text and "'" in text and "\n" in text,
        lambda text: "\x00" in text and "{" in text,
        lambda text: len(text) > 300,
        lambda text: any(0xD800 <= ord(character) <= 0xDFFF for character in text),
    ],
    ids=["quotes and a line feed", "NUL and a brace", "long", "half a character"],
)
def test_hostile_text_mixes_its_pieces(wanted: Callable[[str], bool]) -> None:
    assert is_found(hostile_text(), wanted)


def test_json_values_are_json() -> None:
    values = examples(json_values(), 200)
    assert all(json.loads(json.dumps(value)) == value for value in values)


@pytest.mark.parametrize("kind", [type(None), bool, int, float, str, list, dict])
def test_json_values_are_of_every_type(kind: type) -> None:
    assert is_found(json_values(), lambda value: type(value) is kind)


@pytest.mark.parametrize("kind", get_args(nodes.Expression), ids=lambda kind: kind.__name__)
def test_expressions_reach_every_kind_of_node(kind: type) -> None:
    assert is_found(expressions(1), lambda node: type(node) is kind)


@pytest.mark.parametrize("kind", get_args(nodes.Statement), ids=lambda kind: kind.__name__)
def test_bodies_reach_every_kind_of_statement(kind: type) -> None:
    assert is_found(bodies(2), lambda body: any(type(item) is kind for item in walk(body)))
