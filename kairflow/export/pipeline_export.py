"""Composes an export: project, configuration and pipeline in, checked documents out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from kairflow import __version__
from kairflow.errors import (
    Code,
    Diagnostic,
    ExportError,
    GroupingError,
    InternalError,
    ProjectError,
    Severity,
    errors_in,
)
from kairflow.export import translate
from kairflow.export.archive import make_archive
from kairflow.export.archive_rules import layout_of
from kairflow.export.catalog import Catalog, describe_datasets, holds_data, is_parameter
from kairflow.export.conf import Conf, local_warning, open_conf
from kairflow.export.config import Config, check_nodes, read_config
from kairflow.export.custom_operators import write_operators
from kairflow.export.git import read_git
from kairflow.export.init_scripts import settle_scripts
from kairflow.export.mlflow import Tracking, read_tracking, settle
from kairflow.export.parameters import describe_parameters, feed
from kairflow.export.project import Project, open_project
from kairflow.export.request import Exported, ProjectArchive, Request
from kairflow.export.run_parameters import check_run_params
from kairflow.export.selection import find_pipeline, select
from kairflow.export.spark import look_for_signs
from kairflow.ir import invariants
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.graph import base_name
from kairflow.ir.model import (
    DEFAULT_PIPELINE,
    Dataset,
    Document,
    Engine,
    Git,
    Group,
    Node,
    Parameter,
    Producer,
    Source,
)
from kairflow.ir.spark import Archive

_Packed = tuple[ProjectArchive | None, tuple[Diagnostic, ...]]
"""The project archive, if one could be made, and what its author should know."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """All that the pipelines of one project share."""

    project: Project
    registered: Mapping[str, Any]
    config: Config
    catalog: Catalog
    parameters: Mapping[str, Any]
    tracking: Tracking
    read: frozenset[str]
    """The inputs of all nodes of all pipelines."""
    git: Git | None
    pack: Callable[[], _Packed]
    """Makes the archive when it is first asked for."""
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A pipeline's description before its tasks are known."""

    nodes: tuple[Node, ...]
    datasets: Mapping[str, Dataset]
    parameters: Mapping[str, Parameter]
    groups: tuple[Group, ...]
    diagnostics: tuple[Diagnostic, ...]


def export_pipeline(request: Request) -> Exported:
    """Export one pipeline of a project, without side effects.

    The project's code runs in this process, contained by `isolated`; so only one thread at a time
    may export.

    Raises:
        ProjectError: the project cannot be opened, or has no such pipeline, environment or nodes.
        ExportError: configuration, catalog, parameters or groups are at fault; all of it at once.
    """
    with _opened(request) as opened:
        return _export(opened, request)


def export_all(request: Request) -> tuple[Exported, ...]:
    """Export every registered pipeline that has nodes, sorted by name; the project opens once.

    `request.pipeline` is ignored. Warnings that concern the whole project are the first one's;
    those about the archive are in every one that has it.

    Raises:
        ProjectError: the project cannot be opened, or none of its pipelines has nodes.
        ExportError: what is wrong with any of the pipelines; all of it at once.
    """
    exported, errors = list[Exported](), list[Diagnostic]()
    with _opened(replace(request, pipeline=DEFAULT_PIPELINE)) as shared:
        empty = [name for name, found in shared.registered.items() if not found.nodes]
        opened = replace(shared, warnings=(*shared.warnings, *map(_skipped, empty)))
        for name in (name for name in shared.registered if name not in empty):
            try:
                exported.append(_export(opened, replace(request, pipeline=name)))
            except ExportError as error:
                errors += error.diagnostics
            opened = replace(shared, warnings=())
    if errors:
        raise ExportError(dict.fromkeys(errors))
    if not exported:
        hint = "see register_pipelines in pipeline_registry.py"
        raise ProjectError([Diagnostic(Code.SELECTION_EMPTY, "no pipeline has nodes", "", hint)])
    return tuple(exported)


def registered_pipelines(project: Path) -> tuple[str, ...]:
    """Return the names of a project's pipelines, sorted.

    Raises:
        ProjectError: the project cannot be opened, or its pipelines cannot be imported.
    """
    with open_project(project) as opened:
        return tuple(opened.register_pipelines())


def project_address(request: Request, key: Literal["host", "output"]) -> str | None:
    """Return an address of the project's `airflow-k8s.yml`; None when it gives none.

    No pipeline is imported, and mistakes elsewhere in the file do not matter.

    Raises:
        ProjectError: the project cannot be opened, or there is no such environment.
        ExportError: a file cannot be read, or the key's placeholders cannot be filled.
    """
    with open_project(request.project) as project:
        config = read_config(_open_conf(project, request), os.environ)
    fault, unreadable = config.address_faults.get(key), (Code.CONFIG_SYNTAX, Code.CONFIG_AMBIGUOUS)
    if faults := [one for one in config.diagnostics if one.code in unreadable or one == fault]:
        raise ExportError(faults)
    return config.addresses.get(key)


@contextmanager
def _opened(request: Request) -> Iterator[_Opened]:
    request = _with_absolute_source(request)
    with open_project(request.project) as project:
        conf = _open_conf(project, request)
        registered = project.register_pipelines()
        broken = _import_failures(project, request.pipeline)
        config = read_config(conf, os.environ, request.image)
        parameters, catalog, tracking = _read(conf, config)
        nodes = [node for pipeline in registered.values() for node in pipeline.nodes]
        known = sorted({node.name for node in nodes})
        yield _Opened(
            project=project,
            registered=registered,
            config=config,
            catalog=Catalog(catalog),
            parameters=feed(parameters, request.runtime_params, project.kedro_line),
            tracking=tracking,
            read=frozenset(name for node in nodes for name in node.inputs),
            git=read_git(project.root),
            pack=functools.cache(lambda: _pack(project, conf)),
            warnings=(
                *broken,
                *local_warning(conf),
                *check_nodes(config, known),
                *tracking.warnings(request.pipeline),
            ),
        )


def _read(conf: Conf, config: Config) -> tuple[dict[str, Any], dict[str, Any], Tracking]:
    """Read all files beside `airflow-k8s.yml`; when one is broken, tell all else that is known."""
    faults = list[Diagnostic]()
    found = list[dict[str, Any]]()
    tracking = Tracking()
    for kind in ("parameters", "catalog"):
        try:
            found.append(conf.read(kind))
        except ProjectError as error:
            faults += error.diagnostics
    try:
        tracking = read_tracking(conf, config)
    except ProjectError as error:
        faults += error.diagnostics
    if faults:
        raise ExportError([*errors_in(config.diagnostics), *faults])
    parameters, catalog = found
    return parameters, catalog, tracking


def _open_conf(project: Project, request: Request) -> Conf:
    return open_conf(project, request.env, request.conf_source, request.runtime_params)


def _pack(project: Project, conf: Conf) -> _Packed:
    try:
        return make_archive(layout_of(project, conf))
    except ProjectError as error:
        return None, error.diagnostics


def _with_absolute_source(request: Request) -> Request:
    """Make `--conf-source` absolute before the project's folder becomes the current one."""
    source = request.conf_source
    if source is None or "://" in source:
        return request
    return replace(request, conf_source=str(Path(source).expanduser().resolve()))


def _import_failures(project: Project, pipeline: str) -> tuple[Diagnostic, ...]:
    """Judge modules that Kedro left out: the default pipeline is the sum of all, and lacks them."""
    failures = project.import_failures()
    if pipeline == DEFAULT_PIPELINE:
        if failures:
            raise ProjectError(failures)
        return ()
    return tuple(replace(failure, severity=Severity.WARNING) for failure in failures)


def _export(opened: _Opened, request: Request) -> Exported:
    whole = find_pipeline(opened.registered, request.pipeline)
    line = opened.project.kedro_line
    selected = select(whole, request.selection, line, request.pipeline)
    parts = _describe(opened, request, selected)
    deployment, found = _finish(opened, request.pipeline, parts)
    packed, told = opened.pack() if _is_packed(request, deployment, parts.groups) else (None, ())
    diagnostics = (*opened.config.diagnostics, *parts.diagnostics, *found, *told)
    errors = errors_in(diagnostics)
    if errors or deployment is None:
        raise ExportError(errors)
    document = Document(
        producer=Producer(kairflow=__version__, kedro=opened.project.kedro_version),
        source=_source(opened, request),
        datasets=dict(parts.datasets),
        parameters=dict(parts.parameters),
        nodes=parts.nodes,
        groups=parts.groups,
        deployment=deployment,
        archive=None if packed is None else Archive(name=packed.name, sha256=packed.sha256),
    )
    more: tuple[Diagnostic, ...] = ()
    if request.operators:
        custom, more = write_operators(opened.project, opened.config, document)
        document = document.model_copy(update={"custom_operators": custom})
    if errors := errors_in(more):
        raise ExportError(errors)
    if breaches := invariants.check(document):
        raise InternalError(f"the export breaks the IR's rules: {breaches}")
    return Exported(document, (*opened.warnings, *diagnostics, *more), packed)


def _is_packed(request: Request, deployment: Deployment | None, groups: tuple[Group, ...]) -> bool:
    """Decide whether a pipeline gets the archive."""
    if not request.archive or not request.only_if_fetched:
        return request.archive
    spark = None if deployment is None else deployment.run_config.spark
    jobs = any(group.engine is Engine.SPARK for group in groups)
    return jobs and spark is not None and spark.has_artefacts


def _finish(
    opened: _Opened, pipeline: str, parts: _Parts
) -> tuple[Deployment | None, tuple[Diagnostic, ...]]:
    """Settle what of the configuration only a pipeline decides."""
    config, deployment = opened.config, opened.config.deployment
    mlflow, found = settle(opened.tracking, config, pipeline)
    if deployment is None:
        return None, errors_in(found)
    names, faults = check_run_params(config, parts.parameters, opened.parameters, opened.read)
    spark, more = settle_scripts(opened.project, config)
    settled = {"mlflow": mlflow, "run_params": names, "spark": spark}
    run_config = deployment.run_config.model_copy(update=settled)
    return deployment.model_copy(update={"run_config": run_config}), (*found, *faults, *more)


def _describe(opened: _Opened, request: Request, selected: Any) -> _Parts:
    names = translate.dataset_names(selected)
    datasets, found = describe_datasets(names, opened.catalog)
    signs = look_for_signs(names, opened.catalog)
    nodes, doubts = translate.translate_nodes(selected, signs)
    deployment = opened.config.deployment
    run_config = None if deployment is None else deployment.run_config
    parameters, faults = describe_parameters(
        nodes, filter(is_parameter, names), opened.parameters, _supplied(run_config)
    )
    diagnostics = [*found, *_within(request, (*translate.check_names(nodes), *doubts, *faults))]
    if not errors_in(found):
        given = [name for name in names if holds_data(opened.catalog.find(name))]
        makers = _makers(opened.registered, request)
        lost = translate.check_memory(nodes, datasets, given, makers)
        diagnostics += _within(request, lost)
    groups: tuple[Group, ...] = ()
    if run_config is not None and not errors_in(found):
        groups, more = _group(nodes, datasets, run_config, request)
        diagnostics += map(opened.config.located, more)
    return _Parts(nodes, datasets, parameters, groups, tuple(diagnostics))


def _makers(registered: Mapping[str, Any], request: Request) -> dict[str, str]:
    """Say for each dataset which node makes it: one of this pipeline, or of the most alike."""
    ours = {node.name for node in registered[request.pipeline].nodes}

    def likeness(name: str) -> tuple[bool, int]:
        shared = ours.intersection(node.name for node in registered[name].nodes)
        return name == request.pipeline, len(shared)

    makers = dict[str, str]()
    for name in sorted(registered, key=likeness):
        suffix = "" if name == request.pipeline else f" of pipeline {name!r}"
        for node in registered[name].nodes:
            makers.update({base_name(output): f"{node.name!r}{suffix}" for output in node.outputs})
    return makers


def _within(request: Request, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Say of which pipeline a node is."""
    for found in diagnostics:
        yield replace(found, where=f"pipeline {request.pipeline!r} > {found.where}")


def _supplied(run_config: RunConfig | None) -> Iterable[str]:
    """Return the parameters that every run gets from Airflow."""
    return () if run_config is None else (*run_config.macro_params, *run_config.variables_params)


def _group(
    nodes: tuple[Node, ...],
    datasets: Mapping[str, Dataset],
    run_config: RunConfig,
    request: Request,
) -> tuple[tuple[Group, ...], tuple[Diagnostic, ...]]:
    # networkx takes a third of a second, which a broken project need not wait for.
    from kairflow.export.grouping import make_groups

    try:
        return make_groups(nodes, datasets, run_config, request.group_by, request.pipeline)
    except GroupingError as error:
        return (), error.diagnostics


def _source(opened: _Opened, request: Request) -> Source:
    return Source(
        project=opened.project.name,
        package=opened.project.package,
        kedro_line=opened.project.kedro_line,
        pipeline=request.pipeline,
        env=request.env,
        runtime_params=dict(request.runtime_params),
        selection=request.selection,
        git=opened.git,
        source_dir=opened.project.source_dir.relative_to(opened.project.root).as_posix(),
    )


def _skipped(name: str) -> Diagnostic:
    message = "the pipeline has no nodes, so it is left out"
    where = f"pipeline {name!r}"
    return Diagnostic(Code.SELECTION_EMPTY, message, where, severity=Severity.WARNING)
