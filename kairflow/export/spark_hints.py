"""What the type hints of a node's function say of Spark, and which of them cannot be read."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from kairflow.export.spark_classes import first_spark_name, is_spark_class
from kairflow.export.spark_sources import Definition, Source, Sources
from kairflow.export.spark_trails import End, Scope, Trail, Walk, is_settled

_RETURN = "return"
_DEEPEST = 100
"""So many wrappers are followed; an object may claim to wrap itself, or to have no end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the hints of one function say; a fragment of a sentence each."""

    spark: str | None = None
    """Which hint names Spark, and what it names."""
    unread: str | None = None
    """Which hint names something that nothing explains; only without the above."""


class HintReader:
    """Reads the hints of functions; each function and each module is read once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._findings: dict[int, tuple[Any, Finding]] = {}

    def read(self, function: Callable[..., Any]) -> Finding:
        """Return what the hints of all that a function wraps and calls say."""
        known = self._findings.get(id(function))
        if known is not None:
            return known[1]
        finding = self._read(function)
        self._findings[id(function)] = (function, finding)
        return finding

    def _read(self, function: Callable[..., Any]) -> Finding:
        unread = None
        for place, trails in self._hints(function):
            for trail in trails:
                if trail.end is End.WANTED:
                    return Finding(spark=f"{place}: {first_spark_name(trail.names)}")
                if trail.end is End.UNKNOWN and unread is None:
                    unread = f"{place}: nothing explains {trail.names[-1]!r}"
        return Finding(unread=unread)

    def _hints(self, function: Callable[..., Any]) -> Iterator[tuple[str, list[Trail]]]:
        known = list[Mapping[str, Any]]()
        for layer in reversed(_layers(function)):
            if isinstance(layer, type):
                trails = Walk(self._sources, is_spark_class).value(layer, Scope("", ()))
                yield _place(_RETURN), trails
                continue
            try:
                hints = getattr(layer, "__annotations__", None)
            except Exception as error:  # noqa: BLE001  it is the project's code
                lost = str(getattr(error, "name", None) or error)
                yield "type hints", [Trail(End.UNKNOWN, (lost,))]
                continue
            # A wrapper has the hints of what it wraps, but not the names that explain them.
            if isinstance(hints, dict) and not any(_are_same(hints, one) for one in known):
                known.append(hints)
                for name, hint in hints.items():
                    yield _place(name), self._follow(layer, name, hint)

    def _follow(self, layer: Any, name: str, hint: Any) -> list[Trail]:
        """Follow a hint by value; then by source, if that may tell more."""
        bare = _bare_scope(layer)
        nested = isinstance(hint, str) and "." in getattr(layer, "__qualname__", "")
        trails = self._walk().value(hint, bare)
        if is_settled(trails) and not nested:
            return trails
        source = self._source_of(layer)
        if source is None:
            return trails
        scope = replace(bare, source=source, bodies=source.around(layer.__code__))
        if isinstance(hint, str):
            return self._walk().value(hint, scope)
        written = _written_hint(source.definition(layer.__code__), name)
        return trails if written is None else self._walk().expression(written, scope)

    def _walk(self) -> Walk:
        return Walk(self._sources, is_spark_class)

    def _source_of(self, layer: Any) -> Source | None:
        if not isinstance(layer, FunctionType):
            return None
        module = str(layer.__globals__.get("__name__", ""))
        return self._sources.of_code(layer.__code__, module)


def _layers(function: Any) -> list[Any]:
    """Return all whose hints count, from the outside in: wrappers, functions, and a class made."""
    layers = list[Any]()
    while function is not None and len(layers) < _DEEPEST:
        if isinstance(function, partial):
            function = function.func
        elif isinstance(function, MethodType):
            function = function.__func__
        elif isinstance(function, type):
            return [*layers, *_constructors(function), function]
        elif _is_callable_object(function):
            function = inspect.getattr_static(type(function), "__call__")
        else:
            layers.append(function)
            function = _wrapped(function)
    return layers


def _is_callable_object(function: Any) -> bool:
    called = inspect.getattr_static(type(function), "__call__", None)
    return isinstance(called, FunctionType) and _wrapped(function) is None


def _wrapped(function: Any) -> Any:
    try:
        return getattr(function, "__wrapped__", None)
    except Exception:  # noqa: BLE001  it is the project's code
        return None


def _constructors(found: type) -> Iterator[FunctionType]:
    for name in ("__init__", "__new__"):
        constructor = inspect.getattr_static(found, name)
        if isinstance(constructor, staticmethod):
            constructor = constructor.__func__
        if isinstance(constructor, FunctionType):
            yield constructor


def _are_same(hints: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    return hints.keys() == others.keys() and all(hints[name] is others[name] for name in hints)


def _place(name: str) -> str:
    return "type hint of " + ("what it returns" if name == _RETURN else f"argument {name!r}")


def _bare_scope(layer: Any) -> Scope:
    """Return what names mean where a function was defined, without its source."""
    if isinstance(layer, FunctionType):
        spaces = (_type_parameters(layer), _closure(layer), layer.__globals__)
        place = f"{layer.__code__.co_filename}:{layer.__code__.co_firstlineno}"
        return Scope(place, (*spaces, vars(builtins)))
    module = sys.modules.get(str(getattr(layer, "__module__", "")))
    names = {} if module is None else vars(module)
    return Scope(repr(type(layer)), (names, vars(builtins)))


def _type_parameters(function: FunctionType) -> dict[str, Any]:
    return {one.__name__: one for one in getattr(function, "__type_params__", ())}


def _closure(function: FunctionType) -> dict[str, Any]:
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    return {
        name: cell.cell_contents for name, cell in zip(names, cells, strict=True) if _is_full(cell)
    }


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  to look is to ask
    except ValueError:
        return False
    return True


def _written_hint(definition: Definition | None, name: str) -> ast.expr | None:
    """Find a hint in the definition of its function."""
    if definition is None:
        return None
    if name == _RETURN:
        return definition.returns
    found = definition.args
    arguments = (*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg)
    return next((one.annotation for one in arguments if one is not None and one.arg == name), None)
