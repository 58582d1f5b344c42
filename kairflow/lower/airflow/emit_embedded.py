"""The parts of a DAG file that are the same in each: functions of ours, taken over as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources

from kairflow.lower.codegen import nodes as n
from kairflow.lower.codegen.translation import read_passages
from kairflow.lower.codegen.walk import names_in

_PACKAGE = "kairflow.lower.airflow.embedded"


def definitions(modules: Iterable[str], entries: Iterable[str]) -> n.Body:
    """Return the functions and classes named, and all that they call, in the modules' order."""
    known: dict[str, n.Body] = {}
    for module in modules:
        known.update(_definitions_of(module))
    wanted = _reached(known, entries)
    return tuple(statement for name, body in known.items() if name in wanted for statement in body)


def _definitions_of(module: str) -> Mapping[str, n.Body]:
    """Leave the constants out: they are examples, and lowering has the real ones."""
    passages = read_passages(f"{_PACKAGE}.{module}")
    return {
        name: body
        for name, body in passages.items()
        if isinstance(body[-1], (n.FunctionDef, n.ClassDef))
    }


def _reached(known: Mapping[str, n.Body], entries: Iterable[str]) -> set[str]:
    waiting, reached = list(entries), set[str]()
    while waiting:
        name = waiting.pop()
        if name in known and name not in reached:
            reached.add(name)
            waiting.extend(names_in(known[name]))
    return reached


def program(module: str) -> n.TextBlock:
    """Return the text of a module that runs elsewhere, less its last line feed."""
    text = resources.files(_PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")
    return n.TextBlock.from_text(text.rstrip("\n"))
