"""The exact text of comprehensions, conditionals, formatted texts and the statements around them.

Written by hand from the style of Black and ruff; nothing here was copied from the printer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.nodes import (
    Assign,
    AugAssign,
    BinaryOp,
    Break,
    Call,
    Compare,
    Conditional,
    Continue,
    Declare,
    DictComprehension,
    Dots,
    ForClause,
    FormattedText,
    Generator,
    ListComprehension,
    Literal,
    Minus,
    Name,
    Pass,
    Placeholder,
    Return,
    Slice,
    Subscript,
    TupleDisplay,
    While,
    WithItem,
)
from tests.lower.codegen.checking import source

A, B, C = Name("a"), Name("b"), Name("c")
LONG, LONGER = Name("l" * 40), Name("m" * 50)
ONE, TEXT = Literal(1), Literal("t")
IF = Conditional(B, A, C)
CLAUSE = ForClause((A, B), C)


def printed(node: Any) -> str:
    return source(Assign(Name("x"), node)).removeprefix("x = ")


def text(*parts: str | Placeholder) -> FormattedText:
    return FormattedText((parts,))


EXPRESSIONS: list[tuple[Any, str]] = [
    (IF, "a if b else c"),
    (Conditional(IF, IF, IF), "(a if b else c) if (a if b else c) else a if b else c"),
    (BinaryOp(IF, "+", IF), "(a if b else c) + (a if b else c)"),
    (nodes.Attribute(IF, "d"), "(a if b else c).d"),
    (nodes.Not(IF), "not (a if b else c)"),
    (ListComprehension(A, CLAUSE), "[a for a, b in c]"),
    (
        ListComprehension(A, ForClause((A,), IF, (B, IF))),
        "[a for a in (a if b else c) if b if (a if b else c)]",
    ),
    (DictComprehension(A, B, CLAUSE), "{a: b for a, b in c}"),
    (Generator(A, CLAUSE), "(a for a, b in c)"),
    (Call(A, (Generator(A, CLAUSE),)), "a(a for a, b in c)"),
    (Call(A, (Generator(A, CLAUSE), B)), "a((a for a, b in c), b)"),
    (TupleDisplay(), "()"),
    (TupleDisplay((A,)), "(a,)"),
    (TupleDisplay((A, nodes.Starred(B))), "(a, *b)"),
    (Subscript(A, (Slice(ONE),)), "a[1:]"),
    (Subscript(A, (Slice(None, Literal(-3)),)), "a[:-3]"),
    (Subscript(A, (Slice(),)), "a[:]"),
    (Subscript(A, (Slice(Call(A), ONE),)), "a[a() : 1]"),
    (Subscript(A, (Slice(None, Minus(B)), A)), "a[:-b, a]"),
    (Subscript(Name("tuple"), (Name("str"), Dots())), "tuple[str, ...]"),
    (Minus(A), "-a"),
    (Minus(BinaryOp(A, "+", B)), "-(a + b)"),
    (nodes.Attribute(Minus(A), "b"), "(-a).b"),
    (BinaryOp(A, "-", Minus(A)), "a - -a"),
    (text("a ", Placeholder(B), "{}"), 'f"a {b}{{}}"'),
    (text(Placeholder(nodes.dotted("a.b"), True)), 'f"{a.b!r}"'),
    (text("it's ", Placeholder(A)), 'f"it\'s {a}"'),
    (text('say "', Placeholder(A), '"\n'), "f'say \"{a}\"\\n'"),
    (text(Placeholder(Compare(A, "!=", B))), 'f"{a != b}"'),
]


@pytest.mark.parametrize(("node", "expected"), EXPRESSIONS, ids=[text for _, text in EXPRESSIONS])
def test_expressions_on_one_line(node: Any, expected: str) -> None:
    assert printed(node) == expected


STATEMENTS: list[tuple[Any, str]] = [
    (Assign((A, B), C), "a, b = c"),
    (Assign(Subscript(nodes.dotted("a.b"), (TEXT,)), C), 'a.b["t"] = c'),
    (AugAssign(A, ONE), "a += 1"),
    (Declare(A, Name("str")), "a: str"),
    (Return(TupleDisplay((A, B))), "return a, b"),
    (Return(TupleDisplay((A,))), "return (a,)"),
    (Return(TupleDisplay((LONG, LONGER))), f"return (\n    {LONG.id},\n    {LONGER.id},\n)"),
    (While(A, (Break(),)), "while a:\n    break"),
    (nodes.For((A, B), C, (Continue(),)), "for a, b in c:\n    continue"),
]


@pytest.mark.parametrize(("node", "expected"), STATEMENTS, ids=[text for _, text in STATEMENTS])
def test_statements(node: Any, expected: str) -> None:
    assert source(node) == expected


BROKEN: list[tuple[Any, list[str]]] = [
    (
        Conditional(A, LONG, LONGER),
        ["(", f"    {LONG.id}", "    if a", f"    else {LONGER.id}", ")"],
    ),
    (
        ListComprehension(LONG, ForClause((A,), LONGER, (B,))),
        ["[", f"    {LONG.id}", f"    for a in {LONGER.id}", "    if b", "]"],
    ),
    (
        Call(A, (Generator(LONG, ForClause((A,), LONGER)),)),
        ["a(", f"    {LONG.id}", f"    for a in {LONGER.id}", ")"],
    ),
    (
        FormattedText((("x" * 60, Placeholder(A)), ("y" * 30,))),
        ["(", f'    f"{"x" * 60}{{a}}"', f'    "{"y" * 30}"', ")"],
    ),
]


@pytest.mark.parametrize(("node", "lines"), BROKEN)
def test_expressions_on_several_lines(node: Any, lines: list[str]) -> None:
    assert printed(node).split("\n") == lines


REFUSED: dict[str, Callable[[], Any]] = {
    "comprehension without a variable": lambda: ForClause((), A),
    "comprehension over a call": lambda: ForClause((Call(A),), A),  # type: ignore[arg-type]
    "minus of a number": lambda: Minus(ONE),
    "formatted text without a placeholder": lambda: text("a"),
    "formatted text of numbers": lambda: text(Placeholder(A), 7),  # type: ignore[arg-type]
    "placeholder with a string": lambda: printed(text(Placeholder(Subscript(A, (TEXT,))))),
    "placeholder with braces": lambda: printed(text(Placeholder(nodes.DictDisplay()))),
    "one name in a tuple": lambda: Assign((A,), B),
    "call in a tuple": lambda: Assign((A, Call(A)), B),  # type: ignore[arg-type]
    "slice as a target": lambda: Assign(Subscript(A, (Slice(),)), B),
    "call as a target": lambda: AugAssign(Call(A), ONE),  # type: ignore[arg-type]
    "annotated item": lambda: Assign(Subscript(A, (ONE,)), B, Name("str")),
    "declared attribute": lambda: Declare(nodes.dotted("a.b"), B),  # type: ignore[arg-type]
    "wide declaration": lambda: source(Declare(LONG, LONGER)),
    "tuple as a context": lambda: WithItem(TupleDisplay((A, B))),
    "empty while": lambda: While(A, ()),
    "while of comments": lambda: While(A, (nodes.Comment("x"),)),
    "slice as a value": lambda: source(Return(Slice())),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_python_would_refuse_is_refused_early(case: str) -> None:
    with pytest.raises(InternalError):
        REFUSED[case]()


def test_blank_lines_around_a_loop_at_the_top_level() -> None:
    assert source(Pass(), While(A, (Pass(),)), Pass()) == "pass\n\nwhile a:\n    pass\n\npass"
