"""What pods are asked for that a cluster would refuse, or that would do something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import RunConfig
from kairflow.ir.graph import base_name, node_edges
from kairflow.ir.json_types import texts_in
from kairflow.ir.model import Dataset, DatasetKind, Document, Engine, Group
from kairflow.ir.pods import Secret
from kairflow.lower.airflow import macros, mlflow, storage
from kairflow.lower.airflow.options import Options


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each wish that pods cannot be given."""
    yield from _check_templates(document, options)
    yield from _check_twice(document.deployment.run_config)
    yield from _check_kept_pods(document)
    yield from _check_local_data(document)


def _check_templates(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Refuse a pod template that is no mapping, or that asks Airflow for what it lacks."""
    templates = document.deployment.run_config.kubernetes_pod_templates
    in_pods = [group for group in document.groups if group.engine is Engine.PYTHON]
    for name in sorted({g.pod_template for g in in_pods if g.pod_template is not None}):
        where = f"run_config.kubernetes_pod_templates.{name}.template"
        template = templates[name].template
        if isinstance(template, str):
            message = "found YAML text, expected the mapping that an export makes of it"
            yield Diagnostic(Code.NOT_LOWERED, message, where, "export the project again")
            continue
        yield from _check_mlflow(template, where, document)
        for text in texts_in(template):
            yield from macros.check_template(text, where, options.line)
            if storage.mentions_claim(text) and not storage.is_needed(document):
                message = "the template mounts the volume of the run, which is disabled"
                hint = "leave the volume out of the template, or enable run_config.volume"
                yield Diagnostic(Code.NOT_LOWERED, message, where, hint)


def _check_mlflow(template: JsonValue, where: str, document: Document) -> Iterator[Diagnostic]:
    if not mlflow.is_on(document.deployment.run_config) and any(
        mlflow.START in text for text in texts_in(template)
    ):
        message = "the template asks for the MLflow run, but no run of MLflow is started"
        hint = "leave it out, or see run_config.mlflow"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, Severity.WARNING)


def _check_twice(config: RunConfig) -> Iterator[Diagnostic]:
    """Refuse two things at one place, which Kubernetes refuses, or lets one of them win."""
    folders = [one.deploy_target for one in config.secrets if one.deploy_type == "volume"]
    if not config.volume.disabled:
        folders.append(config.volume.mount_path)
    variables = [
        *("COLUMNS", *config.env_vars, *mlflow.environment(config)),
        *(target.upper() for one in config.secrets if (target := _variable(one))),
    ]
    for what, places in (("folder", folders), ("environment variable", variables)):
        for place, count in Counter(places).items():
            if count > 1:
                message = f"{count} things are put at the {what} {place!r}"
                yield Diagnostic(Code.NAME_INVALID, message, "run_config.secrets", "keep one")


def _variable(secret: Secret) -> str:
    return secret.deploy_target or "" if secret.deploy_type == "env" else ""


def _check_kept_pods(document: Document) -> Iterator[Diagnostic]:
    """Warn about pods that stay: the cluster deletes no volume that a pod has, ended or not."""
    config = document.deployment.run_config
    if config.on_finish_action == "delete_pod" or not storage.is_needed(document):
        return
    if config.volume.keep != "always":
        message = "the volume of a run is not freed before somebody deletes the pods that stay"
        hint = "leave on_finish_action at delete_pod, or set volume.keep to always"
        where, warning = "run_config.on_finish_action", Severity.WARNING
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)


def _check_local_data(document: Document) -> Iterator[Diagnostic]:
    """Warn about data on a pod's own disk that another pod reads: it is gone by then."""
    config = document.deployment.run_config
    jobs = {group.id for group in document.groups if group.engine is Engine.SPARK}
    without = {group.id for group in document.groups if not _has_volume(group, config)}
    owner = {name: group.id for group in document.groups for name in group.nodes}
    local = {name for name, d in document.datasets.items() if is_local(d)}
    crossing = sorted(
        {
            base_name(dataset)
            for producer, consumer, dataset in node_edges(document.nodes)
            if dataset in local
            and owner[producer] != owner[consumer]
            and without & {owner[producer], owner[consumer]}
            # What a Spark job sees of it is told elsewhere.
            and not jobs & {owner[producer], owner[consumer]}
        }
    )
    if not crossing:
        return
    shown = ", ".join(repr(name) for name in crossing[:3])
    more = f" and {len(crossing) - 3} more" if len(crossing) > 3 else ""
    volume_is_off = config.volume.disabled
    why = (
        "run_config.volume is disabled" if volume_is_off else "a pod template leaves the volume out"
    )
    yield Diagnostic(
        Code.DATA_STAYS_IN_POD,
        f"data pass between tasks on local paths, which pods do not share while {why}: "
        f"{shown}{more}",
        "run_config.volume" if volume_is_off else "run_config.kubernetes_pod_templates",
        "give them an address such as s3://… for this environment, or mount the volume",
        Severity.WARNING,
    )


def _has_volume(group: Group, config: RunConfig) -> bool:
    if config.volume.disabled or group.pod_template is None:
        return not config.volume.disabled
    return storage.mentions_claim(config.kubernetes_pod_templates[group.pod_template].template)


def is_local(dataset: Dataset) -> bool:
    """Tell whether a dataset lies in the file system of whoever reads it."""
    uri = dataset.uri
    if dataset.kind is not DatasetKind.PERSISTENT or uri is None:
        return False
    # Without a slash it may as well be the name of a table.
    return uri.startswith("file://") or ("/" in uri and "://" not in uri)
