"""Corpora of random modules, drawn once and used by several tests; the same in every run."""

from __future__ import annotations

from functools import cache
from typing import Any

from kairflow.lower.codegen import nodes
from tests.lower.codegen.checking import examples, one
from tests.lower.codegen.source_nodes import (
    bodies,
    expressions,
    modules,
    printed,
    simple_statements,
    statements,
)
from tests.strategies import json_values


def _in_function(statement: Any) -> nodes.Module:
    return one(nodes.FunctionDef("function", body=(statement,)))


def assigned(value: Any) -> nodes.Module:
    return one(nodes.Assign(nodes.Name("x"), nodes.Literal(value)))


def _exported(body: Any) -> nodes.Module:
    return nodes.Module((nodes.Comment("header"),), (nodes.Import("os"),), body)


CORPORA = {
    "simple statements": (simple_statements().map(one), 500),
    "nested statements": (simple_statements().map(_in_function), 400),
    "deep expressions": (expressions(5).map(lambda e: one(nodes.Return(e))), 100),
    "blocks": (statements().map(one), 300),
    "bodies after imports": (bodies(1).map(_exported), 150),
    "modules": (modules(), 200),
    "literals": (json_values(40).map(assigned), 400),
}


@cache
def drawn(corpus: str) -> list[tuple[nodes.Module, str]]:
    """Return the modules of a corpus with their texts."""
    strategy, count = CORPORA[corpus]
    pairs = [(module, printed(module)) for module in examples(strategy, count)]
    return [(module, text) for module, text in pairs if text is not None]
