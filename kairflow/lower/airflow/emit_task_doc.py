"""The part of a DAG file that writes each task's `doc_md`."""

from __future__ import annotations

from functools import reduce

from kairflow.lower.codegen import nodes as n

STR = n.Name("str")
STR_LIST = n.Subscript(n.Name("list"), (STR,))
NODES_ARGUMENT = n.BinaryOp(
    n.Literal("--nodes="), "+", n.Call(n.Attribute(n.Literal(","), "join"), (n.Name("nodes"),))
)
"""The names of a task's nodes as `kedro run` takes them, out of the list `nodes`."""

TASK_DOC = n.Call(n.Name("task_doc"), (n.Name("nodes"), n.Name("notes")))


def task_parameters() -> tuple[n.Parameter, ...]:
    """Return what every task is made of, whatever runs it."""
    return (
        n.Parameter("task_id", STR),
        n.Parameter("nodes", STR_LIST),
        n.Parameter("notes", STR, n.Literal("")),
    )


def emit_repeat(repeat: str) -> n.Assign:
    """Build the constant that holds the command which repeats a task, less its nodes."""
    return n.Assign(n.Name("REPEAT"), n.Literal(repeat))


def emit_task_doc() -> n.FunctionDef:
    """Build the function `task_doc`."""
    names = n.Call(n.Attribute(n.Literal("`, `"), "join"), (n.Name("nodes"),))
    lines = (
        _sum(n.Literal("Runs `"), names, n.Literal("`.")),
        n.Literal(""),
        n.Name("notes"),
        n.Literal("Repeat it with:"),
        n.Literal(""),
        n.Literal("~~~sh"),
        _sum(n.Name("REPEAT"), n.Literal(" "), n.Call(n.dotted("shlex.quote"), (NODES_ARGUMENT,))),
        n.Literal("~~~"),
        n.Literal(""),
    )
    text = n.Call(n.Attribute(n.Literal("\n"), "join"), (n.ListDisplay(lines),))
    return n.FunctionDef(
        name="task_doc",
        parameters=(n.Parameter("nodes", STR_LIST), n.Parameter("notes", STR)),
        docstring="Say which nodes a task runs, why, and how to repeat it.",
        body=(n.Return(text),),
        returns=STR,
    )


def _sum(*parts: n.Expression) -> n.Expression:
    return reduce(lambda left, right: n.BinaryOp(left, "+", right), parts)
