"""Legal names out of any text: DAG ids, task ids, Python variables and constants.

A name that had to change is reported by the caller; two that became one are an error there.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from kairflow.ir.name_lists import cut

MAX_ID_LENGTH = 250
"""Airflow's limit for DAG ids and task ids."""

MAX_TAG_LENGTH = 100
"""Airflow's limit for a DAG's tag."""

_ILLEGAL = re.compile(r"[^\w.-]+")
_UNICODE_3_2 = unicodedata.ucd_3_2_0
"""The one Unicode that every Python knows, so that all make the same names."""


def airflow_id(text: str) -> str:
    """Make a DAG id or task id: every run of other characters becomes one hyphen.

    The result is empty without an ASCII letter or digit: the pod operator makes a label of every
    id, and would make an illegal one.
    """
    known = text if text.isascii() else "".join(c if _is_word(c) else " " for c in text)
    legal = _ILLEGAL.sub("-", known).strip("-")
    return cut(legal, MAX_ID_LENGTH) if re.search("[A-Za-z0-9]", legal) else ""


def _is_word(character: str) -> bool:
    return character.isascii() or _UNICODE_3_2.category(character)[0] in "LN"


def different(wanted: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """Add a number to every id that is taken already; none gets longer than Airflow takes."""
    used, ids, numbers = set(taken), list[str](), dict[str, int]()
    for stem in wanted:
        name = stem
        while name in used:
            numbers[stem] = numbers.get(stem, 1) + 1
            suffix = f"_{numbers[stem]}"
            name = stem[: MAX_ID_LENGTH - len(suffix)] + suffix
        ids.append(name)
        used.add(name)
    return tuple(ids)


def variables(texts: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """Make one Python variable for each text, all different and none of them taken."""
    return _unique((_identifier(text).lower() for text in texts), taken, "task")


def constants(texts: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """Make one Python constant for each text, all different and none of them taken."""
    return _unique((_identifier(text).upper() for text in texts), taken, "CLASS")


def ascii_words(text: str, joint: str) -> str:
    """Join what ASCII letters and digits a text has, accents dropped; maybe none."""
    ascii_text = _UNICODE_3_2.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9]+", joint, ascii_text).strip(joint)


def _identifier(text: str) -> str:
    return ascii_words(text, "_")[:60].strip("_")


def _unique(stems: Iterable[str], taken: Collection[str], prefix: str) -> tuple[str, ...]:
    return different((_legal(stem, prefix) for stem in stems), taken)


def _legal(stem: str, prefix: str) -> str:
    if not stem or stem[0].isdigit():
        return f"{prefix}_{stem}".rstrip("_")
    reserved = keyword.iskeyword(stem) or keyword.issoftkeyword(stem)
    return f"{stem}_{prefix}" if reserved else stem
