"""Where the names in a type hint lead: through values, texts and sources to classes.

No text is evaluated and no module imported: texts are parsed, and attributes are looked up where
they are stored, so that a module that loads others on demand does not do so.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kairflow.export.spark_sources import Body, Bound, Source, Sources, parse_quietly

_MISSING = object()
_MAKERS_OF_TYPES = ("NewType", "TypeAliasType", "TypeVar")


class End(Enum):
    """How a trail ends."""

    WANTED = "wanted"
    """At a class that was looked for."""
    OTHER = "other"
    """At another class."""
    VAGUE = "vague"
    """At a value that may stand in for what could not be imported, such as `Any` or None."""
    UNKNOWN = "unknown"
    """At a name that nothing explains."""


@dataclass(frozen=True, slots=True)
class Trail:
    """One name of a hint: its class with the ancestors, as dotted names."""

    end: End
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a hint stands: what names mean there, by value and by source."""

    place: str
    values: tuple[Mapping[str, Any], ...]
    source: Source | None = None
    bodies: tuple[Body, ...] = ()
    """From the innermost to the module; none without a source."""


def is_settled(trails: Iterable[Trail]) -> bool:
    """Tell whether a source could not add anything."""
    ends = {trail.end for trail in trails}
    return End.WANTED in ends or not ends & {End.VAGUE, End.UNKNOWN}


class Walk:
    """Follows the names of one hint, each of them once."""

    def __init__(self, sources: Sources, wanted: Callable[[str], bool]) -> None:
        self._sources = sources
        self._wanted = wanted
        self._found: dict[tuple[str, str | int], list[Trail]] = {}
        self._held: list[Any] = []

    def value(self, value: Any, scope: Scope) -> list[Trail]:
        """Follow a hint that is an object, such as a class or `list[int]`."""
        if isinstance(value, str):
            return self.text(value, scope)
        if isinstance(value, typing.ForwardRef):
            return self.text(value.__forward_arg__, scope)
        if isinstance(value, type) and typing.get_origin(value) is None:
            return [self._class(value)]
        self._held.append(value)  # else its id might be another's soon
        return self._once((scope.place, id(value)), lambda: self._compound(value, scope))

    def text(self, text: str, scope: Scope) -> list[Trail]:
        """Follow a hint that is a text; words that are no expression are no type."""
        parsed = parse_quietly(f"({text}\n)", mode="eval")
        return self.expression(parsed.body, scope) if isinstance(parsed, ast.Expression) else []

    def expression(self, expression: ast.expr, scope: Scope) -> list[Trail]:
        """Follow a hint, or the right side of an alias, as it stands in a source."""
        if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
            return self.text(expression.value, scope)
        if isinstance(expression, ast.Name | ast.Attribute):
            name = _spelled(expression)
            return [] if name is None else self._name(name, scope)
        return self._expressions(_parts(expression), scope)

    def dotted(self, name: str) -> list[Trail]:
        """Follow a name that begins with a top-level module."""
        if self._wanted(name):
            return [Trail(End.WANTED, (name,))]
        found = self._sources.find(name)
        if found is None:
            value = _loaded(name)
            return [self._class(value)] if isinstance(value, type) else [Trail(End.OTHER, (name,))]
        source, rest = found
        return self._name(rest, _module_scope(source)) if rest else []

    def _once(self, key: tuple[str, str | int], follow: Callable[[], list[Trail]]) -> list[Trail]:
        """Follow something once, and not at all while it is being followed."""
        if key not in self._found:
            self._found[key] = []
            self._found[key] = list(dict.fromkeys(follow()))
        return self._found[key]

    def _values(self, values: Iterable[Any], scope: Scope) -> list[Trail]:
        return [trail for value in values for trail in self.value(value, scope)]

    def _expressions(self, expressions: Iterable[ast.expr], scope: Scope) -> list[Trail]:
        return [trail for one in expressions for trail in self.expression(one, scope)]

    def _class(self, found: type) -> Trail:
        names = tuple(f"{one.__module__}.{one.__qualname__}" for one in found.__mro__)
        if any(map(self._wanted, names)):
            return Trail(End.WANTED, names)
        stands_in = any(found is one for one in (object, type(None), typing.Any))
        vague = stands_in or self._sources.is_own(found.__module__)
        return Trail(End.VAGUE if vague else End.OTHER, names)

    def _compound(self, value: Any, scope: Scope) -> list[Trail]:
        if isinstance(value, list | tuple):
            return self._values(value, scope)
        origin = typing.get_origin(value)
        return self._special(value, scope) if origin is None else self._generic(value, scope)

    def _generic(self, value: Any, scope: Scope) -> list[Trail]:
        origin, arguments = typing.get_origin(value), typing.get_args(value)
        if origin is typing.Literal:
            return []
        if origin is typing.Annotated:
            return self.value(arguments[0], scope)
        return [*self.value(origin, scope), *self._values(arguments, scope)]

    def _special(self, value: Any, scope: Scope) -> list[Trail]:
        """Follow what is neither a class nor has arguments: aliases, variables, stand-ins."""
        if isinstance(value, typing.NewType):
            return self.value(value.__supertype__, scope)
        kind = type(value)
        if isinstance(value, typing.TypeVar) or kind.__name__ == "TypeAliasType":
            return self._deferred(value, scope)
        if kind.__module__ in ("typing", "typing_extensions") and value is not typing.Any:
            return []
        return [] if value is Ellipsis else [Trail(End.VAGUE)]

    def _deferred(self, value: Any, scope: Scope) -> list[Trail]:
        """Follow what Python evaluates only when it is asked, which may fail."""
        names = ("__bound__", "__constraints__", "__value__")
        try:
            parts = [getattr(value, name, None) for name in names]
        except Exception:  # noqa: BLE001  it is the project's code
            return [Trail(End.UNKNOWN, (str(getattr(value, "__name__", value)),))]
        return self._values(filter(None, parts), scope) or [Trail(End.VAGUE)]

    def _name(self, name: str, scope: Scope) -> list[Trail]:
        """Look a name up as Python does: around the hint, in the module, among the builtins.

        What the source says is added where the value does not tell, and replaces what is unknown.
        """
        return self._once((scope.place, name), lambda: self._look_up(name, scope))

    def _look_up(self, name: str, scope: Scope) -> list[Trail]:
        nearby = self._in_source(name, scope, scope.bodies[:-1])
        if nearby is not None:
            return nearby
        known = self._in_values(name, scope)
        if known is not None and is_settled(known):
            return known
        read = self._in_source(name, scope, scope.bodies[-1:])
        if read is not None:
            return [*read, *(one for one in known or () if one.end is not End.UNKNOWN)]
        return [Trail(End.UNKNOWN, (name,))] if known is None else known

    def _in_values(self, name: str, scope: Scope) -> list[Trail] | None:
        first, *rest = name.split(".")
        value = next((known[first] for known in scope.values if first in known), _MISSING)
        if value is _MISSING:
            return None
        while rest:
            below = _attribute(value, rest[0])
            if below is _MISSING:
                return self._beyond(value, rest)
            value = below
            rest.pop(0)
        stand_in = [Trail(End.VAGUE)] if isinstance(value, str) else []
        return [*self.value(value, scope), *stand_in]

    def _beyond(self, value: Any, rest: list[str]) -> list[Trail]:
        """Follow a name that the value at hand does not have."""
        if isinstance(value, types.ModuleType):
            return self.dotted(".".join((value.__name__, *rest)))
        return [Trail(End.VAGUE)]

    def _in_source(self, name: str, scope: Scope, bodies: tuple[Body, ...]) -> list[Trail] | None:
        source = scope.source
        if source is None:
            return None
        first, _, rest = name.partition(".")
        for body in bodies:
            if bound := source.bound(body, first):
                return [trail for one in bound for trail in self._bound(one, rest, scope)]
            for module in source.stars(body):
                if (found := self._from_star(module, name)) is not None:
                    return found
        return None

    def _from_star(self, module: str, name: str) -> list[Trail] | None:
        """Look for a name in a module of which all names are taken: one of the project's own."""
        if self._sources.find(module) is None:
            return None
        found = self.dotted(f"{module}.{name}")
        return None if any(trail.end is End.UNKNOWN for trail in found) else found

    def _bound(self, bound: Bound, rest: str, scope: Scope) -> list[Trail]:
        if isinstance(bound, str):
            return self.dotted(f"{bound}.{rest}" if rest else bound)
        if isinstance(bound, ast.ClassDef):
            if rest:
                return self._in_source(rest, scope, (bound,)) or []
            return self._defined(bound, scope)
        if not rest:
            return self.expression(bound, scope)
        name = _spelled(bound)
        return [Trail(End.VAGUE)] if name is None else self._name(f"{name}.{rest}", scope)

    def _defined(self, found: ast.ClassDef, scope: Scope) -> list[Trail]:
        module = "" if scope.source is None else f"{scope.source.name}."
        name = f"{module}{found.name}"
        ancestors = self._expressions(found.bases, scope)
        inherited = [Trail(trail.end, (name, *trail.names)) for trail in ancestors]
        return [Trail(End.OTHER, (name,)), *inherited]


def _module_scope(source: Source) -> Scope:
    loaded = sys.modules.get(source.name)
    values = () if loaded is None else (vars(loaded),)
    return Scope(source.name, (*values, vars(builtins)), source, (source.tree,))


def _loaded(name: str) -> Any:
    """Return what a dotted name is, as far as its module is loaded."""
    module, _, rest = name.rpartition(".")
    while module and module not in sys.modules:
        module, _, last = module.rpartition(".")
        rest = f"{last}.{rest}"
    value: Any = sys.modules.get(module, _MISSING)
    for part in rest.split("."):
        value = _attribute(value, part)
    return value


def _attribute(value: Any, name: str) -> Any:
    """Look an attribute up where it is stored, so that nothing is made or imported for it."""
    if isinstance(value, types.ModuleType):
        below = sys.modules.get(f"{value.__name__}.{name}", _MISSING)
        return vars(value).get(name, below)
    if isinstance(value, type):
        return next((vars(one)[name] for one in value.__mro__ if name in vars(one)), _MISSING)
    return _MISSING


def _spelled(expression: ast.expr) -> str | None:
    """Spell a chain of attributes as a dotted name; None when it does not begin with a name."""
    parts = list[str]()
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    if not isinstance(expression, ast.Name):
        return None
    return ".".join((expression.id, *reversed(parts)))


def _parts(expression: ast.expr) -> Sequence[ast.expr]:
    """Return what may be a type within a larger hint."""
    match expression:
        case ast.Subscript(value=head, slice=inner):
            return (head, *_arguments(head, inner))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right) | ast.IfExp(body=left, orelse=right):
            return (left, right)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.Starred(value=inner):
            return (inner,)
        case ast.Call(func=maker) if _last_name(maker) in _MAKERS_OF_TYPES:
            bounds = [one.value for one in expression.keywords if one.arg in ("bound", "value")]
            return (*expression.args[1:], *bounds)
    return ()


def _arguments(head: ast.expr, inner: ast.expr) -> Sequence[ast.expr]:
    name = _last_name(head)
    if name == "Literal":
        return ()
    if name == "Annotated" and isinstance(inner, ast.Tuple):
        return inner.elts[:1]
    return (inner,)


def _last_name(expression: ast.expr) -> str | None:
    return (_spelled(expression) or "").rpartition(".")[2]
