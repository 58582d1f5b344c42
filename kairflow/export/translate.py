"""Kedro's pipeline in the IR's words: nodes, functions, and data that nobody makes; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from kairflow.errors import Code, Diagnostic
from kairflow.export.spark import SparkSigns
from kairflow.ir.graph import base_name
from kairflow.ir.model import Dataset, DatasetKind, Engine, Node

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def dataset_names(pipeline: Any) -> tuple[str, ...]:
    """Return the names of all that the nodes of a Kedro pipeline read and write, sorted."""
    return tuple(sorted({one for node in pipeline.nodes for one in (*node.inputs, *node.outputs)}))


def translate_nodes(
    pipeline: Any, signs: SparkSigns
) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    """Return the nodes of a Kedro pipeline, in its stable topological order, and doubts."""
    judged = [(node, signs.judge(node)) for node in pipeline.nodes]
    doubts = tuple(verdict.doubt for _, verdict in judged if verdict.doubt is not None)
    return tuple(_translate(node, verdict.reason) for node, verdict in judged), doubts


def _translate(node: Any, reason: str | None) -> Node:
    return Node(
        name=node.name,
        function=function_name(node.func),
        namespace=node.namespace or None,
        inputs=tuple(node.inputs),
        outputs=tuple(node.outputs),
        tags=tuple(sorted(node.tags)),
        engine=Engine.PYTHON if reason is None else Engine.SPARK,
        engine_reason=reason,
    )


def function_name(function: Callable[..., Any]) -> str:
    """Spell a function as module and qualified name.

    A partial is the function that it calls; an object with `__call__` is its class. Neither shows
    where in memory it happens to lie.
    """
    while isinstance(function, partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', None) or 'builtins'}.{named.__qualname__}"


def check_names(nodes: Iterable[Node]) -> tuple[Diagnostic, ...]:
    """Find names that Kedro made of a memory address: no other process knows such a node."""
    return tuple(
        Diagnostic(
            Code.NODE_NAME_UNSTABLE,
            "Kedro named the node after a place in memory, which is another one in every run",
            f"node {node.name!r}",
            "give the node a name: node(…, name=…)",
        )
        for node in nodes
        if _ADDRESS.search(node.name)
    )


def check_memory(
    nodes: Iterable[Node],
    datasets: Mapping[str, Dataset],
    given: Iterable[str],
    makers: Mapping[str, str],
) -> tuple[Diagnostic, ...]:
    """Find inputs in memory that no selected node makes; one finding for each node and input.

    `given` are datasets that need no maker. `makers` says, by base name, which node of the project
    makes a dataset.
    """
    nodes = tuple(nodes)
    made = {base_name(output) for node in nodes for output in node.outputs}
    made.update(given)
    return tuple(
        _nobody_makes(node.name, name, makers.get(base_name(name)))
        for node in nodes
        for name in dict.fromkeys(node.inputs)
        if datasets[name].kind is DatasetKind.MEMORY and base_name(name) not in made
    )


def _nobody_makes(node: str, name: str, maker: str | None) -> Diagnostic:
    where = f"node {node!r} > input {name!r}"
    entry = "give the dataset an entry in the catalog"
    if maker is None:
        message = "the dataset stays in memory, and no node makes it"
        return Diagnostic(Code.MEMORY_INPUT, message, where, f"{entry}, or mend its name")
    message = f"the dataset stays in memory, and {maker}, which makes it, is not selected"
    return Diagnostic(Code.MEMORY_INPUT, message, where, f"select {maker} too, or {entry}")
