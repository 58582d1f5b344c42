"""`${name}` and `${name|default}` in `airflow-k8s.yml`, filled before OmegaConf sees the text.

The rules, which are those of the predecessor's templates unless stated otherwise:

- A name's value is that of the environment variable `KEDRO_CONFIG_<NAME>`, case ignored. It is
  text, whatever it looks like; the models turn text into numbers and booleans where they want
  them, so an image's tag `1.10` stays `1.10`.
- A default is text too, up to the closing brace; placeholders in it are filled as well. Alone in
  its value, the default `null` (or `~`) is null, which the predecessor could not say.
- `commit_id` and `branch_name` are always known, and null when no variable gives them a value.
  Null is no text: with a default the default counts, and within a longer text it is an error.
- `$${` is a literal `${`.
- Everything else is OmegaConf's: resolvers (`${globals:name}`), keys of the same file, and what a
  backslash escapes.

Text that must not be read a second time carries NUL for its `$`; no environment variable can
contain that character, and the file is refused when a text of its does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PREFIX = "KEDRO_CONFIG_"

_MARK = "\0"
_KNOWN_AS_NULL = ("commit_id", "branch_name")
_TOKEN = re.compile(
    r"(?P<escaped>\$\$\{)|(?<!\\)\$\{\s*(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*"
    r"(?:\|(?P<default>(?:\$\{[^}]*\}|[^}])*))?\}"
)
_NULLS = ("null", "~")


class Placeholders:
    """The values that placeholders are filled with."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values: dict[str, str | None] = dict.fromkeys(_KNOWN_AS_NULL)
        for name, value in environ.items():
            if name.upper().startswith(PREFIX):
                self._values[name[len(PREFIX) :].lower()] = value

    def fill(self, text: str) -> str | None:
        """Return the text with every placeholder filled that has a value or a default.

        What has neither stays, for OmegaConf to resolve or to refuse.
        """
        whole = _TOKEN.fullmatch(text)
        if whole is not None and whole["name"] is not None and self._is_null(whole):
            return None
        return _TOKEN.sub(self._replace, text)

    def _is_null(self, token: re.Match[str]) -> bool:
        name, default = token["name"].lower(), token["default"]
        if self._values.get(name) is not None:
            return False
        return default in _NULLS or (default is None and name in self._values)

    def _replace(self, token: re.Match[str]) -> str:
        if token["escaped"]:
            return f"{_MARK}{{"
        value = self._values.get(token["name"].lower())
        if value is not None:
            return mark(value)
        default = token["default"]
        return token.group() if default is None else _TOKEN.sub(self._replace, default)


def restore(value: Any) -> Any:
    """Turn marked text back into what it stands for, at any depth."""
    if isinstance(value, str):
        return value.replace(_MARK, "$")
    if isinstance(value, dict):
        return {restore(key): restore(item) for key, item in value.items()}
    if isinstance(value, list):
        return [restore(item) for item in value]
    return value


def mark(text: str) -> str:
    """Protect a text from OmegaConf as it stands."""
    return text.replace("$", _MARK)


def is_open(text: str) -> bool:
    """Tell whether OmegaConf has something left to do."""
    return "${" in text
