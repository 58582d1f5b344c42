"""Translation validation: what is printed parses to the tree that the nodes stand for."""

from __future__ import annotations

import ast
import warnings

import pytest

from kairflow.lower.codegen import nodes
from tests.lower.codegen import to_ast
from tests.lower.codegen.random_modules import CORPORA, drawn
from tests.lower.codegen.source_nodes import printed


def parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        # Python warns of `"a"[1]` and of `1()`, which random trees are full of.
        warnings.simplefilter("ignore", SyntaxWarning)
        return ast.parse(text)


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_text_parses_to_the_tree(corpus: str) -> None:
    for module, text in drawn(corpus):
        tree = parsed(text)
        imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        tree.body = tree.body[len(imported) :]
        assert ast.dump(tree) == ast.dump(to_ast.module(module)), text


def test_the_imports_bind_what_the_nodes_say() -> None:
    for module, text in drawn("modules"):
        body = parsed(text).body
        imported = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        found = [binding for node in imported for binding in _bindings(node)]
        assert sorted(found, key=str) == sorted(set(map(_binding, module.imports)), key=str)


def _bindings(node: ast.Import | ast.ImportFrom) -> list[tuple[str | None, str, str | None]]:
    module = node.module if isinstance(node, ast.ImportFrom) else None
    return [(module, alias.name, alias.asname) for alias in node.names]


def _binding(node: nodes.ImportStatement) -> tuple[str | None, str, str | None]:
    if isinstance(node, nodes.Import):
        return (None, node.module, node.asname)
    return (node.module, node.name, node.asname)


@pytest.mark.parametrize("operator", [">>", "+"])
def test_a_long_chain_does_not_exhaust_the_stack_of_the_printer(operator: str) -> None:
    chain: nodes.Expression = nodes.Name("a")
    for _ in range(150):
        chain = nodes.BinaryOp(chain, operator, nodes.Name("b"))
    module = nodes.Module(body=(nodes.Assign(nodes.Name("x"), chain),))
    text = printed(module)
    assert text is not None
    assert text.count(f"    {operator} b\n") == 150
