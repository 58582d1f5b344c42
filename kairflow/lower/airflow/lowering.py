"""IR to DAG model: every decision about what Airflow will do; it writes no source code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kairflow import __version__
from kairflow.errors import Code, Diagnostic, LoweringError, Severity, errors_in
from kairflow.ir import IR_VERSION, Document, digest
from kairflow.ir.deployment import DEFAULT_START_DATE, TIMEZONE_PATTERN
from kairflow.ir.model import DEFAULT_CLASS, DEFAULT_PIPELINE
from kairflow.ir.name_lists import cut
from kairflow.lower.airflow import (
    arguments,
    classes,
    execution,
    file_names,
    frame,
    kedro_run,
    mlflow,
    names,
    notifications,
    pods,
    processes,
    run_values,
    schedule,
    sensors,
    spark_jobs,
    storage,
    support,
    tasks,
)
from kairflow.lower.airflow.custom_operators import CustomJobs
from kairflow.lower.airflow.documentation import dag_doc
from kairflow.lower.airflow.model import (
    ClassSettings,
    Dag,
    Header,
    Message,
    Pods,
    PodTemplate,
    Processes,
    Reference,
    Setting,
    SparkJobs,
)
from kairflow.lower.airflow.options import Options, Runtime

BLANK_DIGEST = "0" * 64
"""Stands in the model until the text of the file is known."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A DAG that can work, and what the user should know about it."""

    dag: Dag
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The names that everything else hangs on."""

    dag_id: str
    cron: str | None
    task_ids: Mapping[str, str]
    frame: frame.Frame


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the DAG file has before its tasks; `names` are those that no variable may take."""

    settings: tuple[ClassSettings, ...]
    constants: tasks.Constants
    runtime: Pods | Processes
    messages: tuple[Message, ...]
    jobs: SparkJobs | CustomJobs | None
    names: frozenset[str]


def lower_document(document: Document, options: Options) -> Lowered:
    """Decide what the document becomes on Airflow.

    Raises:
        LoweringError: no working DAG can be made of it; all reasons at once.
    """
    ir_digest = digest(document)
    if options.by_hand:
        document = _for_now(document)
    dag_id, renamed = _dag_id(document, options)
    task_ids = {group.id: names.airflow_id(group.id) for group in document.groups}
    around = frame.frame_of(document, options, tuple(task_ids.values()))
    plan = _Plan(dag_id, _cron(document, options), task_ids, around)
    found = (*renamed, *_check(document, options, plan))
    if mistakes := errors_in(found):
        raise LoweringError(mistakes)
    tags, shortened = _tags(document, ir_digest)
    return Lowered(_dag(document, options, plan, tags, ir_digest), (*found, *shortened))


def _check(document: Document, options: Options, plan: _Plan) -> Iterator[Diagnostic]:
    asked = "--cron-expression" if options.cron_expression else "run_config.cron_expression"
    config = document.deployment.run_config
    yield from check_cron(plan.cron, asked)
    yield from _check_zone(options)
    yield from tasks.check_ids(plan.task_ids, plan.frame.task_ids)
    yield from kedro_run.check_params(document.source)
    yield from kedro_run.check_arguments(document)
    for group in document.groups:
        yield from kedro_run.check_nodes(group.nodes)
    yield from run_values.check(document, options.line)
    yield from arguments.check_versions(document)
    yield from notifications.check(config.failure_handlers, options.line)
    timetable = config.timetable if plan.cron is not None else None
    yield from sensors.check(config.external_dependencies, plan.dag_id, options.line, timetable)
    yield from mlflow.check(config)
    yield from support.check(document, options)
    yield from spark_jobs.check(document, options)


def _dag(
    document: Document, options: Options, plan: _Plan, tags: tuple[str, ...], ir_digest: str
) -> Dag:
    config, parts = document.deployment.run_config, _parts(document, options, plan)
    runtime = parts.runtime
    variables, sensor_variables = tasks.variables(document.groups, plan.frame, parts.names)
    return Dag(
        header=_header(document, ir_digest),
        line=options.line.value,
        dag_id=plan.dag_id,
        description=config.description,
        timetable=schedule.timetable(
            config.timetable, plan.cron, options.timezone or config.timezone
        ),
        start_date=config.start_date,
        catchup=config.catchup,
        max_active_runs=config.max_active_runs,
        default_args=_default_args(document, options, parts.messages),
        messages=parts.messages,
        parameters=run_values.parameters(document, options.line),
        filters=run_values.filters(document),
        tags=tags,
        doc=dag_doc(document, runtime.storage if isinstance(runtime, Pods) else None, BLANK_DIGEST),
        repeat=shlex.join(("kedro", *kedro_run.shared_arguments(document))),
        versioned=config.versions is not None,
        runtime=runtime,
        settings=parts.settings,
        sensors=sensors.lower_sensors(
            config.external_dependencies, plan.frame.sensors, sensor_variables
        ),
        mlflow=mlflow.lower_mlflow(config, options.image or config.image),
        tasks=tasks.lower_tasks(document, plan.task_ids, variables, parts.constants, options),
        spark=parts.jobs,
        edges=tuple(frame.edges(plan.frame, document.groups, variables, sensor_variables)),
    )


def _parts(document: Document, options: Options, plan: _Plan) -> _Parts:
    config = document.deployment.run_config
    in_pods = options.runtime is Runtime.KUBERNETES
    filled = in_pods and storage.fills_volume(document)
    jobs = spark_jobs.lower_jobs(document, options, plan.dag_id, plan.task_ids)
    theirs = jobs.names if isinstance(jobs, CustomJobs) else frozenset[str]()
    settings = classes.lower_classes(
        document, (DEFAULT_CLASS,) if filled else (), file_names.TAKEN | theirs, pods=in_pods
    )
    constants = {one.resource_class: one.constant for one in settings}
    templates = _templates(document, options, plan.dag_id, settings, theirs)
    messages = notifications.lower_handlers(config.failure_handlers, options.line)
    names_taken = frozenset(
        (
            *theirs,
            *constants.values(),
            *(one.constant for one in templates),
            *(one.function for one in messages),
        )
    )
    return _Parts(
        settings=settings,
        constants=tasks.Constants(constants, templates, jobs),
        runtime=_runtime(document, options, plan.dag_id, constants, templates),
        messages=messages,
        jobs=jobs,
        names=names_taken,
    )


def _templates(
    document: Document,
    options: Options,
    dag_id: str,
    settings: tuple[ClassSettings, ...],
    others: frozenset[str],
) -> tuple[PodTemplate, ...]:
    if options.runtime is not Runtime.KUBERNETES:
        return ()
    taken = file_names.TAKEN | others | {one.constant for one in settings}
    return pods.lower_templates(document, storage.claim_name(dag_id), taken)


def _default_args(
    document: Document, options: Options, messages: tuple[Message, ...]
) -> dict[str, Setting]:
    config = document.deployment.run_config
    args = execution.of_every_task(config)
    if options.runtime is Runtime.KUBERNETES:
        args["startup_timeout_seconds"] = config.startup_timeout
    if messages:
        args["on_failure_callback"] = tuple(Reference(one.function) for one in messages)
    return args


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


def check_cron(cron: str | None, where: str) -> Iterator[Diagnostic]:
    """Say what is wrong with a schedule, if there is one and something is."""
    if cron is not None and (wrong := schedule.complaint(cron)):
        presets = ", ".join(schedule.PRESETS)
        yield Diagnostic(
            Code.SCHEDULE_INVALID,
            f"{cron!r} is no cron expression: {wrong}",
            where,
            f"write five fields such as '0 6 * * *', or one of {presets}",
        )


def _check_zone(options: Options) -> Iterator[Diagnostic]:
    """Look at the spelling alone: which zones there are, only a machine's database can tell."""
    zone = options.timezone
    if zone is not None and not re.fullmatch(TIMEZONE_PATTERN, zone):
        message, hint = f"{zone!r} is no name of a time zone", "write one such as Europe/Berlin"
        yield Diagnostic(Code.SCHEDULE_INVALID, message, "--timezone", hint)


def _for_now(document: Document) -> Document:
    """Take out what a run of today could wait for.

    Airflow makes no task of a run that is before the start date, and calls it a success.
    """
    config = document.deployment.run_config
    start_date = min(config.start_date, DEFAULT_START_DATE)
    free = {"external_dependencies": (), "start_date": start_date}
    config = config.model_copy(update=free)
    deployment = document.deployment.model_copy(update={"run_config": config})
    return document.model_copy(update={"deployment": deployment})


def _dag_id(document: Document, options: Options) -> tuple[str, tuple[Diagnostic, ...]]:
    """Name the DAG: what was asked for, else the run's name with that of the pipeline."""
    config, pipeline = document.deployment.run_config, document.source.pipeline
    run_name = config.run_name or config.experiment_name
    wanted = run_name if pipeline == DEFAULT_PIPELINE else f"{run_name}-{pipeline}"
    wanted = options.dag_name if options.dag_name is not None else wanted
    where = "--dag-name" if options.dag_name is not None else "run_config.run_name"
    dag_id = names.airflow_id(wanted)
    if not dag_id or dag_id.startswith("."):
        hint = "give it letters and digits, with --dag-name or as run_config.run_name"
        message = f"no DAG can be named {wanted!r}"
        return dag_id, (Diagnostic(Code.NAME_INVALID, message, where, hint),)
    if dag_id == wanted:
        return dag_id, ()
    message = f"{wanted!r} is no DAG id, so the DAG is named {dag_id!r}"
    hint = "a DAG id has letters, digits, hyphens, underscores and full stops"
    warning = Severity.WARNING
    return dag_id, (Diagnostic(Code.DAG_ID_CHANGED, message, where, hint, warning),)


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


def _runtime(
    document: Document,
    options: Options,
    dag_id: str,
    constants: Mapping[str, str],
    templates: tuple[PodTemplate, ...],
) -> Pods | Processes:
    if options.runtime is Runtime.KUBERNETES:
        kept = storage.lower_storage(document, dag_id, constants)
        return pods.lower_pods(document, options, kept, templates)
    return processes.lower_processes(document, options)
