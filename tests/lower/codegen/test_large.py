"""A large pipeline prints in seconds: the work grows with the text, not with its square."""

from __future__ import annotations

import time

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.printer import print_module


def _task(number: int) -> nodes.Statement:
    text = f"Nodes: node_{number}, and a reason that is a little longer than the line\nRun: kedro\n"
    keywords = (
        nodes.Keyword("resources", nodes.Name("BIG")),
        nodes.Keyword("env", nodes.Literal({"A": "1", "B": str(number)})),
        nodes.Keyword("doc_md", nodes.TextBlock.from_text(text * 2)),
        nodes.Keyword("labels", nodes.ListDisplay((nodes.Call(nodes.Name("literal")),))),
        nodes.Keyword("trigger_rule", nodes.Literal("all_success")),
    )
    call = nodes.Call(nodes.Name("kedro_pod"), (nodes.Literal(f"task_{number}"),), keywords)
    return nodes.Assign(nodes.Name(f"task_{number}"), call)


def _dag(tasks: int) -> nodes.Module:
    body = tuple(map(_task, range(tasks)))
    item = nodes.WithItem(nodes.Call(nodes.Name("DAG")), nodes.Name("dag"))
    return nodes.Module(body=(*body, nodes.With((item,), body)))


def test_ten_thousand_tasks() -> None:
    module = _dag(5_000)
    start = time.process_time()
    text = print_module(module)
    assert text.count("kedro_pod(") == 10_000
    # About 3 s on one core of a laptop; a quadratic printer needs minutes.
    assert time.process_time() - start < 25
