"""What is asked of an export, and what it answers; plain values that do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from kairflow.errors import Diagnostic
from kairflow.export.group_by import GroupBy
from kairflow.ir.model import DEFAULT_PIPELINE, Document, Selection


@dataclass(frozen=True, slots=True)
class Request:
    """Which pipeline of which project to export, and how."""

    project: Path
    """The project's folder, or any folder below it."""
    pipeline: str = DEFAULT_PIPELINE
    """The name under which the pipeline is registered."""
    env: str | None = None
    """The configuration environment; None leaves it to the project. `KEDRO_ENV` is not read."""
    conf_source: str | None = None
    """Where the configuration is: a folder, an archive or an address; None asks the project."""
    runtime_params: Mapping[str, JsonValue] = field(default_factory=dict)
    """What `--params` says; see `parse_params`."""
    selection: Selection = field(default_factory=Selection)
    """Which nodes of the pipeline to take."""
    group_by: GroupBy = GroupBy.NONE
    """Which nodes, beyond those that must, are to share a task."""
    image: str | None = None
    """Replaces `run_config.image`, which may then be missing."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A pipeline as IR, and what its author should know."""

    document: Document
    warnings: tuple[Diagnostic, ...]
