"""Which characters are shown as they are, and how wide they are."""

from __future__ import annotations

import unicodedata

import pytest

from kairflow.lower.codegen.text import display_width, escape


@pytest.mark.parametrize(
    "text", ["", "plain ~ text", "äßéñ", "Ωж", "漢字", "한글", "עברית", "தமிழ்", "🙂👍🏽"]
)
def test_what_can_be_read_stays(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n\r\t\x00\x1b", "\\n\\r\\t\\x00\\x1b"),
        ("\xa0\xad", "\\xa0\\xad"),
        ("\u200b\u200d\u2028\u202e", "\\u200b\\u200d\\u2028\\u202e"),
        ("\u3164\uffa0", "\\u3164\\uffa0"),
        ("\ud83d\ude42", "\\ud83d\\ude42"),
        ("\U000e0041\U0010ffff", "\\U000e0041\\U0010ffff"),
        ("\U0001fae8", "\\U0001fae8"),
    ],
)
def test_what_cannot_is_escaped(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_whatever_stays_is_printable_on_this_python() -> None:
    everything = [*range(0x21000), *range(0x21000, 0x110000, 16)]
    kept = [chr(code) for code in everything if escape(chr(code)) == chr(code)]
    assert len(kept) > 50_000
    assert all(character.isprintable() for character in kept)
    controls = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not controls & {unicodedata.category(character) for character in kept}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("漢字", 4),
        ("ﾊ", 1),
        ("🙂", 2),
        ("\u1112\u1161", 2),
    ],
)
def test_width_counts_columns(text: str, columns: int) -> None:
    assert display_width(text) == columns
