"""Templates with marks, and values that take their places; no value can change a text's shape."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from importlib import resources

_MARK = re.compile(r"^(?P<indent> *)@(?P<block>[a-z_]+)@\n|@(?P<word>[a-z_]+)@", re.MULTILINE)
_PLAIN = re.compile(
    r"\.|[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9/]|[a-z0-9]+://[A-Za-z0-9._/-]+(:[0-9]+)?[A-Za-z0-9._/-]*"
)


def fill(name: str, values: Mapping[str, str]) -> str:
    """Return a template of this package with its marks replaced, all at once.

    A mark alone on its line stands for any number of lines, which are indented like it.
    """
    file = resources.files("kairflow.init") / "templates" / name
    text = file.read_text(encoding="utf-8")
    return _MARK.sub(lambda found: _value(found, values), text)


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    if found["word"] is not None:
        return values[found["word"]]
    lines = values[found["block"]].split("\n") if values[found["block"]] else []
    return "".join(f"{found['indent']}{line}".rstrip() + "\n" for line in lines)


def spell(text: str) -> str:
    """Spell a text as a YAML scalar on one line, plain where nobody could read it otherwise."""
    import yaml

    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf)
    return dumped.removesuffix("\n")
