"""The example project as a team runs it on a cluster: its image, its configuration, its DAG."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.airflow.compiling import EXAMPLE, compile_project
from tests.services.cluster import Image

HOME = "/home/kedro"
IMAGE = "registry.example.com/apiary:latest"


def make_project(folder: Path, run_config: Mapping[str, Any], source: Path = EXAMPLE) -> Path:
    """Copy a project, with what the tests add to its configuration in the environment `cluster`."""
    project = folder / "project"
    shutil.copytree(source, project, ignore=shutil.ignore_patterns(".ruff_cache", "__pycache__"))
    conf = project / "conf" / "cluster"
    conf.mkdir()
    text = yaml.safe_dump({"run_config": dict(run_config)})
    (conf / "airflow-k8s.yml").write_text(text, encoding="utf-8")
    return project


def image_of(project: Path, **env: str) -> Image:
    """Return the image that holds a project and this interpreter's packages."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    # A container sees no home folders and no /tmp; the interpreter may live there.
    prefixes = {Path(sys.base_prefix), Path(sys.prefix)}
    hidden = sorted(
        one for one in prefixes if one.parts[1] in ("home", "media", "mnt", "run", "tmp")
    )
    return Image(
        mounts=[*((one, str(one)) for one in hidden), (project, HOME)],
        env={"PATH": path, "DO_NOT_TRACK": "1", "HOME": "/tmp", **env},
        workdir=HOME,
    )


def compile_dag(project: Path, dags: Path, line: str, *export: str) -> Path:
    """Compile a project in the environment `cluster`, for pods."""
    return compile_project(
        project, dags, export=("--env", "cluster", *export), lower=("--airflow", line)
    )
