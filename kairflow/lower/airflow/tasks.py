"""The tasks that run nodes: their ids, variables, settings and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.graph import node_edges
from kairflow.ir.model import Document, Engine, Group
from kairflow.lower.airflow import execution, file_names, names, spark_jobs
from kairflow.lower.airflow.custom_operators import CustomJobs
from kairflow.lower.airflow.documentation import task_notes
from kairflow.lower.airflow.frame import Frame, touched_groups
from kairflow.lower.airflow.model import PodTemplate, Setting, SparkJobs, Task
from kairflow.lower.airflow.options import Options, Runtime


def check_ids(task_ids: Mapping[str, str], reserved: Collection[str]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each group whose name makes no task id of its own."""
    owner: dict[str, str] = {}
    for group_id, task_id in task_ids.items():
        hint = "rename one of the nodes, or the tag or namespace that names the group"
        where = f"group {group_id!r}"
        if not task_id:
            message = f"nothing in the name {group_id!r} is legal in a task id"
            yield Diagnostic(Code.TASK_ID_ILLEGAL, message, where, hint)
        elif task_id in reserved:
            message = f"group {group_id!r} becomes task {task_id!r}, which is one of the DAG's own"
            yield Diagnostic(Code.TASK_ID_COLLISION, message, where, hint)
        elif task_id in owner:
            message = f"groups {owner[task_id]!r} and {group_id!r} both become task {task_id!r}"
            yield Diagnostic(Code.TASK_ID_COLLISION, message, where, hint)
        owner.setdefault(task_id, group_id)
    yield from _changed({group: task for group, task in task_ids.items() if task != group})


def _changed(renamed: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Warn once about names that are no task ids, with examples."""
    if not renamed:
        return
    shown = ", ".join(f"{group!r} is {task!r}" for group, task in [*renamed.items()][:3])
    more = f" and {len(renamed) - 3} more" if len(renamed) > 3 else ""
    message = f"not every name is a task id, so some are called otherwise: {shown}{more}"
    hint = "name nodes with letters, digits, hyphens, underscores and full stops"
    yield Diagnostic(Code.TASK_ID_CHANGED, message, "", hint, Severity.WARNING)


def variables(
    groups: Sequence[Group], frame: Frame, constants: Collection[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name a variable for every group that an edge touches, and for every sensor."""
    touched = touched_groups(frame, groups)
    ids = [group.id for group in groups if group.id in touched]
    taken = {*file_names.TAKEN, *constants}
    of_groups = dict(zip(ids, names.variables(ids, taken), strict=True))
    of_sensors = names.variables(frame.sensors, {*taken, *of_groups.values()})
    return of_groups, of_sensors


@dataclass(frozen=True, slots=True)
class Constants:
    """What of the DAG file tasks refer to: constants, classes by name, and the Spark jobs' own."""

    classes: Mapping[str, str]
    templates: tuple[PodTemplate, ...]
    jobs: SparkJobs | CustomJobs | None


def lower_tasks(
    document: Document,
    task_ids: Mapping[str, str],
    variables: Mapping[str, str],
    constants: Constants,
    options: Options,
) -> tuple[Task, ...]:
    """Decide about the task of each group."""
    upstream = _upstream(document)
    template_of = {one.name: one.constant for one in constants.templates}
    values = spark_jobs.job_parameters(document, options)
    config, pods = document.deployment.run_config, options.runtime is Runtime.KUBERNETES
    return tuple(
        Task(
            task_id=task_ids[group.id],
            variable=variables.get(group.id),
            nodes=group.nodes,
            settings=constants.classes.get(group.resource_class or "") if in_python else None,
            template=template_of.get(group.pod_template or "") if in_python else None,
            own=execution.of_group(group, config, pods=pods)
            if in_python
            else _of_job(group, document, constants.jobs),
            notes=task_notes(group, upstream[group.id]),
            job=values.get(group.id),
        )
        for group in document.groups
        for in_python in (group.engine is Engine.PYTHON,)
    )


def _of_job(
    group: Group, document: Document, jobs: SparkJobs | CustomJobs | None
) -> Mapping[str, Setting]:
    deferrable = isinstance(jobs, SparkJobs) and jobs.deferrable
    return spark_jobs.execution_of(group, document, deferrable=deferrable)


def _upstream(document: Document) -> dict[str, dict[str, list[str]]]:
    """Return for each group the groups that it reads from, and the datasets."""
    owner = {name: group.id for group in document.groups for name in group.nodes}
    upstream: dict[str, dict[str, list[str]]] = {group.id: {} for group in document.groups}
    for producer, consumer, dataset in node_edges(document.nodes):
        before, after = owner[producer], owner[consumer]
        if before != after and dataset not in upstream[after].setdefault(before, []):
            upstream[after][before].append(dataset)
    return upstream
