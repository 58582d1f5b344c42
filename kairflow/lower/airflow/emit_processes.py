"""The part of a DAG file that runs Kedro as a child of the worker: constants, and one function."""

from __future__ import annotations

from kairflow.lower.airflow.emit_values import (
    COLUMNS_COMMENT,
    TASK_DOC,
    keywords,
    nodes_argument,
    task_parameters,
    text,
    text_map,
)
from kairflow.lower.airflow.model import Processes
from kairflow.lower.codegen import nodes as n


def process_constants(processes: Processes) -> n.Body:
    """Build the constants that say where Python and the project are."""
    return (
        n.Assign(n.Name("PYTHON"), n.Literal(processes.python)),
        n.Assign(n.Name("PROJECT_DIR"), n.Literal(processes.project_dir)),
    )


def process_function(processes: Processes) -> n.FunctionDef:
    """Build the function `kedro_run`, which every task calls."""
    operator, settings = n.Name("KedroOperator"), n.Name("settings")
    arguments = (*map(text, processes.arguments), nodes_argument(processes.literal_nodes))
    entries: dict[str, n.Expression | None] = {
        "task_id": n.Name("task_id"),
        "arguments": n.ListDisplay(arguments),
        "env": text_map(processes.environment),
        "doc_md": TASK_DOC,
    }
    call = n.Call(operator, (), (*keywords(entries), n.StarStar(settings)))
    extra = n.Parameter("settings", n.Name("Any"), kind=n.ParameterKind.KWARGS)
    return n.FunctionDef(
        name="kedro_run",
        parameters=(*task_parameters(), extra),
        docstring="Run Kedro nodes in one child of the worker.",
        body=(
            COLUMNS_COMMENT,
            n.Return(call),
        ),
        returns=operator,
    )
