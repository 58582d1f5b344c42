"""IR to DAG model: every decision about what Airflow will do; it writes no source code."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kairflow import __version__
from kairflow.errors import Code, Diagnostic, LoweringError, Severity, errors_in
from kairflow.ir import IR_VERSION, Document, digest
from kairflow.ir.graph import node_edges
from kairflow.ir.model import DEFAULT_PIPELINE, Group
from kairflow.ir.name_lists import cut
from kairflow.lower.airflow import kedro_run, names, schedule, support
from kairflow.lower.airflow.documentation import dag_doc, task_notes
from kairflow.lower.airflow.model import Dag, Edge, Header, Pods, Processes, Task
from kairflow.lower.airflow.options import Options, Runtime
from kairflow.lower.airflow.pods import lower_pods
from kairflow.lower.airflow.versions import SYMBOLS

BLANK_DIGEST = "0" * 64
"""Stands in the model until the text of the file is known."""

_TAKEN = frozenset(
    (
        "cached_property",
        "datetime",
        "dict",
        "k8s",
        "kedro_pod",
        "kedro_run",
        "list",
        "os",
        "shlex",
        "signal",
        "str",
        "super",
        "task_doc",
        "timezone",
    )
)
"""What a DAG file imports, defines or calls in lower case: no variable may hide it."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A DAG that can work, and what the user should know about it."""

    dag: Dag
    warnings: tuple[Diagnostic, ...]


def lower_document(document: Document, options: Options) -> Lowered:
    """Decide what the document becomes on Airflow.

    Raises:
        LoweringError: no working DAG can be made of it; all reasons at once.
    """
    dag_id, renamed = _dag_id(document, options)
    cron = _cron(document, options)
    task_ids = {group.id: names.airflow_id(group.id) for group in document.groups}
    found = (
        *renamed,
        *_check_cron(cron),
        *_check_task_ids(task_ids),
        *kedro_run.check_params(document.source),
        *kedro_run.check_arguments(document),
        *(d for group in document.groups for d in kedro_run.check_nodes(group.nodes)),
        *support.check(document, options),
    )
    if mistakes := errors_in(found):
        raise LoweringError(mistakes)
    ir_digest = digest(document)
    tags, shortened = _tags(document, ir_digest)
    config = document.deployment.run_config
    runtime = _runtime(document, options)
    variables = _variables(document.groups, runtime)
    dag = Dag(
        header=_header(document, ir_digest),
        line=options.line.value,
        dag_id=dag_id,
        description=config.description,
        timetable=schedule.timetable(config.timetable, cron),
        start_date=config.start_date,
        catchup=config.catchup,
        tags=tags,
        doc=dag_doc(document),
        repeat=shlex.join(("kedro", *kedro_run.shared_arguments(document))),
        runtime=runtime,
        tasks=_tasks(document, task_ids, variables, runtime),
        edges=_edges(document.groups, variables),
    )
    return Lowered(dag, (*found, *shortened))


def _header(document: Document, ir_digest: str) -> Header:
    return Header(
        pipeline=document.source.pipeline,
        project=document.source.project,
        ir_version=IR_VERSION,
        ir_digest=ir_digest,
        dag_digest=BLANK_DIGEST,
        kairflow=__version__,
    )


def _cron(document: Document, options: Options) -> str | None:
    asked = options.cron_expression
    cron = document.deployment.run_config.cron_expression if asked is None else asked
    return cron.strip() or None if cron is not None else None


def _check_cron(cron: str | None) -> Iterator[Diagnostic]:
    if cron is not None and (wrong := schedule.complaint(cron)):
        presets = ", ".join(schedule.PRESETS)
        yield Diagnostic(
            Code.SCHEDULE_INVALID,
            f"{cron!r} is no cron expression: {wrong}",
            "run_config.cron_expression",
            f"write five fields such as '0 6 * * *', or one of {presets}",
        )


def _dag_id(document: Document, options: Options) -> tuple[str, tuple[Diagnostic, ...]]:
    """Name the DAG: what was asked for, else the run's name with that of the pipeline."""
    config, pipeline = document.deployment.run_config, document.source.pipeline
    run_name = config.run_name or config.experiment_name
    wanted = run_name if pipeline == DEFAULT_PIPELINE else f"{run_name}-{pipeline}"
    wanted = options.dag_name if options.dag_name is not None else wanted
    dag_id = names.airflow_id(wanted)
    if not dag_id or dag_id.startswith("."):
        hint = "give it letters and digits, with --dag-name or as run_config.run_name"
        message = f"no DAG can be named {wanted!r}"
        return dag_id, (Diagnostic(Code.NAME_INVALID, message, "run_config.run_name", hint),)
    if dag_id == wanted:
        return dag_id, ()
    message = f"{wanted!r} is no DAG id, so the DAG is named {dag_id!r}"
    hint = "a DAG id has letters, digits, hyphens, underscores and full stops"
    warning = Severity.WARNING
    return dag_id, (Diagnostic(Code.DAG_ID_CHANGED, message, "run_config.run_name", hint, warning),)


def _check_task_ids(task_ids: Mapping[str, str]) -> Iterator[Diagnostic]:
    owner: dict[str, str] = {}
    for group_id, task_id in task_ids.items():
        hint = "rename one of the nodes, or the tag or namespace that names the group"
        if not task_id:
            message = f"nothing in the name {group_id!r} is legal in a task id"
            yield Diagnostic(Code.TASK_ID_ILLEGAL, message, f"group {group_id!r}", hint)
        elif task_id in owner:
            message = f"groups {owner[task_id]!r} and {group_id!r} both become task {task_id!r}"
            yield Diagnostic(Code.TASK_ID_COLLISION, message, f"group {group_id!r}", hint)
        owner.setdefault(task_id, group_id)


def _tags(document: Document, ir_digest: str) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return the DAG's tags, sorted; one that is too long for Airflow is cut and reported."""
    git = document.source.git
    commit = git.commit if git is not None else None
    wanted = (
        f"generated_with_kairflow:{__version__}",
        f"experiment_name:{document.deployment.run_config.experiment_name}",
        *((f"commit_sha:{commit}",) if commit else ()),
        f"kairflow_ir:{ir_digest[:16]}",
        f"kairflow_dag:{BLANK_DIGEST[:16]}",
    )
    tags = {text: cut(text, names.MAX_TAG_LENGTH) for text in wanted}
    shortened = tuple(
        Diagnostic(
            Code.TAG_CHANGED,
            f"tag {text!r} is longer than Airflow's {names.MAX_TAG_LENGTH} characters and was cut",
            "run_config.experiment_name",
            severity=Severity.WARNING,
        )
        for text, tag in tags.items()
        if text != tag
    )
    return tuple(sorted(tags.values())), shortened


def _runtime(document: Document, options: Options) -> Pods | Processes:
    if options.runtime is Runtime.KUBERNETES:
        return lower_pods(document, options)
    return Processes(
        python=options.python or "python",
        project_dir=options.project_dir or ".",
        arguments=kedro_run.shared_arguments(document),
    )


def _variables(groups: Sequence[Group], runtime: Pods | Processes) -> dict[str, str]:
    """Name a variable for every group that an edge touches; the others need none."""
    touched = {group.id for group in groups if group.needs}
    touched.update(need for group in groups for need in group.needs)
    constants = {s.constant for s in runtime.settings} if isinstance(runtime, Pods) else set()
    ids = [group.id for group in groups if group.id in touched]
    taken = {*_TAKEN, *constants, *(symbol for line in SYMBOLS.values() for symbol in line)}
    return dict(zip(ids, names.variables(ids, taken), strict=True))


def _tasks(
    document: Document,
    task_ids: Mapping[str, str],
    variables: Mapping[str, str],
    runtime: Pods | Processes,
) -> tuple[Task, ...]:
    constants = _constant_of(runtime)
    upstream = _upstream(document)
    return tuple(
        Task(
            task_id=task_ids[group.id],
            variable=variables.get(group.id),
            nodes=group.nodes,
            settings=constants.get(group.resource_class or ""),
            notes=task_notes(group, upstream[group.id]),
        )
        for group in document.groups
    )


def _constant_of(runtime: Pods | Processes) -> dict[str, str]:
    if isinstance(runtime, Processes):
        return {}
    return {settings.resource_class: settings.constant for settings in runtime.settings}


def _upstream(document: Document) -> dict[str, dict[str, list[str]]]:
    """Return for each group the groups that it reads from, and the datasets."""
    owner = {name: group.id for group in document.groups for name in group.nodes}
    upstream: dict[str, dict[str, list[str]]] = {group.id: {} for group in document.groups}
    for producer, consumer, dataset in node_edges(document.nodes):
        before, after = owner[producer], owner[consumer]
        if before != after and dataset not in upstream[after].setdefault(before, []):
            upstream[after][before].append(dataset)
    return upstream


def _edges(groups: Iterable[Group], variables: Mapping[str, str]) -> tuple[Edge, ...]:
    return tuple(
        Edge(before=variables[need], after=variables[group.id])
        for group in groups
        for need in group.needs
    )
