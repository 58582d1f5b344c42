"""Read a generated DAG file back with `ast`: what it says, and what shape it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LITERAL = "literal"


@dataclass(frozen=True)
class ReadTask:
    """A task as the file writes it."""

    task_id: str
    nodes: tuple[str, ...]
    notes: str
    settings: str | None


@dataclass(frozen=True)
class ReadDag:
    """A DAG as the file writes it; edges are pairs of task ids."""

    keywords: dict[str, Any]
    tasks: tuple[ReadTask, ...]
    edges: tuple[tuple[str, str], ...]

    @property
    def tags(self) -> list[str]:
        tags: list[str] = self.keywords["tags"]
        return tags


def read_dag(text: str) -> ReadDag:
    """Read the `with DAG(...)` block at the end of a file."""
    block = ast.parse(text).body[-1]
    assert isinstance(block, ast.With)
    call = block.items[0].context_expr
    assert isinstance(call, ast.Call)
    tasks: list[ReadTask] = []
    owner: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    for statement in block.body:
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            assert target.id not in owner, "a variable is bound twice"
            tasks.append(_read_task(statement.value))
            owner[target.id] = tasks[-1].task_id
        else:
            assert isinstance(statement, ast.Expr)
            if isinstance(statement.value, ast.Call):
                tasks.append(_read_task(statement.value))
            else:
                edges.append(_read_edge(statement.value, owner))
    return ReadDag(keywords_of(call), tuple(tasks), tuple(edges))


def _read_task(call: ast.expr) -> ReadTask:
    assert isinstance(call, ast.Call)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    settings = keywords.get(None)
    return ReadTask(
        ast.literal_eval(call.args[0]),
        tuple(ast.literal_eval(keywords["nodes"])),
        ast.literal_eval(keywords["notes"]) if "notes" in keywords else "",
        settings.id if isinstance(settings, ast.Name) else None,
    )


def _read_edge(edge: ast.expr, owner: dict[str, str]) -> tuple[str, str]:
    assert isinstance(edge, ast.BinOp)
    assert isinstance(edge.op, ast.RShift)
    assert isinstance(edge.left, ast.Name)
    assert isinstance(edge.right, ast.Name)
    return owner[edge.left.id], owner[edge.right.id]


def keywords_of(call: ast.Call) -> dict[str, Any]:
    """Return the keyword arguments: constants by value, `literal` taken off, the rest as source."""
    return {item.arg: _value(item.value) for item in call.keywords if item.arg is not None}


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == LITERAL:
        return _value(node.args[0])
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        assert all(key is not None for key in node.keys)
        return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k}
    if isinstance(node, ast.Constant):
        return node.value
    return ast.unparse(node)


def operator_keywords(text: str) -> dict[str, Any]:
    """Return what the one operator call of a file is given."""
    operators = ("KubernetesPodOperator", "KedroOperator")
    (call,) = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and dotted(node.func) in operators
    )
    return keywords_of(call)


def constants(text: str) -> dict[str, Any]:
    """Return the constants at the top of a file, by name."""
    return {
        target.id: _value(statement.value)
        for statement in ast.parse(text).body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None
        for target in _targets(statement)
        if isinstance(target, ast.Name)
    }


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def called(text: str) -> set[str]:
    """Return everything that a file calls, as dotted names; `?` stands for what is no name."""
    return {dotted(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def shape(text: str) -> str:
    """Return the syntax tree without what text may decide.

    These are the values of strings, the mark `literal` and its import, and the spelling of the
    variables of tasks and resource classes. Edges are sorted: names decide their order.
    """
    tree = _Blank(tuple(_variables(text))).visit(ast.parse(text))
    block = tree.body[-1]
    block.body.sort(key=lambda item: ast.dump(item) if _is_edge(item) else "")
    return ast.dump(tree, indent=1)


def _is_edge(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.BinOp)


def _variables(text: str) -> Iterator[str]:
    """Yield the variables of the DAG block and the annotated constants, as they are bound."""
    tree = ast.parse(text)
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
    block = tree.body[-1]
    assert isinstance(block, ast.With)
    for item in block.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            yield item.targets[0].id


class _Blank(ast.NodeTransformer):
    def __init__(self, variables: tuple[str, ...]) -> None:
        self.numbers = {name: f"v{index:04}" for index, name in enumerate(variables)}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.numbers.get(node.id, node.id), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("text") if isinstance(node.value, str) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == LITERAL:
            return self.visit(node.args[0])  # type: ignore[no-any-return]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        node.names = [alias for alias in node.names if alias.name != LITERAL]
        return node
