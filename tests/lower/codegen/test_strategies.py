"""The strategies themselves: a test of hostile text is empty when the text is harmless."""

from __future__ import annotations

import json
from typing import get_args

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.walk import walk
from tests.lower.codegen.checking import examples
from tests.lower.codegen.random_modules import drawn
from tests.lower.codegen.source_nodes import expressions
from tests.strategies import HOSTILE_PIECES, hostile_text, json_values


def test_hostile_text_reaches_every_piece() -> None:
    texts = examples(hostile_text(), 1500)
    missing = [piece for piece in HOSTILE_PIECES if not any(piece in text for text in texts)]
    assert missing == []


def test_hostile_text_mixes_its_pieces() -> None:
    texts = examples(hostile_text(), 500)
    assert any('"' in text and "'" in text and "\n" in text for text in texts)
    assert any("\x00" in text and "{" in text for text in texts)
    assert any(len(text) > 300 for text in texts)
    assert any(0xD800 <= ord(character) <= 0xDFFF for text in texts for character in text)


def test_json_values_are_json_of_every_type() -> None:
    values = examples(json_values(), 200)
    assert all(json.loads(json.dumps(value)) == value for value in values)
    assert {type(value) for value in values} == {type(None), bool, int, float, str, list, dict}


def test_expressions_reach_every_kind_of_node() -> None:
    kinds = {type(node) for node in examples(expressions(1), 400)}
    assert kinds == set(get_args(nodes.Expression))


def test_modules_reach_every_kind_of_statement() -> None:
    kinds = {type(item) for module, _ in drawn("modules") for item in walk(module.body)}
    assert kinds >= set(get_args(nodes.Statement))
