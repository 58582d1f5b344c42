"""Values of the model as source expressions: text, spans of time, Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kairflow.lower.airflow.model import (
    Duration,
    NodesArgument,
    Program,
    Reference,
    Setting,
    Text,
)
from kairflow.lower.codegen import nodes as n

STR = n.Name("str")
STR_LIST = n.Subscript(n.Name("list"), (STR,))
SETTINGS_TYPE = n.Subscript(n.Name("dict"), (STR, n.Name("Any")))


def setting(value: Setting) -> n.Expression:
    """Build the value of an operator's argument."""
    match value:
        case Text() | Reference() | NodesArgument() | Program():
            return words(value)
        case Duration():
            amount = n.Keyword(value.unit, n.Literal(value.amount))
            return n.Call(n.Name("timedelta"), (), (amount,))
        case tuple():
            return n.ListDisplay(tuple(map(setting, value)))
        case Mapping():
            return n.DictDisplay(
                tuple((n.Literal(key), setting(item)) for key, item in value.items())
            )
    return n.Literal(value)


def words(value: Text | Reference | NodesArgument | Program) -> n.Expression:
    """Build text of any kind."""
    if isinstance(value, NodesArgument):
        return nodes_argument(value.literal)
    if isinstance(value, Program):
        return n.TextBlock.from_text(value.text)
    return text(value)


def text(value: Text | Reference) -> n.Expression:
    """Build text that arrives as it was typed, or the name that stands for it."""
    if isinstance(value, Reference):
        return n.Name(value.name)
    constant = n.Literal(value.value)
    return n.Call(n.Name("literal"), (constant,)) if value.literal else constant


def text_map(texts: Mapping[str, Text]) -> n.DictDisplay:
    """Build a mapping of text."""
    return n.DictDisplay(tuple((n.Literal(key), text(value)) for key, value in texts.items()))


def settings(entries: Mapping[str, n.Expression | None]) -> n.DictDisplay:
    """Build the arguments of an operator as a mapping, without those that are not there."""
    present = ((key, value) for key, value in entries.items() if value is not None)
    return n.DictDisplay(tuple((n.Literal(key), value) for key, value in present))


def merged(parts: Iterable[n.Expression]) -> n.StarStar:
    """Build `**{**first, **second}`: of two equal keys the last one counts."""
    listed = tuple(parts)
    if len(listed) == 1:
        return n.StarStar(listed[0])
    return n.StarStar(n.DictDisplay(tuple(item for part in listed for item in _entries(part))))


def _entries(part: n.Expression) -> tuple[tuple[n.Expression, n.Expression] | n.StarStar, ...]:
    return part.items if isinstance(part, n.DictDisplay) else (n.StarStar(part),)


def keywords(entries: Mapping[str, n.Expression | None]) -> tuple[n.Keyword, ...]:
    """Build keyword arguments, without those that are not there."""
    return tuple(n.Keyword(key, value) for key, value in entries.items() if value is not None)


def nodes_argument(literal: bool) -> n.Expression:
    """Build the argument that names a task's nodes, out of the list `nodes`."""
    names = n.Call(n.Attribute(n.Literal(","), "join"), (n.Name("nodes"),))
    joined = n.BinaryOp(n.Literal("--nodes="), "+", names)
    return n.Call(n.Name("literal"), (joined,)) if literal else joined


def task_parameters() -> tuple[n.Parameter, ...]:
    """Return what every task is made of, whatever runs it."""
    return (
        n.Parameter("task_id", STR),
        n.Parameter("nodes", STR_LIST),
        n.Parameter("notes", STR, n.Literal("")),
    )


TASK_DOC = n.Call(n.Name("task_doc"), (n.Name("nodes"), n.Name("notes")))
COLUMNS_COMMENT = n.Comment(
    "COLUMNS: Kedro wraps its log lines at 80 columns where it sees no terminal."
)
