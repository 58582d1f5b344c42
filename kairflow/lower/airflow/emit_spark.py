"""The part of a DAG file that runs Spark groups: constants, one function, and the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.lower.airflow import frame
from kairflow.lower.airflow.custom_operators import CustomJobs, task_call
from kairflow.lower.airflow.emit_values import (
    STR,
    TASK_DOC,
    keywords,
    setting,
    task_parameters,
)
from kairflow.lower.airflow.model import OperatorCall, SparkJobs, Task
from kairflow.lower.codegen import nodes as n

FUNCTION = "spark_job"


def spark_constants(jobs: SparkJobs) -> Iterator[n.Statement]:
    """Build the constants that all Spark jobs share."""
    if not jobs.constants:
        return
    yield n.BlankLine()
    yield n.Comment("What all Spark jobs have.")
    for name, value in jobs.constants.items():
        yield n.Assign(n.Name(name), setting(value))


def spark_function(jobs: SparkJobs) -> n.FunctionDef:
    """Build the function `spark_job`, which the task of every Spark group calls."""
    own = (n.Parameter(name, STR, n.Literal("")) for name in jobs.parameters)
    settings = n.Parameter("settings", n.Name("Any"), kind=n.ParameterKind.KWARGS)
    task_id = n.Keyword("task_id", n.Name("task_id"))
    call = _call(jobs.job, task_id, n.Keyword("doc_md", TASK_DOC), n.StarStar(n.Name("settings")))
    return n.FunctionDef(
        name=FUNCTION,
        parameters=(*task_parameters(), *own, settings),
        docstring="Run Kedro nodes in one Spark job.",
        body=(n.Return(call),),
        returns=n.Name(jobs.job.operator),
    )


def custom_call(jobs: CustomJobs, task: Task) -> n.Call:
    """Build the task of a Spark group out of what the project wrote."""
    nodes = n.ListDisplay(tuple(n.Literal(name) for name in task.nodes))
    notes = n.TextBlock.from_text(task.notes)
    defaults: dict[str, n.Expression | None] = {
        "doc_md": n.Call(n.Name("task_doc"), (nodes, notes)),
        **{key: setting(value) for key, value in task.own.items()},
    }
    return task_call(jobs.submit[task.task_id], task.task_id, defaults)


def create_task(jobs: SparkJobs | CustomJobs) -> Iterator[n.Statement]:
    """Build the setup that creates the cluster of a run."""
    if jobs.create is not None:
        created = _cluster_call(jobs, jobs.create, frame.CREATE_CLUSTER)
        target = n.Name(frame.variable(frame.CREATE_CLUSTER))
        yield n.Assign(target, n.Call(n.Attribute(created, "as_setup")))


def delete_task(jobs: SparkJobs | CustomJobs) -> Iterator[n.Statement]:
    """Build the teardown that deletes it, whatever became of the jobs."""
    if jobs.delete is not None:
        deleted = _cluster_call(jobs, jobs.delete, frame.DELETE_CLUSTER)
        setup = n.Keyword("setups", n.Name(frame.variable(frame.CREATE_CLUSTER)))
        target = n.Name(frame.variable(frame.DELETE_CLUSTER))
        yield n.Assign(target, n.Call(n.Attribute(deleted, "as_teardown"), (), (setup,)))


def _cluster_call(
    jobs: SparkJobs | CustomJobs, call: OperatorCall | n.Call, task_id: str
) -> n.Call:
    if isinstance(call, n.Call):
        around = jobs.around if isinstance(jobs, CustomJobs) else {}
        return task_call(call, task_id, {key: setting(value) for key, value in around.items()})
    return _call(call, n.Keyword("task_id", n.Literal(task_id)))


def _call(call: OperatorCall, first: n.Keyword, *last: n.Keyword | n.StarStar) -> n.Call:
    arguments = keywords({key: setting(value) for key, value in call.arguments.items()})
    shared = (n.StarStar(n.Name(call.shared)),) if call.shared is not None else ()
    return n.Call(n.Name(call.operator), (), (first, *arguments, *shared, *last))
