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
    archive: bool = False
    """Whether to make the project archive, which Spark jobs fetch."""
    only_if_fetched: bool = False
    """Whether to make it for those pipelines alone whose Spark jobs do fetch it."""
    operators: bool = True
    """Whether the project's own class is to write the operators of Spark groups, if there is one;
    the local runtime has no use for them."""


@dataclass(frozen=True, slots=True)
class ProjectArchive:
    """The project as a `.tar.gz`; nobody has written it anywhere yet."""

    name: str
    """Name of the file, with a part of its digest."""
    sha256: str
    """SHA-256 of its content, in hex."""
    content: bytes = field(repr=False)
    files: int
    """How many files are in it."""
    left_out: Mapping[str, int]
    """How many tracked files are not in it, by the reason."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A pipeline as IR, and what its author should know."""

    document: Document
    warnings: tuple[Diagnostic, ...]
    archive: ProjectArchive | None = None
    """The archive that the document names; None unless the request asks for it."""
