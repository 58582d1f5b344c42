"""One configuration file with all its `${…}` resolved: our placeholders first, then OmegaConf's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kairflow.errors import Code, Diagnostic
from kairflow.export.config_file import ConfigFile, Path
from kairflow.export.placeholders import PREFIX, Placeholders, is_open, mark, restore
from kairflow.ir.validation import json_path

Fault = tuple[Path, Diagnostic]


def resolve(file: ConfigFile, placeholders: Placeholders) -> tuple[dict[str, Any], list[Fault]]:
    """Return the file's values with nothing left to fill, and what could not be.

    Each file is resolved by itself, as Kedro does: a key of another environment is out of reach.
    A text that cannot be resolved stays as it is, and its path is in the faults.
    """
    filled = _map(file.tree, placeholders.fill)
    faults = []
    for path, text in list(_open_texts(filled)):
        if reason := _why_unreadable(text):
            faults.append(_fault(file, path, text, reason))
            filled = _replaced(filled, path, mark(text))
    resolved = filled
    for path, text in list(_open_texts(filled)):
        value, reason = _resolve_one(filled, path)
        if reason:
            faults.append(_fault(file, path, text, reason))
        resolved = _replaced(resolved, path, mark(text) if reason else value)
    return restore(resolved), faults


def _map(value: Any, change: Callable[[str], str | None]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_map_key(key, change): _map(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map(item, change) for item in value]
    return value


def _map_key(key: Any, change: Callable[[str], str | None]) -> Any:
    return (change(key) or key) if isinstance(key, str) else key


def _open_texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str) and is_open(value):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _open_texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _open_texts(item, (*path, index))


def _replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    step, *rest = path
    copy = value.copy()
    copy[step] = _replaced(value[step], tuple(rest), new)
    return copy


def _why_unreadable(text: str) -> str:
    from omegaconf import OmegaConf
    from omegaconf.errors import GrammarParseError

    try:
        OmegaConf.create({"text": text})
    except GrammarParseError as error:
        return f"OmegaConf cannot read it: {str(error).splitlines()[0]}"
    return ""


def _resolve_one(tree: Any, path: Path) -> tuple[Any, str]:
    """Let OmegaConf compute one text; a resolver may be the project's and raise anything."""
    from omegaconf import OmegaConf

    try:
        value = OmegaConf.create(tree, flags={"allow_objects": True})
        for step in path:
            value = value[step]
        if OmegaConf.is_config(value):
            value = OmegaConf.to_container(value, resolve=True)
    except Exception as error:  # noqa: BLE001
        return None, str(error).splitlines()[0] if str(error) else type(error).__name__
    # What a resolver returns is a value, not a text to be filled again.
    return (mark(value) if isinstance(value, str) else value), ""


def _fault(file: ConfigFile, path: Path, text: str, reason: str) -> Fault:
    where = f"{file.place(path)[1]}: {json_path(path, '')}"
    hint = (
        f"set {PREFIX}<NAME> in the environment, give a default as in ${{name|default}}, "
        "or write $${ for a literal ${"
    )
    message = f"no value for {restore(text)!r}: {reason}"
    return path, Diagnostic(Code.CONFIG_PLACEHOLDER, message, where, hint)
