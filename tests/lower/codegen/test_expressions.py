"""The exact text of every kind of expression, short and too long for one line.

Written by hand from the style of Black and ruff; nothing here was copied from the printer.
"""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.nodes import (
    Attribute,
    BinaryOp,
    BoolOp,
    Call,
    Compare,
    DictDisplay,
    Keyword,
    ListDisplay,
    Literal,
    Name,
    Not,
    Starred,
    StarStar,
    Subscript,
    TextBlock,
)
from tests.lower.codegen.checking import source

A, B, C = Name("a"), Name("b"), Name("c")
LONG, LONGER = Name("l" * 40), Name("m" * 50)
ONE, TEXT = Literal(1), Literal("t")


def printed(node: Any) -> str:
    return source(nodes.Assign(Name("x"), node)).removeprefix("x = ")


def call(name: str, *args: Any, **kwargs: Any) -> Call:
    return Call(nodes.dotted(name), args, tuple(Keyword(key, kwargs[key]) for key in kwargs))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (A, "a"),
        (nodes.dotted("k8s.models.V1Pod"), "k8s.models.V1Pod"),
        (Attribute(TEXT, "join"), '"t".join'),
        (Attribute(ONE, "real"), "(1).real"),
        (Attribute(Literal(-1), "real"), "(-1).real"),
        (Attribute(BinaryOp(A, "+", B), "c"), "(a + b).c"),
        (Attribute(Literal([]), "copy"), "[].copy"),
        (call("f"), "f()"),
        (call("k.f", A, key=B), "k.f(a, key=b)"),
        (Call(A, (Starred(B), ONE), (StarStar(C), Keyword("k", TEXT))), 'a(*b, 1, **c, k="t")'),
        (Call(A, (Starred(BoolOp("or", (B, C))),)), "a(*(b or c))"),
        (Call(A, (), (StarStar(DictDisplay()),)), "a(**{})"),
        (Call(call("f")), "f()()"),
        (Call(Not(A)), "(not a)()"),
        (ListDisplay(), "[]"),
        (ListDisplay((A, Starred(B), call("f"))), "[a, *b, f()]"),
        (DictDisplay(), "{}"),
        (DictDisplay(((TEXT, A), StarStar(B))), '{"t": a, **b}'),
        (DictDisplay(((BinaryOp(A, "+", B), Not(A)),)), "{a + b: not a}"),
        (Subscript(A, (TEXT,)), 'a["t"]'),
        (Subscript(Name("dict"), (Name("str"), Name("object"))), "dict[str, object]"),
        (Subscript(BinaryOp(A, "|", B), (ONE,)), "(a | b)[1]"),
        (BinaryOp(A, ">>", BinaryOp(B, "+", C)), "a >> b + c"),
        (BinaryOp(BinaryOp(A, ">>", B), "+", C), "(a >> b) + c"),
        (BinaryOp(BinaryOp(A, ">>", B), ">>", C), "a >> b >> c"),
        (BinaryOp(A, ">>", BinaryOp(B, ">>", C)), "a >> (b >> c)"),
        (BinaryOp(A, "-", BinaryOp(B, "+", C)), "a - (b + c)"),
        (BinaryOp(A, "*", BinaryOp(B, "+", C)), "a * (b + c)"),
        (BinaryOp(A, "-", Literal(-1)), "a - -1"),
        (BinaryOp(Name("str"), "|", Literal(None)), "str | None"),
        (Compare(A, "!=", B), "a != b"),
        (Compare(A, "is not", Literal(None)), "a is not None"),
        (Compare(A, "in", BinaryOp(B, "+", C)), "a in b + c"),
        (Compare(Compare(A, "==", B), "==", C), "(a == b) == c"),
        (Compare(A, "==", Compare(B, "==", C)), "a == (b == c)"),
        (BoolOp("or", (A, BoolOp("and", (B, C)))), "a or b and c"),
        (BoolOp("and", (A, BoolOp("or", (B, C)))), "a and (b or c)"),
        (BoolOp("or", (BoolOp("or", (A, B)), C)), "(a or b) or c"),
        (Not(A), "not a"),
        (Not(Not(A)), "not not a"),
        (Not(Compare(A, "==", B)), "not (a == b)"),
        (Compare(Not(A), "==", B), "(not a) == b"),
        (TextBlock(("one\n", "two")), '"one\\ntwo"'),
        (TextBlock(()), '""'),
        (TextBlock.from_text("a\n\nb\r\nc"), '"a\\n\\nb\\r\\nc"'),
    ],
)
def test_what_fits_on_a_line(node: Any, expected: str) -> None:
    assert printed(node) == expected


BLOCK = TextBlock(
    (
        "a line of text that is long enough\n",
        'another one, with "quotes" in it\n',
        "and the last of them",
    )
)

BROKEN: dict[str, tuple[Any, str]] = {
    "call": (
        call("kedro_pod", LONG, LONGER, key=ONE),
        f"""\
        kedro_pod(
            {LONG.id},
            {LONGER.id},
            key=1,
        )""",
    ),
    "call with one long string": (
        call("f", Literal("s" * 90)),
        f"""\
        f(
            "{"s" * 90}",
        )""",
    ),
    "nested call": (
        call("f", call("g", LONG, key=LONGER), key=ListDisplay((A, B))),
        f"""\
        f(
            g(
                {LONG.id},
                key={LONGER.id},
            ),
            key=[a, b],
        )""",
    ),
    "starred": (
        Call(A, (Starred(LONG),), (StarStar(LONGER),)),
        f"""\
        a(
            *{LONG.id},
            **{LONGER.id},
        )""",
    ),
    "list": (
        ListDisplay((LONG, LONGER)),
        f"""\
        [
            {LONG.id},
            {LONGER.id},
        ]""",
    ),
    "mapping": (
        DictDisplay(((Literal("key"), LONG), (Literal("other"), LONGER))),
        f"""\
        {{
            "key": {LONG.id},
            "other": {LONGER.id},
        }}""",
    ),
    "literal": (
        Literal({"list": ["i" * 30, "j" * 30, "k" * 30], "n": None}),
        f"""\
        {{
            "list": [
                "{"i" * 30}",
                "{"j" * 30}",
                "{"k" * 30}",
            ],
            "n": None,
        }}""",
    ),
    "lone index": (
        Subscript(LONG, (LONGER,)),
        f"""\
        {LONG.id}[
            {LONGER.id}
        ]""",
    ),
    "several indices": (
        Subscript(A, (LONG, LONGER)),
        f"""\
        a[
            {LONG.id},
            {LONGER.id},
        ]""",
    ),
    "operators": (
        BinaryOp(BinaryOp(LONG, "+", A), "-", LONGER),
        f"""\
        (
            {LONG.id}
            + a
            - {LONGER.id}
        )""",
    ),
    "operators of two ranks": (
        BinaryOp(LONG, ">>", BinaryOp(LONG, "+", LONGER)),
        f"""\
        (
            {LONG.id}
            >> {LONG.id}
            + {LONGER.id}
        )""",
    ),
    "operator before a bracket": (
        BinaryOp(A, ">>", ListDisplay((LONG, LONGER))),
        f"""\
        a >> [
            {LONG.id},
            {LONGER.id},
        ]""",
    ),
    "operators in an argument": (
        call("f", key=BinaryOp(LONG, "+", LONGER)),
        f"""\
        f(
            key=(
                {LONG.id}
                + {LONGER.id}
            ),
        )""",
    ),
    "comparison": (
        Compare(LONG, "is not", LONGER),
        f"""\
        (
            {LONG.id}
            is not {LONGER.id}
        )""",
    ),
    "alternatives": (
        BoolOp("or", (LONG, BoolOp("and", (A, LONGER)))),
        f"""\
        (
            {LONG.id}
            or a
            and {LONGER.id}
        )""",
    ),
    "negation": (
        Not(BoolOp("or", (LONG, LONGER))),
        f"""\
        not (
            {LONG.id}
            or {LONGER.id}
        )""",
    ),
    "attribute of a call": (
        Attribute(call("f", LONG, LONGER), "output"),
        f"""\
        f(
            {LONG.id},
            {LONGER.id},
        ).output""",
    ),
    "attribute beyond help": (
        Attribute(Call(call("f", A), (LONG, LONGER)), "n" * 90),
        f"""\
        f(
            a,
        )(
            {LONG.id},
            {LONGER.id},
        ).{"n" * 90}""",
    ),
    "fluent chain": (
        Call(Attribute(Call(Attribute(call("f.g", LONG), "h"), (LONGER,)), "i")),
        f"""\
        (
            f.g({LONG.id})
            .h({LONGER.id})
            .i()
        )""",
    ),
    "name beyond help": (Name("n" * 85), "n" * 85),
    "text": (
        BLOCK,
        """\
        (
            "a line of text that is long enough\\n"
            'another one, with "quotes" in it\\n'
            "and the last of them"
        )""",
    ),
    "text in an argument": (
        call("f", BLOCK, doc_md=BLOCK),
        """\
        f(
            (
                "a line of text that is long enough\\n"
                'another one, with "quotes" in it\\n'
                "and the last of them"
            ),
            doc_md=(
                "a line of text that is long enough\\n"
                'another one, with "quotes" in it\\n'
                "and the last of them"
            ),
        )""",
    ),
    "text in a mapping": (
        DictDisplay(((Literal("key"), BLOCK), (Literal("other"), ONE))),
        """\
        {
            "key": (
                "a line of text that is long enough\\n"
                'another one, with "quotes" in it\\n'
                "and the last of them"
            ),
            "other": 1,
        }""",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_too_wide(case: str) -> None:
    node, expected = BROKEN[case]
    assert printed(node) == _aligned(expected)


def _aligned(expected: str) -> str:
    first, *rest = expected.split("\n")
    return "\n".join([first.strip(), *(line.removeprefix(" " * 8) for line in rest)])


def test_the_last_column_is_used() -> None:
    assert printed(Literal(["a" * 78])) == '["' + "a" * 78 + '"]'
    assert printed(Literal(["a" * 80])) == '["' + "a" * 80 + '"]'
    assert printed(Literal(["a" * 81])).startswith("[\n")


def test_wide_characters_take_two_columns() -> None:
    assert printed(Literal(["漢" * 40])) == '["' + "漢" * 40 + '"]'
    assert printed(Literal(["漢" * 41])) == '[\n    "' + "漢" * 41 + '",\n]'
