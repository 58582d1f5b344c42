"""What the files for Spark jobs are called: export promises the names, and lowering keeps them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kairflow.ir.model import Document, Engine, Group
from kairflow.ir.spark import Archive, Spark

_STEM_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Where the Spark jobs find their files: full addresses below `artifacts_path`."""

    init_script: str
    archive: str
    runners: dict[str, str]
    """The runner of each Spark group, by the group's id."""


def name_artefacts(document: Document) -> Artefacts | None:
    """Name the files of a pipeline's Spark jobs; None without an archive, or when none is fetched.

    A name holds a digest of all that decides the content, so that a new upload never changes the
    files of a run that is under way. A part of that is Kairflow itself, whose versions may write
    unlike scripts.
    """
    spark, archive = document.deployment.run_config.spark, document.archive
    if archive is None or spark is None or not spark.has_artefacts or spark.artifacts_path is None:
        return None
    jobs = [group for group in document.groups if group.engine is Engine.SPARK]
    folder = spark.artifacts_path.rstrip("/")
    stem = f"{_plain(document.source.package)}-{_key(document, spark, jobs, archive)}"
    return Artefacts(
        init_script=f"{folder}/{stem}.sh",
        archive=f"{folder}/{archive.name}",
        runners={group.id: f"{folder}/{_runner(stem, group.id)}" for group in jobs},
    )


def archive_name(package: str, sha256: str) -> str:
    """Name the archive of a project, by a part of its digest."""
    return f"{_stem_of_archive(package)}-{sha256[:16]}.tar.gz"


def is_artefact(name: str, package: str) -> bool:
    """Tell whether a project's archive, initialisation script or runner could be called so."""
    archive, scripts = map(re.escape, (_stem_of_archive(package), _plain(package)))
    patterns = (
        rf"{archive}-[0-9a-f]{{16}}\.tar\.gz",
        rf"{scripts}-[0-9a-f]{{16}}\.sh",
        rf"{scripts}-[0-9a-f]{{16}}-[A-Za-z0-9_-]+-[0-9a-f]{{6}}\.py",
    )
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _stem_of_archive(package: str) -> str:
    return re.sub("[^A-Za-z0-9._-]+", "-", package)[:100].strip("-._") or "project"


def _runner(stem: str, group_id: str) -> str:
    """Two ids may look alike once they are legal, so a part of their digest stands behind."""
    digest = hashlib.sha256(group_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{stem}-{_plain(group_id)}-{digest[:6]}.py"


def _key(document: Document, spark: Spark, jobs: Sequence[Group], archive: Archive) -> str:
    run_config = document.deployment.run_config
    told = {
        "archive": archive.model_dump(),
        "type": spark.type,
        "source": document.source.model_dump(mode="json", exclude={"git", "selection"}),
        "conf_source": run_config.conf_source,
        "versions": run_config.versions,
        "params": [run_config.macro_params, run_config.variables_params, run_config.run_params],
        "scripts": [spark.user_init, spark.user_post_init],
        "jobs": {group.id: group.nodes for group in jobs},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _plain(text: str) -> str:
    return re.sub("[^A-Za-z0-9_]+", "-", text)[:_STEM_LENGTH].strip("-") or "job"
