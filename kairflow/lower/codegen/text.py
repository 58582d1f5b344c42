"""Which characters may stand in a program as they are, and how wide they are; it knows no syntax.

Both answers are the same on every Python, though each brings another Unicode: only characters that
Unicode 3.2 knew (Python carries that database for ever) and the settled emoji stand as they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_BEYOND_ASCII = re.compile(r"[^ -~]")
_UNICODE_3_2 = unicodedata.ucd_3_2_0

# Blocks (without their gaps) that Unicode 13 had filled: the Unicode of Python 3.10.
_EMOJI = (
    (0x2600, 0x262F),
    (0x2638, 0x2689),
    (0x2690, 0x27BF),
    (0x1F1E6, 0x1F1FF),
    (0x1F300, 0x1F6D7),
    (0x1F90D, 0x1F978),
    (0x1F97A, 0x1F9CB),
    (0x1F9CD, 0x1F9FF),
)
# Letters that look like nothing, and signs whose width depends on the version of Unicode.
_DOUBTFUL = frozenset(
    {0x115F, 0x1160, 0x17A4, 0x17D8, 0x3164, 0xFF9E, 0xFF9F, 0xFFA0, 0x1D165, 0x1D166}
    | set(range(0x2630, 0x2638))
    | set(range(0x1D16D, 0x1D173))
)
# Vowel signs that join the letter before them although Unicode calls them "spacing".
_JOINING = frozenset(
    {0x9BE, 0x9D7, 0xB3E, 0xB57, 0xBBE, 0xBD7, 0xCC0, 0xCC2, 0xCC7, 0xCC8, 0xCCA, 0xCCB}
    | {0xCD5, 0xCD6, 0xD3E, 0xD57, 0xDCF, 0xDDF, 0x1734}
)

_HANGUL_INNER_LETTERS = range(0x1160, 0x1200)


def escape(text: str) -> str:
    """Replace every character that cannot be seen, or misleads the eye, by its escape."""
    return _BEYOND_ASCII.sub(_visible, text)


def display_width(text: str) -> int:
    """Count columns as formatters do; `text` must have been through `escape`."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    return character if _is_visible(character) else escaped(character)


def escaped(character: str) -> str:
    """Spell one character as an escape, as in a string literal; lone surrogates too."""
    return character.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=4096)
def _is_visible(character: str) -> bool:
    code = ord(character)
    if any(low <= code <= high for low, high in _EMOJI):
        return True
    known = _UNICODE_3_2.category(character)[0] in "LMNPS"
    return known and character.isprintable() and code not in _DOUBTFUL


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    code = ord(character)
    if unicodedata.category(character) in ("Mn", "Me") or code in _JOINING:
        return 0
    if code in _HANGUL_INNER_LETTERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
