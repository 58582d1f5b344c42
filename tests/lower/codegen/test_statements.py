"""The exact text of every kind of statement, and the blank lines between them.

Written by hand from the style of Black and ruff; nothing here was copied from the printer.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from kairflow.errors import InternalError
from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.nodes import (
    Assign,
    BinaryOp,
    BlankLine,
    BoolOp,
    Call,
    ClassDef,
    Comment,
    Compare,
    ExprStatement,
    For,
    FunctionDef,
    Handler,
    If,
    Keyword,
    ListDisplay,
    Literal,
    Module,
    Name,
    Parameter,
    ParameterKind,
    Pass,
    Raise,
    Return,
    Subscript,
    TextBlock,
    Try,
    With,
    WithItem,
)
from kairflow.lower.codegen.printer import print_module
from tests.lower.codegen.checking import source

A, B, C = Name("a"), Name("b"), Name("c")
STR, LONG, LONGER = Name("str"), Name("l" * 40), Name("m" * 50)
PASS = (Pass(),)
SET_A = Assign(A, Literal(1))


def call(name: str, *args: Any, **kwargs: Any) -> Call:
    return Call(nodes.dotted(name), args, tuple(Keyword(key, kwargs[key]) for key in kwargs))


def function(name: str, *body: Any) -> FunctionDef:
    return FunctionDef(name, body=body or PASS)


def with_(*items: Any) -> With:
    return With(tuple(WithItem(*item) for item in items), PASS)


SIMPLE: list[tuple[Any, str]] = [
    (Pass(), "pass"),
    (Comment("why"), "# why"),
    (SET_A, "a = 1"),
    (Assign(nodes.dotted("a.b"), B), "a.b = b"),
    (Assign(A, B, Subscript(Name("dict"), (STR, STR))), "a: dict[str, str] = b"),
    (ExprStatement(call("f", A)), "f(a)"),
    (ExprStatement(BinaryOp(A, ">>", B)), "a >> b"),
    (Return(), "return"),
    (Return(A), "return a"),
    (Raise(), "raise"),
    (Raise(call("KeyError", A)), "raise KeyError(a)"),
    (Raise(A, B), "raise a from b"),
    (Raise(A, Literal(None)), "raise a from None"),
]


@pytest.mark.parametrize(("statement", "expected"), SIMPLE, ids=[text for _, text in SIMPLE])
def test_simple_statements(statement: Any, expected: str) -> None:
    assert source(statement) == expected


COMPOUND: dict[str, tuple[Any, str]] = {
    "with": (with_((A,)), "with a:\n    pass"),
    "with target": (with_((call("f"), B)), "with f() as b:\n    pass"),
    "with two": (with_((A, B), (C,)), "with a as b, c:\n    pass"),
    "with broken": (
        with_((call("DAG", LONG, key=LONGER), A)),
        f"""\
        with DAG(
            {LONG.id},
            key={LONGER.id},
        ) as a:
            pass""",
    ),
    "with two broken": (
        with_((LONG, A), (LONGER,)),
        f"""\
        with (
            {LONG.id} as a,
            {LONGER.id},
        ):
            pass""",
    ),
    "with operators": (
        with_((BinaryOp(LONG, "|", LONGER), A)),
        f"""\
        with (
            {LONG.id}
            | {LONGER.id} as a,
        ):
            pass""",
    ),
    "if": (
        If(A, PASS, (If(B, PASS, (SET_A,)),)),
        """\
        if a:
            pass
        elif b:
            pass
        else:
            a = 1""",
    ),
    "if not alone in else": (
        If(A, PASS, (If(B, PASS), Pass())),
        """\
        if a:
            pass
        else:
            if b:
                pass
            pass""",
    ),
    "if broken": (
        If(BoolOp("and", (LONG, Compare(LONGER, "==", A))), PASS),
        f"""\
        if (
            {LONG.id}
            and {LONGER.id} == a
        ):
            pass""",
    ),
    "for": (For((A,), B, PASS), "for a in b:\n    pass"),
    "for two": (For((A, B), call("c.items"), PASS), "for a, b in c.items():\n    pass"),
    "for broken": (
        For((A,), call("f", LONG, LONGER), PASS),
        f"""\
        for a in f(
            {LONG.id},
            {LONGER.id},
        ):
            pass""",
    ),
    "try": (
        Try(
            PASS,
            (
                Handler((A,), PASS),
                Handler((A, nodes.dotted("b.c")), (Raise(),), "e"),
                Handler((), PASS),
            ),
            (SET_A,),
            (Return(),),
        ),
        """\
        try:
            pass
        except a:
            pass
        except (a, b.c) as e:
            raise
        except:
            pass
        else:
            a = 1
        finally:
            return""",
    ),
    "function": (function("f"), "def f():\n    pass"),
    "function with everything": (
        FunctionDef(
            "f",
            (
                Parameter("a"),
                Parameter("b", STR),
                Parameter("c", default=Literal(1)),
                Parameter("d", STR, Literal("x")),
            ),
            (Return(A),),
            returns=BinaryOp(STR, "|", Literal(None)),
            docstring="Do it.",
            decorators=(call("task", key=A), B),
        ),
        '''\
        @task(key=a)
        @b
        def f(a, b: str, c=1, d: str = "x") -> str | None:
            """Do it."""
            return a''',
    ),
    "function with stars": (
        FunctionDef(
            "f",
            (
                Parameter("a"),
                Parameter("rest", STR, kind=ParameterKind.ARGS),
                Parameter("key", STR, kind=ParameterKind.KEYWORD),
                Parameter("more", kind=ParameterKind.KWARGS),
            ),
            PASS,
        ),
        "def f(a, *rest: str, key: str, **more):\n    pass",
    ),
    "function with keywords alone": (
        FunctionDef("f", (Parameter("a", kind=ParameterKind.KEYWORD),), PASS),
        "def f(*, a):\n    pass",
    ),
    "function broken": (
        FunctionDef(
            "f",
            (
                Parameter(LONG.id, STR),
                Parameter(LONGER.id, kind=ParameterKind.KEYWORD),
                Parameter("more", kind=ParameterKind.KWARGS),
            ),
            PASS,
            returns=STR,
        ),
        f"""\
        def f(
            {LONG.id}: str,
            *,
            {LONGER.id},
            **more,
        ) -> str:
            pass""",
    ),
    "long docstring": (
        FunctionDef("f", docstring="Do it.\n\nThat's how:\n  so."),
        '''\
        def f():
            """Do it.

            That's how:
              so.
            """''',
    ),
    "class": (ClassDef("C", body=PASS), "class C:\n    pass"),
    "class with everything": (
        ClassDef(
            "C",
            (A, B),
            (SET_A, function("f")),
            (Keyword("metaclass", C),),
            "Be it.",
            (A,),
        ),
        '''\
        @a
        class C(a, b, metaclass=c):
            """Be it."""

            a = 1

            def f():
                pass''',
    ),
    "return broken": (
        Return(BinaryOp(LONG, "+", LONGER)),
        f"""\
        return (
            {LONG.id}
            + {LONGER.id}
        )""",
    ),
    "long name": (Return(Name("n" * 84)), f"return (\n    {'n' * 84}\n)"),
    "text that fits in parentheses": (
        Return(TextBlock(("a" * 40 + "\n", "b" * 40))),
        f"""\
        return (
            "{"a" * 40}\\n{"b" * 40}"
        )""",
    ),
    "raise broken": (
        Raise(call("KeyError", LONG, LONGER), A),
        f"""\
        raise KeyError(
            {LONG.id},
            {LONGER.id},
        ) from a""",
    ),
    "edge to a list": (
        ExprStatement(BinaryOp(A, ">>", ListDisplay((LONG, LONGER)))),
        f"""\
        a >> [
            {LONG.id},
            {LONGER.id},
        ]""",
    ),
    "edge between long names": (
        ExprStatement(BinaryOp(LONG, ">>", LONGER)),
        f"""\
        (
            {LONG.id}
            >> {LONGER.id}
        )""",
    ),
}


@pytest.mark.parametrize("case", COMPOUND)
def test_compound_and_broken_statements(case: str) -> None:
    statement, expected = COMPOUND[case]
    assert source(statement) == dedent(expected)


def test_comments_are_never_wrapped() -> None:
    assert source(Comment("word " * 40)) == "# " + ("word " * 40).rstrip()


BLANK_LINES: dict[str, tuple[tuple[Any, ...], str]] = {
    "plain": ((SET_A, SET_A), "a = 1\na = 1"),
    "asked": ((BlankLine(), SET_A, BlankLine(), BlankLine(), SET_A, BlankLine()), "a = 1\n\na = 1"),
    "block": ((SET_A, with_((A,)), SET_A), "a = 1\n\nwith a:\n    pass\n\na = 1"),
    "definition": (
        (SET_A, function("f"), SET_A),
        "a = 1\n\n\ndef f():\n    pass\n\n\na = 1",
    ),
    "comment of a definition": (
        (SET_A, Comment("f is"), Comment("for"), BlankLine(), function("f"), Comment("end")),
        "a = 1\n\n\n# f is\n# for\ndef f():\n    pass\n\n\n# end",
    ),
    "inner definition": (
        (If(A, (function("f"), SET_A)), SET_A),
        "if a:\n\n    def f():\n        pass\n\n    a = 1\n\na = 1",
    ),
    "last definition of a block": (
        (If(A, (function("f"),)), SET_A),
        "if a:\n\n    def f():\n        pass\n\n\na = 1",
    ),
    "function in a function": (
        (function("f", function("g"), Return(A)),),
        "def f():\n    def g():\n        pass\n\n    return a",
    ),
}


@pytest.mark.parametrize("case", BLANK_LINES)
def test_blank_lines(case: str) -> None:
    body, expected = BLANK_LINES[case]
    assert source(*body) == expected


MODULES: dict[str, tuple[Module, str]] = {
    "empty": (Module(), ""),
    "header": (Module((Comment("one"), Comment("two"))), "# one\n# two\n"),
    "imports": (Module((), (nodes.Import("os"),)), "import os\n"),
    "all": (
        Module((Comment("h"),), (nodes.Import("os"),), (SET_A,)),
        "# h\n\nimport os\n\na = 1\n",
    ),
    "function first": (
        Module((Comment("h"),), (nodes.Import("os"),), (Comment("f"), function("f"))),
        "# h\n\nimport os\n\n\n# f\ndef f():\n    pass\n",
    ),
}


@pytest.mark.parametrize("case", MODULES)
def test_modules(case: str) -> None:
    module, expected = MODULES[case]
    assert print_module(module) == expected


REFUSED = {
    "return annotation": FunctionDef("f" * 80, body=PASS, returns=STR),
    "annotation": Assign(Name("a" * 70), LONG, Subscript(Name("dict"), (STR, STR))),
    "variables of a loop": For((A, B), Name("n" * 80), PASS),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_layouts_that_are_not_supported_say_so(reason: str) -> None:
    with pytest.raises(InternalError, match=reason):
        source(REFUSED[reason])
