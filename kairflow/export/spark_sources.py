"""The project's modules as text: what their names are bound to, read without running anything.

Names that only a type checker sees, and imports that failed, are bound nowhere but here.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Body: TypeAlias = ast.Module | ast.ClassDef | Definition
Bound: TypeAlias = str | ast.ClassDef | ast.expr
"""What a name is bound to: a dotted name from elsewhere, a class, or what is assigned to it."""

_NOTHING = ast.Constant(value=None)
_FOREIGN = ("site-packages", "dist-packages")
_STANDARD = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
_STAR = "*"


class _TypeParameters(ast.Module):
    """The parameters of a generic function or class, as a scope without statements."""

    def __init__(self, parameters: Sequence[ast.AST]) -> None:
        super().__init__(body=[], type_ignores=[])
        self.type_params = parameters


class Source:
    """The text of one module."""

    def __init__(self, name: str, package: str, tree: ast.Module) -> None:
        self.name = name
        self.tree = tree
        self._package = package
        self._tables: dict[Body, dict[str, list[Bound]]] = {}
        self._definitions: dict[tuple[int, str], tuple[Body, ...]] | None = None

    def bound(self, body: Body, name: str) -> Sequence[Bound]:
        """Return all that a body of statements binds a name to, under whatever condition."""
        if body not in self._tables:
            self._tables[body] = self._read(body)
        return self._tables[body].get(name, ())

    def stars(self, body: Body) -> Iterator[str]:
        """Yield the modules of which a body takes every name."""
        return (one for one in self.bound(body, _STAR) if isinstance(one, str))

    def definition(self, code: CodeType) -> Definition | None:
        """Return the definition of a function, known by its first line: two may share a name."""
        found = self._nest(code)[0]
        return found if isinstance(found, Definition) else None

    def around(self, code: CodeType) -> tuple[Body, ...]:
        """Return what the hints of a function see, from inner to outer: not its own body."""
        first, *others = self._nest(code)
        if isinstance(first, ast.Module):
            return (first,)
        parameters = getattr(first, "type_params", ())
        # Type parameters are a scope of their own around the definition.
        return (*([_TypeParameters(parameters)] if parameters else []), *others)

    def _nest(self, code: CodeType) -> tuple[Body, ...]:
        if self._definitions is None:
            self._definitions = dict(_definitions(self.tree.body, (self.tree,)))
        return self._definitions.get((code.co_firstlineno, code.co_name), (self.tree,))

    def _read(self, body: Body) -> dict[str, list[Bound]]:
        table: defaultdict[str, list[Bound]] = defaultdict(list)
        for parameter in getattr(body, "type_params", ()):
            table[parameter.name].append(getattr(parameter, "bound", None) or _NOTHING)
        for statement in _statements(body.body):
            for name, bound in self._bindings(statement):
                table[name].append(bound)
        return dict(table)

    def _bindings(self, statement: ast.stmt) -> Iterator[tuple[str, Bound]]:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                first = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)
        elif isinstance(statement, ast.ImportFrom):
            origin = self._origin(statement)
            for alias in statement.names:
                found = origin if alias.name == _STAR else f"{origin}.{alias.name}"
                yield alias.asname or alias.name, found
        elif isinstance(statement, ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, Definition):
            yield statement.name, _NOTHING
        else:
            yield from _assigned(statement)

    def _origin(self, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        parts = self._package.split(".")
        above = parts[: len(parts) - statement.level + 1]
        return ".".join([*above, *([statement.module] if statement.module else [])])


class Sources:
    """The modules of the project that were needed so far; each is read once."""

    def __init__(self) -> None:
        self._read: dict[Path, Source | None] = {}
        self._files: dict[str, Source | None] = {}
        self._own: dict[str, bool] = {}
        self._tops: dict[str, ModuleSpec | None] = {}

    def of_code(self, code: CodeType, module: str) -> Source | None:
        """Return the module in whose text a function of the project stands."""
        file = code.co_filename
        if file not in self._files:
            self._files[file] = self._source(Path(file), module) if _is_own(Path(file)) else None
        return self._files[file]

    def find(self, name: str) -> tuple[Source, str] | None:
        """Return the project's module that a dotted name leads to, and the rest of the name."""
        first, *rest = name.split(".")
        spec = self._top(first)
        if spec is None:
            return None
        module, file = first, Path(spec.origin) if spec.has_location and spec.origin else None
        folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        while rest and (below := _below(folders, rest[0])) is not None:
            file, module = below, f"{module}.{rest.pop(0)}"
            folders = [file.parent] if file.name == "__init__.py" else []
        source = None if file is None or not _is_own(file) else self._source(file, module)
        return None if source is None else (source, ".".join(rest))

    def is_own(self, module: str) -> bool:
        """Tell whether a module that is loaded belongs to the project, or lies beside it."""
        if module not in self._own:
            file = getattr(sys.modules.get(module), "__file__", None)
            self._own[module] = isinstance(file, str) and _is_own(Path(file))
        return self._own[module]

    def _top(self, name: str) -> ModuleSpec | None:
        """Find a top-level module as an import would, without importing it."""
        if name not in self._tops and name:
            loaded = getattr(sys.modules.get(name), "__spec__", None)
            self._tops[name] = loaded if loaded is not None else PathFinder.find_spec(name)
        return self._tops.get(name)

    def _source(self, path: Path, module: str) -> Source | None:
        if path not in self._read:
            self._read[path] = _parse(path, module)
        return self._read[path]


def parse_quietly(text: str | bytes, mode: str = "exec") -> ast.AST | None:
    """Parse the project's text without the warnings that Python has for it; None if it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _parse(path: Path, module: str) -> Source | None:
    try:
        tree = parse_quietly(path.read_bytes())
    except OSError:
        return None
    if not isinstance(tree, ast.Module):
        return None
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return Source(module, package, tree)


def _is_own(path: Path) -> bool:
    return not any(part in _FOREIGN for part in path.parts) and not any(
        folder in path.parents for folder in _STANDARD
    )


def _below(folders: Iterable[Path], name: str) -> Path | None:
    places = (folder / end for folder in folders for end in (f"{name}/__init__.py", f"{name}.py"))
    return next((path for path in places if path.is_file()), None)


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield what an assignment or a `type` statement, which Python has since 3.12, binds."""
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.expr):
        return
    targets = [getattr(statement, "target", None), getattr(statement, "name", None)]
    for target in (*targets, *getattr(statement, "targets", ())):
        if isinstance(target, ast.Name):
            yield target.id, value


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of one scope, those under conditions included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.ClassDef | Definition):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, block, ()))
        for branch in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _statements(branch.body)


def _definitions(
    body: Iterable[ast.stmt], around: tuple[Body, ...]
) -> Iterator[tuple[tuple[int, str], tuple[Body, ...]]]:
    for statement in _statements(body):
        if isinstance(statement, ast.ClassDef | Definition):
            inside = (statement, *around)
            first = min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
            yield (first, statement.name), inside
            yield from _definitions(statement.body, inside)
