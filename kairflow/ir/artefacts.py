"""What the files for Spark jobs are called: export promises the names, and lowering keeps them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Engine, Group, Source
from kairflow.ir.spark import Archive, Spark

_STEM_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Where the Spark jobs find their files: full addresses below `artifacts_path`."""

    init_script: str
    archive: str
    runners: dict[str, str]
    """The runner of each Spark group, by the group's id."""


def name_artefacts(
    source: Source, run_config: RunConfig, groups: Sequence[Group], archive: Archive
) -> Artefacts | None:
    """Name the files of a pipeline's Spark jobs; None when its cluster fetches none.

    A name holds a digest of all that decides the content, so that a new upload never changes the
    files of a run that is under way.
    """
    spark = run_config.spark
    if spark is None or not spark.has_artefacts or spark.artifacts_path is None:
        return None
    jobs = [group for group in groups if group.engine is Engine.SPARK]
    folder = spark.artifacts_path.rstrip("/")
    stem = f"{_plain(source.package)}-{_key(source, run_config, spark, jobs, archive)}"
    return Artefacts(
        init_script=f"{folder}/{stem}.sh",
        archive=f"{folder}/{archive.name}",
        runners={group.id: f"{folder}/{_runner(stem, group.id)}" for group in jobs},
    )


def _runner(stem: str, group_id: str) -> str:
    """Two ids may look alike once they are legal, so a part of their digest stands behind."""
    digest = hashlib.sha256(group_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{stem}-{_plain(group_id)}-{digest[:6]}.py"


def _key(
    source: Source, run_config: RunConfig, spark: Spark, jobs: Sequence[Group], archive: Archive
) -> str:
    told = {
        "archive": archive.model_dump(),
        "type": spark.type,
        "source": source.model_dump(mode="json", exclude={"git", "selection"}),
        "conf_source": run_config.conf_source,
        "versions": run_config.versions,
        "params": [run_config.macro_params, run_config.variables_params, run_config.run_params],
        "scripts": [spark.user_init, spark.user_post_init],
        "jobs": {group.id: group.nodes for group in jobs},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _plain(text: str) -> str:
    return re.sub("[^A-Za-z0-9_]+", "-", text)[:_STEM_LENGTH].strip("-") or "job"
