"""The command line of a task as Airflow is given it: text as typed, and templates for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kairflow.errors import Code, Diagnostic
from kairflow.ir.graph import base_name
from kairflow.ir.model import DatasetKind, Document
from kairflow.lower.airflow import kedro_run, run_values
from kairflow.lower.airflow.model import Reference, Text
from kairflow.lower.airflow.options import AirflowLine
from kairflow.lower.airflow.templates import (
    as_typed,
    as_typed_in_pod,
    as_written,
    is_template,
    within_template,
)

BOOTSTRAP = Reference("RUN_WITH_VERSION")
"""The constant of the DAG file that holds the program which gives all tasks one version."""

RUN_KEDRO = "from kedro.framework.cli import main; main()"
"""What Spark runs where the current folder is the project, and the environment is as it should."""

THREADS = "--runner=ThreadRunner"
"""Spark runs the work elsewhere, so the nodes of a job only wait for it."""

DATASET_VERSION = "--dataset-version="
"""What tells a Spark job's runner under which version to save."""

_FORMAT = "%Y-%m-%dT%H.%M.%S.%fZ"
"""Sorts among Kedro's own versions, which end after the milliseconds."""


def pod_arguments(document: Document, line: AirflowLine) -> tuple[Text | Reference, ...]:
    """Return what follows the image's entry point, but for the names of the nodes."""
    program: tuple[Text | Reference, ...] = (Text("kedro", literal=False),)
    if document.deployment.run_config.versions is not None:
        program = (as_typed("python"), as_typed("-c"), BOOTSTRAP, _version(line))
    return (*program, *_shared(document, line, as_typed_in_pod, in_pod=True))


def process_arguments(document: Document, line: AirflowLine) -> tuple[Text | Reference, ...]:
    """Return what follows the interpreter, but for the names of the nodes."""
    program: tuple[Text | Reference, ...] = (as_typed("-m"), as_typed("kedro"))
    if document.deployment.run_config.versions is not None:
        program = (as_typed("-c"), BOOTSTRAP, _version(line))
    return (*program, *_shared(document, line, as_typed, in_pod=False))


def has_literal_nodes(document: Document) -> bool:
    """Tell whether the names of any task's nodes must be kept from Airflow's templates."""
    texts = (kedro_run.nodes_argument(group.nodes) for group in document.groups)
    return any(as_typed(text).literal for text in texts)


def child_job_arguments(document: Document, line: AirflowLine) -> tuple[Text | Reference, ...]:
    """Return what the launcher is told: the program to run, settings of Spark, its arguments."""
    config = document.deployment.run_config
    conf = config.spark.conf if config.spark is not None else {}
    settings = (
        text for key, value in conf.items() for text in (as_typed("--conf"), _setting(key, value))
    )
    program: tuple[Text | Reference, ...] = (as_typed(RUN_KEDRO),)
    told: tuple[Text, ...] = ()
    if config.versions is not None:
        program, told = (BOOTSTRAP,), (_version(line),)
    shared = (*told, *_shared(document, line, as_typed, in_pod=False), as_typed(THREADS))
    return (*program, *settings, as_typed("--"), *shared)


def _setting(key: str, value: str) -> Text:
    """Write a setting of Spark; the value may be a template, and the key never is."""
    written = as_written(value)
    if isinstance(written, Text) and is_template(value):
        return Text(f"{within_template(f'{key}=')}{written.value}", literal=False)
    return as_typed(f"{key}={value}")


def job_arguments(
    document: Document, line: AirflowLine, *, in_pod: bool
) -> tuple[Text | Reference, ...]:
    """Return what the runner of any Spark job is told, but for the names of the nodes."""
    typed = as_typed_in_pod if in_pod else as_typed
    place = (*kedro_run.place_arguments(document), THREADS)
    return (*map(typed, place), *_of_the_run(document, line), *_params(document, typed, in_pod))


def run_arguments(document: Document, line: AirflowLine) -> tuple[Text | Reference, ...]:
    """Return what the runner of one group is told: what only the run knows."""
    known = not run_values.has_run_values(document.deployment.run_config)
    params = () if known else _params(document, as_typed, in_pod=False)
    return (*_of_the_run(document, line), *params)


def _of_the_run(document: Document, line: AirflowLine) -> Iterator[Text]:
    if document.deployment.run_config.versions is None:
        return
    yield Text(f"{DATASET_VERSION}{_version(line).value}", literal=False)
    yield from _load_versions(document, line)


def _shared(
    document: Document, line: AirflowLine, typed: Callable[[str], Text], *, in_pod: bool
) -> Iterator[Text]:
    yield from map(typed, kedro_run.place_arguments(document))
    yield from _load_versions(document, line)
    yield from _params(document, typed, in_pod)


def _load_versions(document: Document, line: AirflowLine) -> Iterator[Text]:
    if document.deployment.run_config.versions is not None and (names := run_versioned(document)):
        pairs = (f"{within_template(name)}:{_version(line).value}" for name in names)
        yield Text(f"--load-versions={','.join(pairs)}", literal=False)


def _params(document: Document, typed: Callable[[str], Text], in_pod: bool) -> Iterator[Text]:
    if run_values.has_run_values(document.deployment.run_config):
        yield Text(run_values.params_template(document, in_pod=in_pod), literal=False)
    elif document.source.runtime_params:
        yield typed(f"--params={kedro_run.params_text(document.source.runtime_params)}")


def _version(line: AirflowLine) -> Text:
    moment = "logical_date" if line.is_2 else "run_after"
    return Text(f"{{{{ dag_run.{moment}.strftime('{_FORMAT}') }}}}", literal=False)


def run_versioned(document: Document) -> tuple[str, ...]:
    """Return the versioned datasets that one node of the DAG makes and another reads."""
    made = {base_name(name) for node in document.nodes for name in node.outputs}
    read = {name for node in document.nodes for name in node.inputs if base_name(name) in made}
    datasets = document.datasets
    return tuple(
        sorted(
            name
            for name in read
            if datasets[name].versioned and datasets[name].kind is DatasetKind.PERSISTENT
        )
    )


def check_versions(document: Document) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each dataset whose version no argument can name."""
    if document.deployment.run_config.versions is None:
        return
    for name in run_versioned(document):
        if ":" in name or "," in name:
            message = f"`kedro run --load-versions` cannot spell the name {name!r}"
            hint = "name the dataset without colon and comma"
            where = f"dataset {name!r}"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, hint)
