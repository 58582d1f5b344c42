"""Read a generated DAG file back with `ast`: what it says, and what shape it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LITERAL = "literal"
NODE_TASKS = ("kedro_pod", "kedro_run")
"""The functions whose calls are tasks that run nodes."""
SPARK_JOB = "spark_job"
"""The function whose calls are tasks that run nodes in a Spark job."""


@dataclass(frozen=True)
class ReadTask:
    """A task that runs nodes, as the file writes it; `settings` and `template` are constants."""

    task_id: str
    nodes: tuple[str, ...]
    notes: str
    settings: str | None
    template: str | None
    own: dict[str, Any]
    function: str = field(compare=False)


@dataclass(frozen=True)
class FrameTask:
    """A task around the pipeline; `role` is how it is joined: sensor, setup, teardown or plain."""

    task_id: str
    operator: str
    role: str
    setups: tuple[str, ...]
    keywords: dict[str, Any]


Edges = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReadDag:
    """A DAG as the file writes it; edges are pairs of task ids."""

    keywords: dict[str, Any]
    tasks: tuple[ReadTask, ...]
    frame: tuple[FrameTask, ...]
    all_edges: Edges

    @property
    def tags(self) -> list[str]:
        tags: list[str] = self.keywords["tags"]
        return tags

    @property
    def edges(self) -> Edges:
        """The edges between tasks that run nodes."""
        return tuple(edge for edge in self.all_edges if not self._is_of_frame(edge))

    @property
    def frame_edges(self) -> Edges:
        """The edges that touch the frame."""
        return tuple(edge for edge in self.all_edges if self._is_of_frame(edge))

    def _is_of_frame(self, edge: tuple[str, str]) -> bool:
        return not {task.task_id for task in self.tasks}.issuperset(edge)

    def in_frame(self, task_id: str) -> FrameTask:
        (found,) = (task for task in self.frame if task.task_id == task_id)
        return found


def read_dag(text: str) -> ReadDag:
    """Read the `with DAG(...)` block at the end of a file."""
    block = dag_block(ast.parse(text))
    call = block.items[0].context_expr
    assert isinstance(call, ast.Call)
    owner: dict[str, str] = {}
    read: list[ReadTask | FrameTask] = []
    edges: list[tuple[str, str]] = []
    for statement in block.body:
        if _is_edge(statement):
            edges.append(_read_edge(statement, owner))
        else:
            read.append(_read_task(statement, owner))
    nodes = tuple(one for one in read if isinstance(one, ReadTask))
    around = tuple(one for one in read if isinstance(one, FrameTask))
    return ReadDag(keywords_of(call), nodes, around, tuple(edges))


def dag_block(tree: ast.Module) -> ast.With:
    block = tree.body[-1]
    assert isinstance(block, ast.With)
    return block


def _read_task(statement: ast.stmt, owner: dict[str, str]) -> ReadTask | FrameTask:
    assert isinstance(statement, ast.Assign | ast.Expr)
    call = statement.value
    assert isinstance(call, ast.Call)
    runs_nodes = dotted(call.func) in (*NODE_TASKS, SPARK_JOB)
    task = _node_task(call) if runs_nodes else _frame_task(call, owner)
    if isinstance(statement, ast.Assign):
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        assert target.id not in owner, "a variable is bound twice"
        owner[target.id] = task.task_id
    return task


def _node_task(call: ast.Call) -> ReadTask:
    given = keywords_of(call)
    stars = next((item.value for item in call.keywords if item.arg is None), None)
    known = ("nodes", "notes", "template")
    return ReadTask(
        ast.literal_eval(call.args[0]),
        tuple(given["nodes"]),
        given.get("notes", ""),
        _base(stars),
        given.get("template"),
        {key: value for key, value in given.items() if key not in known} | _additions(stars),
        dotted(call.func),
    )


def _base(stars: ast.expr | None) -> str | None:
    """Return the constant in `**NAME` or `**{**NAME, …}`."""
    if isinstance(stars, ast.Dict):
        (stars,) = [v for k, v in zip(stars.keys, stars.values, strict=True) if k is None]
    return stars.id if isinstance(stars, ast.Name) else None


def _additions(stars: ast.expr | None) -> dict[str, Any]:
    if not isinstance(stars, ast.Dict):
        return {}
    pairs = zip(stars.keys, stars.values, strict=True)
    return {_value(key): _value(value) for key, value in pairs if key is not None}


def _frame_task(call: ast.Call, owner: Mapping[str, str]) -> FrameTask:
    role, inner = "plain", call
    setups: tuple[str, ...] = ()
    if isinstance(call.func, ast.Attribute):
        role, setups = call.func.attr.removeprefix("as_"), _setups(call, owner)
        assert isinstance(call.func.value, ast.Call)
        inner = call.func.value
    operator, given = dotted(inner.func), keywords_of(inner)
    role = "sensor" if operator == "ExternalTaskSensor" else role
    return FrameTask(given["task_id"], operator, role, setups, given)


def _setups(call: ast.Call, owner: Mapping[str, str]) -> tuple[str, ...]:
    """Return the setups of a teardown, which names one or lists them."""
    named = keywords_of(call).get("setups", [])
    return tuple(owner[name] for name in ([named] if isinstance(named, str) else named))


def _is_edge(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.BinOp)


def _read_edge(statement: ast.stmt, owner: Mapping[str, str]) -> tuple[str, str]:
    assert isinstance(statement, ast.Expr)
    edge = statement.value
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
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k}
    if isinstance(node, ast.Constant | ast.UnaryOp):
        return ast.literal_eval(node)
    return ast.unparse(node)


def operator_keywords(text: str) -> dict[str, Any]:
    """Return what the operator in `kedro_pod` or `kedro_run` is given, `POD` merged in.

    Names of constants are replaced by their values, but for the names of functions.
    """
    known = constants(text)
    given = {**known.get("POD", {}), **keywords_of(operator_call(text))}
    return {
        key: known.get(value, value) if isinstance(value, str) else value
        for key, value in given.items()
    }


def operator_call(text: str) -> ast.Call:
    """Return the call of an operator that every task that runs Python nodes makes."""
    (call,) = (made for name, made in operator_calls(text).items() if name in NODE_TASKS)
    return call


def operator_calls(text: str) -> dict[str, ast.Call]:
    """Return the calls of operators that tasks which run nodes make, by function."""
    return {
        one.name: _returned(one)
        for one in ast.parse(text).body
        if isinstance(one, ast.FunctionDef) and one.name in (*NODE_TASKS, SPARK_JOB)
    }


def job_arguments(tree: ast.Module) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Yield for each Spark job its operator, and what only this job tells it."""
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    function = functions.get(SPARK_JOB)
    if function is None:
        return
    own = {one.arg for one in function.args.args} - {"task_id", "nodes", "notes"}
    for node in ast.walk(dag_block(tree)):
        if isinstance(node, ast.Call) and dotted(node.func) == SPARK_JOB:
            told = {item.arg: item.value for item in node.keywords if item.arg in own}
            yield dotted(_returned(function).func), {key or "": told[key] for key in told}


def _returned(function: ast.FunctionDef) -> ast.Call:
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Call)
    return last.value


def operator_parts(text: str) -> str:
    """Return what is merged into the operator's arguments, as source: the last one wins."""
    (stars,) = [item.value for item in operator_call(text).keywords if item.arg is None]
    return ast.unparse(stars)


def constants(text: str) -> dict[str, Any]:
    """Return the constants at the top of a file, by name."""
    return {name: _value(value) for name, value in expressions(ast.parse(text)).items()}


def expressions(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the constants at the top of a file as they are written, by name."""
    return {
        target.id: statement.value
        for statement in tree.body
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

    These are the values of strings, the mark `literal` and its import, whether a trigger form has
    one line or more for a text, whether a Spark application needs a name of its own, and the
    spelling of the variables of tasks, resource classes and pod templates. Edges are sorted: names
    decide their order.
    """
    tree = _Blank(tuple(_variables(text))).visit(ast.parse(text))
    block = tree.body[-1]
    block.body.sort(key=lambda item: ast.dump(item) if _is_edge(item) else "")
    return ast.dump(tree, indent=1)


def _variables(text: str) -> Iterator[str]:
    """Yield the variables of the DAG block and the annotated constants, as they are bound."""
    tree = ast.parse(text)
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
    for item in dag_block(tree).body:
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
        if dotted(node.func) == "Param":
            node.keywords = [item for item in node.keywords if item.arg != "format"]
        if dotted(node.func) in (SPARK_JOB, "SparkKubernetesOperator"):
            node.keywords = [item for item in node.keywords if item.arg != "name"]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        names = [one.arg for one in node.args.args]
        if node.name == SPARK_JOB and "name" in names:
            del node.args.args[names.index("name")]
            del node.args.defaults[names.index("name") - len(names)]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        node.names = [alias for alias in node.names if alias.name != LITERAL]
        return node if node.names else None
