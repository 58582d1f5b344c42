"""Hypothesis strategies that the whole suite shares.

Their own test is `tests/lower/codegen/test_strategies.py`."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

HOSTILE_PIECES = (
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\\\\",
    "\\N{BULLET}",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\x00",
    "\x07",
    "\x0b",
    "\x0c",
    "\x1a",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\xa0",
    "\xad",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ud800",
    "\udfff",
    "\U000e0041",
    "{{",
    "}}",
    "{% raw %}",
    "{#",
    "{",
    "}",
    "${x}",
    "%s",
    "#",
    "# fmt: off",
    "# type: ignore",
    "-*- coding: utf-7 -*-",
    "noqa",
    ");",
    "import os",
    "\nimport os\n",
    "os.system('x')",
    "class",
    "lambda",
    "None",
    "__import__",
    "null",
    "10:30",
    ",",
    "=",
    ">>",
    " ",
    "a" * 300,
    "ü",
    "ﬁ",
    "漢字かな",
    "한글",
    "عربى",
    "e\u0301",
    "தமிழ்",
    "🙂",
    "👩\u200d🔬",
    "🫨",
    "𝔘𝔫𝔦",
    "ẞ",
)
"""Texts that have broken generators of code: quotes, line ends, control and direction marks."""


def hostile_text(max_pieces: int = 8) -> st.SearchStrategy[str]:
    """Yield text that tries to leave its string, its line, its comment or its encoding."""
    anything = st.text(st.characters(exclude_categories=()), max_size=12)
    words = st.sampled_from(["task", "etl.clean", "O'Brien & Sons", "C:\\new\\table", "--params"])
    piece = st.one_of(st.sampled_from(HOSTILE_PIECES), words, anything)
    return st.lists(piece, max_size=max_pieces).map("".join)


def json_scalars() -> st.SearchStrategy[Any]:
    """Yield null, booleans, numbers (huge and odd ones too) and hostile strings."""
    odd = st.sampled_from(
        [0, -1, 2**63, -(2**64), 10**700, 0.0, -0.0, 1e16, 1e-7, 5e-324, 1.7976931348623157e308]
    )
    numbers = st.one_of(
        st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), odd
    )
    return st.one_of(st.none(), numbers, hostile_text(4), st.text(max_size=20))


def json_values(max_leaves: int = 20) -> st.SearchStrategy[Any]:
    """Yield any value that JSON can hold."""
    keys = st.one_of(st.text(max_size=10), hostile_text(3))
    return st.recursive(
        json_scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=5)
        ),
        max_leaves=max_leaves,
    )
