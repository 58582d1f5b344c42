"""What the configuration asks for and this release cannot lower: named, and never dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document
from kairflow.lower.airflow import pod_support
from kairflow.lower.airflow.options import Options, Runtime


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for everything that the DAG would silently lack."""
    config = document.deployment.run_config
    yield from _check_nul(config.model_dump(mode="json"), "run_config")
    if options.runtime is Runtime.LOCAL:
        yield from _not_local(config)
        yield from _check_local(options)
        return
    yield from _check_dollars(document)
    yield from _check_kubernetes_options(options)
    yield from pod_support.check(document, options)


def _not_local(config: RunConfig) -> Iterator[Diagnostic]:
    """Say which wishes of pods a child of the worker does not get."""
    for key in ("secrets", "kubernetes_pod_templates"):
        if getattr(config, key):
            yield Diagnostic(
                Code.NOT_LOWERED,
                "it means something to pods only: the local runtime goes without",
                f"run_config.{key}",
                "give the worker's environment what the nodes need",
                Severity.WARNING,
            )


def _check_nul(value: JsonValue, where: str) -> Iterator[Diagnostic]:
    """Refuse the one character that neither a database nor a command line can hold."""
    if isinstance(value, str) and "\0" in value:
        yield Diagnostic(Code.NAME_INVALID, f"found a NUL character in {value!r:.60}", where)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _check_nul(key, f"{where} > {key!r}")
            yield from _check_nul(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check_nul(item, f"{where}[{index}]")


def _check_dollars(document: Document) -> Iterator[Diagnostic]:
    for node in document.nodes:
        if "$(" in node.name or "$$" in node.name:
            yield Diagnostic(
                Code.NODE_NAME_UNTRANSPORTABLE,
                f"Kubernetes fills in the dollars of node name {node.name!r}",
                f"node {node.name!r}",
                "name the node with letters, digits, hyphens, underscores and full stops",
            )


def _check_local(options: Options) -> Iterator[Diagnostic]:
    if options.project_dir is None:
        yield Diagnostic(
            Code.RUNTIME_OPTION,
            "the local runtime needs to know where the Kedro project is",
            "--project-dir",
            "give the project's folder as the Airflow worker sees it",
        )
    elif not PurePosixPath(options.project_dir).is_absolute():
        yield Diagnostic(
            Code.RUNTIME_OPTION,
            f"{options.project_dir!r} is no absolute path, and a worker has no folder of its own",
            "--project-dir",
            "give the whole path",
        )
    if options.image is not None:
        yield Diagnostic(
            Code.RUNTIME_OPTION,
            "it means something to pods only",
            "--image",
            "leave it out, or use --runtime kubernetes",
        )
    for name, value in (("--project-dir", options.project_dir), ("--python", options.python)):
        if value is not None and (not value or "\0" in value):
            yield Diagnostic(Code.RUNTIME_OPTION, f"{value!r} is no path", name)


def _check_kubernetes_options(options: Options) -> Iterator[Diagnostic]:
    if options.image is not None and not re.fullmatch(r"\S+", options.image):
        message = f"{options.image!r} is no name of an image"
        yield Diagnostic(Code.RUNTIME_OPTION, message, "--image")
    for name, value in (("--project-dir", options.project_dir), ("--python", options.python)):
        if value is not None:
            yield Diagnostic(
                Code.RUNTIME_OPTION,
                "it means something to the local runtime only",
                name,
                "leave it out, or add --runtime local",
            )
