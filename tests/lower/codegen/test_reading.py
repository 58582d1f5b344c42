"""A real module becomes source nodes: its code, its comments, and refusals that say where."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from importlib.abc import InspectLoader
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes, translation
from kairflow.lower.codegen.module_source import read_module
from kairflow.lower.codegen.printer import print_module
from kairflow.lower.codegen.translation import passages, read_passages
from kairflow.lower.codegen.walk import names_in
from tests.lower.codegen.checking import reformatted

SAMPLE = "tests.lower.codegen.sample_module"
TEXT = Path(__file__).with_name("sample_module.py").read_text(encoding="utf-8")


def translated(module: str) -> str:
    found = passages(read_module(module))
    return print_module(nodes.Module(body=tuple(item for body in found.values() for item in body)))


def given_source(text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, nodes.Body]:
    fake = type("Loader", (InspectLoader,), {"get_source": lambda self, name: text})
    spec = SimpleNamespace(loader=fake())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    return passages(read_module("kairflow.some.module"))


def defined(text: str) -> list[ast.stmt]:
    """Parse the definitions of a module, with docstrings as Python shows them."""
    kinds = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body[0] = ast.Expr(ast.Constant(ast.get_docstring(node)))
    return [node for node in tree.body if isinstance(node, kinds)]


def comments_of(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def test_the_code_is_the_same() -> None:
    before, after = defined(TEXT), defined(translated(SAMPLE))
    assert [ast.dump(node) for node in after] == [ast.dump(node) for node in before]


def test_every_comment_is_there_in_its_order() -> None:
    kept = [comment for comment in comments_of(TEXT) if "noqa" not in comment]
    assert comments_of(translated(SAMPLE)) == kept


def test_the_text_is_as_a_formatter_leaves_it(tmp_path: Path) -> None:
    assert reformatted([translated(SAMPLE)], tmp_path) == []


def test_paragraphs_stay_apart() -> None:
    assert "    count = 0\n\n    values: dict[str, Any] = {}\n    values[" in translated(SAMPLE)


def test_a_long_text_keeps_its_lines() -> None:
    assert 'name} and "\n        "a part without' in translated(SAMPLE)


def test_definitions_come_by_name_in_their_order() -> None:
    found = passages(read_module(SAMPLE))
    assert list(found) == [
        *("TRIES", "NAMES", "SETTINGS", "LONE", "plain", "keywords"),
        *("Base", "DocumentedError", "Meta"),
    ]
    assert found["TRIES"][:-1] == (
        nodes.Comment("How often to try."),
        nodes.Comment("A second line."),
    )
    assert isinstance(found["plain"][-1], nodes.FunctionDef)
    assert {"Path", "RuntimeError", "Any"} <= names_in(found["Base"])


def test_a_module_is_read_once_and_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_OURS", "tests.")
    first = read_passages(SAMPLE)
    assert read_passages(SAMPLE) is first
    assert SAMPLE not in sys.modules


def test_no_other_module_becomes_code() -> None:
    with pytest.raises(InternalError, match="only a module of ours"):
        read_passages("os.path")


@pytest.mark.parametrize("name", ["kairflow.nowhere", "kairflow.no.where", "kairflow.a b"])
def test_a_module_that_is_missing_is_a_bug_of_ours(name: str) -> None:
    with pytest.raises(InternalError):
        read_passages(name)


REFUSED = {
    "x = lambda: 1": "line 1: no source node for Lambda",
    "x = 1\ny = {1, 2}": "line 2: no source node for Set",
    "x = a = 1": "line 1: neither a function, a class nor a constant: Assign",
    "x = 1\nx = 2": "line 2: x is defined twice",
    "print()": "line 1: neither a function, a class nor a constant: Expr",
    "x = 1  # why": "line 1: a comment needs a line of its own",
    "x = 1\n# fmt off and yapf: on": "line 2: a comment that cannot be kept",
    "x = [\n    # why\n    1,\n]": "line 2: a comment that belongs to no statement",
    "def f():\n    'A \\xfc.'": "line 1: not a plain docstring",
    "def f(a, /):\n    pass": "line 1: no source node for a parameter that is positional",
    "def f():\n    global x": "line 2: no source node for Global",
    "def f():\n    yield 1": "line 2: no source node for Yield",
    "async def f():\n    pass": "neither a function, a class nor a constant: AsyncFunctionDef",
    "def f():\n    import os": "line 2: no source node for Import",
    "def f():\n    a = b = 1": "line 2: no source node for an assignment to several targets",
    "def f():\n    a[1:] = b": "line 2: a slice takes no value",
    "def f():\n    (a, b[0]) = c": "line 2: no source node for a target that is neither",
    "def f():\n    [a] = c": "line 2: no source node for an assignment to List",
    "def f():\n    a -= 1": "line 2: no source node for the assignment of Sub",
    "def f():\n    a.b: int": "line 2: no source node for an annotation of an attribute",
    "def f():\n    1 + 1\n    'x'": "line 3: no statement by itself",
    "def f():\n    for a in b:\n        pass\n    else:\n        pass": "line 5: .* else of a loop",
    "def f():\n    while b:\n        pass\n    else:\n        pass": "line 5: .* else of a loop",
    "def f():\n    try:\n        a\n    except b():\n        pass": "line 4: .* no dotted name",
    "def f():\n    with a as b.c:\n        pass": "line 2: a context is bound to a name",
    "def f():\n    if a:\n        b\n    # why\n    else:\n        c": "line 4: a comment that",
    "x = a < b < c": "line 1: no source node for a chain of comparisons",
    "x = a**b": "line 1: no source node for the operator Pow",
    "x = ~a": "line 1: no source node for the operator Invert",
    "x = a[::2]": "line 1: no source node for a slice with a step",
    "x = b'a'": "line 1: no source node for a constant of type bytes",
    "x = [a for b in c for d in e]": "line 1: no source node for a comprehension of several",
    "x = f'{a:>3}'": "line 1: no source node for a format specification",
    "x = f'{a!s}'": "line 1: no source node for the conversion !s",
    "y = 1\nx = f'{a[\"b\"]}'": "line 2: no source node for a string within an f-string",
}


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_has_no_node_is_refused_with_its_place(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InternalError, match=rf"kairflow\.some\.module, .*{REFUSED[text]}"):
        given_source(text + "\n", monkeypatch)


def test_orders_to_linters_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x = 1  # noqa: S105\ny = x  # type: ignore[misc]\n"
    found: dict[str, Any] = given_source(text, monkeypatch)
    assert found["x"] == (nodes.Assign(nodes.Name("x"), nodes.Literal(1)),)
    assert found["y"] == (nodes.Assign(nodes.Name("y"), nodes.Name("x")),)
