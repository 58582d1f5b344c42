"""Text from outside cannot change the program, wherever it stands."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.comments import comment_text
from kairflow.lower.codegen.printer import print_module
from tests.lower.codegen.checking import examples, reformatted, shape
from tests.strategies import HOSTILE_PIECES, hostile_text

COMMENTS = 6


def program(text: str) -> nodes.Module:
    """Put `text` at every place that takes text."""
    comment, value = nodes.Comment(text), nodes.Literal(text)
    block = nodes.TextBlock.from_text(text)
    call = nodes.Call(
        nodes.dotted("k8s.V1EnvVar"),
        (value, block, nodes.Starred(nodes.Literal([text]))),
        (
            nodes.Keyword("name", value),
            nodes.Keyword("doc_md", block),
            nodes.StarStar(nodes.Literal({f"1{text}": text, f"2{text}": [text, {"a": text}]})),
        ),
    )
    entries = ((value, block), (block, nodes.Compare(value, "!=", block)))
    with_block = nodes.With(
        (nodes.WithItem(call, nodes.Name("dag")),), (comment, nodes.Pass(), comment)
    )
    function = nodes.FunctionDef("f", body=(comment, nodes.Return(block)), docstring="Do it.")
    return nodes.Module(
        (comment, comment),
        (nodes.Import("os"),),
        (
            comment,
            nodes.Assign(nodes.Name("a"), block),
            nodes.Assign(nodes.Name("b"), nodes.DictDisplay(entries)),
            function,
            with_block,
            nodes.ExprStatement(nodes.BinaryOp(nodes.Name("a"), ">>", nodes.ListDisplay((value,)))),
        ),
    )


HARMLESS = shape(print_module(program("harmless")))


def comments_in(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@settings(max_examples=400, derandomize=True, database=None, deadline=None)
@given(st.one_of(hostile_text(), st.sampled_from(HOSTILE_PIECES)))
def test_no_text_changes_the_program(text: str) -> None:
    result = print_module(program(text))
    assert shape(result) == HARMLESS
    assert len(comments_in(result)) == COMMENTS
    # Python decodes a file as its first comments tell it to.
    assert ast.dump(ast.parse(result.encode())) == ast.dump(ast.parse(result))
    # No line ends, and no text is turned around, where a reader cannot see it.
    assert all(character.isprintable() for line in result.split("\n") for character in line)


def test_hostile_programs_are_a_fixed_point_of_the_formatter(tmp_path: Path) -> None:
    texts = [
        print_module(program(text)) for text in (*HOSTILE_PIECES, *examples(hostile_text(), 150))
    ]
    assert reformatted(texts, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "#"),
        ("  ", "#"),
        ("plain", "# plain"),
        ("two\nlines\r\nthree\r", "# two\\nlines\\r\\nthree\\r"),
        ("\x0c\x00\x1b[0m", "# \\x0c\\x00\\x1b[0m"),
        ("\x85\u2028\u202e\ud800", "# \\x85\\u2028\\u202e\\ud800"),
        ("tab\tstop", "# tab\\tstop"),
        ("ü 漢 🙂", "# ü 漢 🙂"),
        ("-*- coding: utf-7 -*-", "# -*- \\x63oding: utf-7 -*-"),
        ("vim: set fileencoding=latin-1", "# vim: set fileen\\x63oding=latin-1"),
        ("fmt: off", "# \\x66mt: off"),
        ("type: ignore[x]", "# \\x74ype: ignore[x]"),
        ("see NOQA", "# see \\x4eOQA"),
        ("the encoding of types, and formats", "# the encoding of types, and formats"),
        ("!/usr/bin/python", "# !/usr/bin/python"),
    ],
)
def test_the_text_of_a_comment(text: str, expected: str) -> None:
    assert comment_text(text) == expected
