"""Every name that a DAG file uses is there, on every line, and no task can take it away."""

from __future__ import annotations

import ast
import builtins
import functools
import re
import symtable
from collections.abc import Iterator
from typing import Any

import pytest

from kairflow.errors import InternalError
from kairflow.ir import Document
from kairflow.lower.airflow import file_names
from kairflow.lower.airflow.options import AirflowLine, Options
from kairflow.lower.airflow.versions import SYMBOLS, module_of
from tests.ir_documents import make_document, make_run_config, node
from tests.lower.airflow.everything import rich_documents
from tests.lower.airflow.lowered import EVERYWHERE, document, name_of, text_of
from tests.lower.airflow.reading import (
    NODE_TASKS,
    SPARK_JOB,
    constants,
    dag_block,
    dotted,
    read_dag,
)
from tests.lower.airflow.spark_documents import ARCHIVE, DATAPROC, KUBERNETES, OPERATOR, SERVERLESS

RICH = rich_documents()
RUNS = [(name, options) for name in RICH for options in EVERYWHERE]
runs = pytest.mark.parametrize(
    ("name", "options"),
    [pytest.param(name, options, id=f"{name}-{name_of(options)}") for name, options in RUNS],
)
CLUSTERS = [None, DATAPROC, SERVERLESS, KUBERNETES, OPERATOR]


@functools.cache
def rich_text(name: str, options: Options) -> str:
    return text_of(RICH[name], options)


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from tables(inner)


def bound_at_the_top(text: str) -> set[str]:
    top = symtable.symtable(text, "dag.py", "exec")
    return {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}


def globals_of(text: str) -> set[str]:
    """Return the names that a file looks up at the top or among the builtins."""
    top = symtable.symtable(text, "dag.py", "exec")
    inner = (one for table in tables(top) if table is not top for one in table.get_symbols())
    return {
        *(one.get_name() for one in inner if one.is_global() and one.is_referenced()),
        *(one.get_name() for one in top.get_symbols()),
    }


def tasks_of(text: str) -> set[str]:
    """Return the variables of the DAG block."""
    names = (one for one in ast.walk(dag_block(ast.parse(text))) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Store)}


@runs
def test_every_global_name_is_imported_defined_or_a_builtin(name: str, options: Options) -> None:
    text = rich_text(name, options)
    assert globals_of(text) <= bound_at_the_top(text) | set(dir(builtins))


@runs
def test_nothing_is_bound_twice_at_the_top(name: str, options: Options) -> None:
    assert bound_twice(rich_text(name, options)) == set()


def bound_twice(text: str) -> set[str]:
    bound = [name for statement in ast.parse(text).body for name in names_bound_by(statement)]
    return {name for name in bound if bound.count(name) > 1}


def names_bound_by(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    stored = (one for one in ast.walk(statement) if isinstance(one, ast.Name))
    return [one.id for one in stored if isinstance(one.ctx, ast.Store)]


def test_the_names_of_the_files_own_are_listed_and_no_others() -> None:
    texts = [rich_text(name, options) for name, options in RUNS]
    bound = set[str]().union(*(bound_by_us(text) for text in texts))
    assert sorted(bound) == sorted(file_names.TAKEN - file_names.RELIED_ON)
    used = set[str]().union(*map(globals_of, texts))
    assert sorted(used & set(dir(builtins))) == sorted(file_names.RELIED_ON)


def bound_by_us(text: str) -> set[str]:
    """Return the names that a file binds, but for those that it makes of names of the user's."""
    tasks = read_dag(text).tasks
    constants_made = {task.settings for task in tasks} | {task.template for task in tasks}
    bound = bound_at_the_top(text) - constants_made - variables_made(text)
    # Lowering knows how many handlers there are, and takes their names itself.
    return {name for name in bound if not re.fullmatch(r"tell_slack_\d+", name)}


def variables_made(text: str) -> set[str]:
    """Return the variables that are named after nodes and awaited DAGs."""
    made = {*NODE_TASKS, SPARK_JOB, "ExternalTaskSensor"}
    return {
        name
        for statement in dag_block(ast.parse(text)).body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if dotted(statement.value.func) in made
        for name in names_bound_by(statement)
    }


def greedy_document(spark: dict[str, Any] | None) -> Document:
    """Return a document whose nodes, classes and templates want all the names that are taken.

    Every other node is for Spark when there is a Spark block. Names that lead to no variable, and
    those that are ids of tasks around the pipeline, cannot be had.
    """
    names = sorted(file_names.TAKEN - set(file_names.TASK_IDS))
    nodes = [
        node(name, names[index - 1 : index], [name], spark=spark is not None and index % 2 == 0)
        for index, name in enumerate(names)
    ]
    config = make_run_config(
        spark=spark,
        group_spark_nodes=False,
        resources={name: {"retries": index} for index, name in enumerate(names)},
        kubernetes_pod_templates={
            name.removesuffix("_pod"): {"template": {"metadata": {"name": name}}} for name in names
        },
        nodes={
            name: {"resources": name, "pod_template": name.removesuffix("_pod")} for name in names
        },
    )
    return make_document(nodes, run_config=config).model_copy(update={"archive": ARCHIVE})


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
@pytest.mark.parametrize("spark", CLUSTERS, ids=lambda spark: spark["type"] if spark else "python")
def test_no_name_of_the_users_takes_one_of_the_files_own(
    spark: dict[str, Any] | None, options: Options
) -> None:
    doc = greedy_document(spark)
    text = text_of(doc, options)
    assert bound_twice(text) == set()
    assert not tasks_of(text) & set(dir(builtins))
    of_the_user = variables_made(text)
    assert len(of_the_user) == len(doc.groups)
    assert not of_the_user & file_names.TAKEN
    known = constants(text)
    for index, task in enumerate(read_dag(text).tasks):
        in_python = task.function != SPARK_JOB
        asked = known[task.settings or ""] if in_python else task.own
        assert asked["retries"] == index
        if in_python and task.template:
            assert known[task.template]["pod_template_dict"]["metadata"] == {"name": task.nodes[0]}


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
@pytest.mark.parametrize("name", ["fill-volume", "python", "project dir", "pod", "claim_name"])
def test_a_class_is_named_as_anybody_likes(name: str, options: Options) -> None:
    doc = document(
        node("only"),
        volume={},
        resources={name: {"retries": 7}},
        nodes={"only": {"resources": name}},
    )
    text = text_of(doc, options)
    (task,) = read_dag(text).tasks
    assert constants(text)[task.settings or ""] == {"retries": 7}
    assert bound_twice(text) == set()


@pytest.mark.parametrize("line", AirflowLine)
def test_every_line_has_every_symbol(line: AirflowLine) -> None:
    everywhere = set[str]().union(*SYMBOLS.values())
    assert set(SYMBOLS) == {one.value for one in AirflowLine}
    assert set(SYMBOLS[line.value]) == everywhere
    for symbol in everywhere:
        assert module_of(symbol, line.value).startswith("airflow")


def test_a_symbol_that_no_line_has_is_a_bug_of_ours() -> None:
    with pytest.raises(InternalError):
        module_of("BashOperator", "3")


@pytest.mark.parametrize("line", AirflowLine)
def test_the_files_of_a_line_import_from_its_modules_alone(line: AirflowLine) -> None:
    imported = {
        (found.module, alias.name)
        for name, options in RUNS
        if options.line is line
        for found in ast.walk(ast.parse(rich_text(name, options)))
        if isinstance(found, ast.ImportFrom) and (found.module or "").startswith("airflow")
        for alias in found.names
    }
    assert imported <= {(module, symbol) for symbol, module in SYMBOLS[line.value].items()}
    assert {symbol for _, symbol in imported} == set(SYMBOLS[line.value]), (
        "a symbol that no file uses needs no entry"
    )


def test_what_moved_between_the_lines() -> None:
    """Imports of the other line warn there or fail."""
    assert module_of("DAG", "3") == "airflow.sdk"
    assert module_of("DAG", "2") == "airflow"
    assert module_of("literal", "3") == "airflow.sdk"
    assert module_of("literal", "3.0") == "airflow.sdk.definitions.template"
    assert module_of("literal", "2") == "airflow.utils.template"
    for line in ("3", "3.0"):
        modules = set(SYMBOLS[line].values())
        old = ("airflow.models", "airflow.operators", "airflow.sensors", "airflow.hooks")
        assert not {module for module in modules if module.startswith(old)}
