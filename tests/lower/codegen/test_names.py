"""Names are refused unless they are plain, wherever a node takes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.printer import print_module
from kairflow.lower.codegen.walk import names_in

X = nodes.Name("x")
PASS = (nodes.Pass(),)


class _Text(str):
    __slots__ = ()


BAD = [
    "",
    " ",
    "x=1;import os",
    "a b",
    "a-b",
    "1st",
    "x\n",
    "x\n\nimport os",
    "x#",
    "ü",
    "x\u0660",
    "ｘ",
    "class",
    "None",
    "True",
    "__debug__",
    "a.b()",
    "*",
    None,
    7,
    _Text("x"),
    X,
]

PLACES: dict[str, Callable[[Any], Any]] = {
    "variable": nodes.Name,
    "attribute": lambda name: nodes.Attribute(X, name),
    "keyword": lambda name: nodes.Keyword(name, X),
    "module": nodes.Import,
    "module alias": lambda name: nodes.Import("os", name if name is not None else ""),
    "from module": lambda name: nodes.ImportFrom(name, "x"),
    "imported name": lambda name: nodes.ImportFrom("os", name),
    "imported alias": lambda name: nodes.ImportFrom("os", "x", name if name is not None else ""),
    "function": lambda name: nodes.FunctionDef(name, body=PASS),
    "class": lambda name: nodes.ClassDef(name, body=PASS),
    "parameter": nodes.Parameter,
    "handler": lambda name: nodes.Handler((X,), PASS, name if name is not None else ""),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_what_is_no_name_is_refused(place: str, name: Any) -> None:
    with pytest.raises(InternalError):
        PLACES[place](name)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["x", "_", "X9_", "__private", "type"])
def test_names_are_accepted(place: str, name: str) -> None:
    assert PLACES[place](name) is not None


@pytest.mark.parametrize("name", ["match", "case"])
def test_words_that_open_a_statement_are_no_variables(name: str) -> None:
    with pytest.raises(InternalError, match="opens a statement"):
        nodes.Name(name)
    assert nodes.Attribute(X, name).name == name


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a.class", "a.b;c", "a.ü"])
def test_dotted_names_are_checked_part_by_part(path: str) -> None:
    with pytest.raises(InternalError):
        nodes.dotted(path)
    with pytest.raises(InternalError):
        nodes.Import(path)


@pytest.mark.parametrize("operator", ["", "+ __import__('os') +", "**", ":=", "and", None])
def test_operators_come_from_a_table(operator: Any) -> None:
    with pytest.raises(InternalError):
        nodes.BinaryOp(X, operator, X)
    with pytest.raises(InternalError):
        nodes.Compare(X, operator, X)


@pytest.mark.parametrize("raw", ["x; import os", b"x", 7, ["x"], None])
def test_raw_source_is_no_node(raw: Any) -> None:
    statements = [
        nodes.Assign(X, raw),
        nodes.Assign(X, nodes.Call(raw)),
        nodes.Assign(X, nodes.Call(X, (raw,))),
        nodes.Assign(X, nodes.ListDisplay((raw,))),
        nodes.If(raw, PASS),
        raw,
    ]
    for statement in statements:
        with pytest.raises(InternalError):
            print_module(nodes.Module(body=(statement,)))


def test_names_in_finds_reads_and_bindings() -> None:
    loop = nodes.For((nodes.Name("i"),), nodes.dotted("os.environ"), (nodes.Assign(X, X),))
    assert names_in((loop, nodes.ExprStatement(nodes.Call(nodes.Name("f"))))) == {
        "i",
        "os",
        "x",
        "f",
    }


REFUSED: dict[str, Callable[[], Any]] = {
    "keyword given twice": lambda: nodes.Call(X, (), (nodes.Keyword("a", X),) * 2),
    "empty subscript": lambda: nodes.Subscript(X, ()),
    "lonely or": lambda: nodes.BoolOp("or", (X,)),
    "string as a statement": lambda: nodes.ExprStatement(nodes.Literal("x")),  # type: ignore[arg-type]
    "block as a statement": lambda: nodes.ExprStatement(nodes.TextBlock(("x",))),  # type: ignore[arg-type]
    "empty block": lambda: nodes.If(X, ()),
    "block of comments": lambda: nodes.If(X, (nodes.Comment("x"),)),
    "else of comments": lambda: nodes.If(X, PASS, (nodes.Comment("x"),)),
    "empty with": lambda: nodes.With((), PASS),
    "loop without a variable": lambda: nodes.For((), X, PASS),
    "loop over a call": lambda: nodes.For((nodes.Call(X),), X, PASS),  # type: ignore[arg-type]
    "context bound to a call": lambda: nodes.WithItem(X, nodes.Call(X)),  # type: ignore[arg-type]
    "assignment to a call": lambda: nodes.Assign(nodes.Call(X), X),  # type: ignore[arg-type]
    "assignment into a call": lambda: nodes.Assign(nodes.Attribute(nodes.Call(X), "a"), X),
    "cause without error": lambda: nodes.Raise(None, X),
    "cause that is a call": lambda: nodes.Raise(X, nodes.Call(X)),  # type: ignore[arg-type]
    "try without a clause": lambda: nodes.Try(PASS),
    "try with else alone": lambda: nodes.Try(PASS, (), PASS, PASS),
    "bare except first": lambda: nodes.Try(
        PASS, (nodes.Handler((), PASS), nodes.Handler((X,), PASS))
    ),
    "bare except with a name": lambda: nodes.Handler((), PASS, "e"),
    "two parameters of a name": lambda: nodes.FunctionDef("f", (nodes.Parameter("a"),) * 2, PASS),
    "default before none": lambda: nodes.FunctionDef(
        "f", (nodes.Parameter("a", default=X), nodes.Parameter("b")), PASS
    ),
    "keyword before positional": lambda: nodes.FunctionDef(
        "f", (nodes.Parameter("a", kind=nodes.ParameterKind.KEYWORD), nodes.Parameter("b")), PASS
    ),
    "default of *args": lambda: nodes.Parameter("a", None, X, nodes.ParameterKind.ARGS),
    "comment of bytes": lambda: nodes.Comment(b"x"),  # type: ignore[arg-type]
    "text block of numbers": lambda: nodes.TextBlock((1,)),  # type: ignore[arg-type]
    "whole future": lambda: nodes.Import("__future__"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_python_would_refuse_is_refused_early(case: str) -> None:
    with pytest.raises(InternalError):
        REFUSED[case]()


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        'say "hi"',
        "a\\b",
        "tab\t",
        "ü",
        " leading",
        "trailing ",
        "a\n",
        "\na",
        "a\r\nb",
        "x" * 73,
    ],
)
def test_a_docstring_is_plain_text(docstring: str) -> None:
    with pytest.raises(InternalError):
        nodes.FunctionDef("f", docstring=docstring)
    with pytest.raises(InternalError):
        nodes.ClassDef("C", docstring=docstring)
