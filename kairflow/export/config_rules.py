"""What holds between the keys of `run_config`: inheritance, and parameters that are named once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kairflow.errors import Code, Diagnostic
from kairflow.export.config_file import Fault, Path
from kairflow.export.time_zones import complaint
from kairflow.ir.model import DEFAULT_CLASS
from kairflow.ir.pods import ResourceClass

_PASSWORD = re.compile(r"://[^/@]*:[^@]*@")
_PARAMETERS = ("macro_params", "variables_params", "run_params")
_YES = ("true", "yes", "on", "1", "y", "t")


def broken_rules(config: dict[str, Any]) -> Iterator[Fault]:
    """Yield the breaches of a `run_config` that nobody has validated yet.

    The place of a fault is left to the caller, who has its path.
    """
    yield from _orphans(config.get("resources"))
    yield from _named_twice(config)
    yield from _unknown_zone(config.get("timezone"))


def leaked_secrets(config: dict[str, Any]) -> Iterator[Fault]:
    """Yield addresses with a password in them, which an IR would hand on; it is not repeated."""
    for key in ("host", "output"):
        address = config.get(key)
        if isinstance(address, str) and _PASSWORD.search(address):
            message = "found a password in the address, expected none"
            hint = "take it out: credentials come from the environment of the command"
            yield (key,), Diagnostic(Code.CONFIG_VALUE, message, hint=hint)


def _unknown_zone(zone: Any) -> Iterator[Fault]:
    if isinstance(zone, str) and (wrong := complaint(zone)):
        hint = "write one such as Europe/Berlin"
        yield ("run_config", "timezone"), Diagnostic(Code.CONFIG_VALUE, wrong, hint=hint)


def _orphans(classes: Any) -> Iterator[Fault]:
    if not isinstance(classes, dict):
        return
    for name, settings in classes.items():
        asked = settings.get("inherit") if isinstance(settings, dict) else None
        if str(asked).lower() not in _YES:
            continue
        path: Path = ("run_config", "resources", name, "inherit")
        if name == DEFAULT_CLASS:
            message = f"{DEFAULT_CLASS} cannot inherit from itself"
            yield path, Diagnostic(Code.CONFIG_VALUE, message, hint="drop it")
        elif DEFAULT_CLASS not in classes:
            message = f"there is no class {DEFAULT_CLASS} to inherit from"
            hint = f"add {DEFAULT_CLASS}, or drop it"
            yield path, Diagnostic(Code.CONFIG_VALUE, message, hint=hint)


def _named_twice(config: dict[str, Any]) -> Iterator[Fault]:
    """Find parameters that a run would get from two sources, or twice from one."""
    source: dict[str, str] = {}
    for key in _PARAMETERS:
        for path, name in _names(config.get(key), ("run_config", key)):
            # The models refuse a macro that is listed twice.
            if name in source and key != "macro_params":
                message = f"found {name!r} twice, also in {source[name]}, expected each name once"
                yield path, Diagnostic(Code.CONFIG_VALUE, message, hint="keep one of the two")
            source.setdefault(name, key)


def _names(listed: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the names of a list or mapping, as far as it is one, with their places."""
    if isinstance(listed, dict):
        yield from (((*path, str(name)), str(name)) for name in listed)
    elif isinstance(listed, (list, tuple)):
        for index, item in enumerate(listed):
            if isinstance(item, str):
                yield (*path, index), item
            elif isinstance(item, dict):
                yield from (((*path, index, str(name)), str(name)) for name in item)


def inherited(classes: dict[str, ResourceClass]) -> dict[str, ResourceClass]:
    """Return the classes with what `__default__` fills in where they ask for that."""
    default = classes.get(DEFAULT_CLASS, ResourceClass())
    return {name: _filled(found, default) for name, found in classes.items()}


def _filled(own: ResourceClass, default: ResourceClass) -> ResourceClass:
    if not own.inherit:
        return own
    update: dict[str, object] = {}
    for key in ResourceClass.model_fields:
        mine, theirs = getattr(own, key), getattr(default, key)
        if isinstance(mine, dict):
            update[key] = {**theirs, **mine}
        elif key not in own.model_fields_set or mine is None:
            update[key] = theirs
    return own.model_copy(update={**update, "inherit": False})
