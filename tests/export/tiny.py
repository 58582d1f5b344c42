"""Tiny Kedro projects, written where a test wants them; and copies of the fixture projects."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, KairflowError
from kairflow.export import Request, export_pipeline
from kairflow.export.project import KedroLine
from kairflow.ir import Document

PROJECTS = Path(__file__).parents[1] / "projects"
KEDRO = metadata.version("kedro")
LINE: KedroLine = "0.19" if KEDRO.startswith("0.") else "1"

RUN_CONFIG = """
    run_config:
      image: registry.example.com/tiny:latest
      namespace: airflow
      experiment_name: Tiny
"""
REGISTRY = """
    from kedro.pipeline import node, pipeline


    def start():
        return 1


    def double(number):
        return 2 * number


    def register_pipelines():
        return {
            "__default__": pipeline(
                [
                    node(start, None, "one", name="start"),
                    node(double, "one", "two", name="double"),
                ]
            )
        }
"""
CATALOG = """
    one:
      type: json.JSONDataset
      filepath: data/one.json

    two:
      type: json.JSONDataset
      filepath: data/two.json
"""


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write indented texts as files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


def make_project(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write a project of two nodes, package `tiny`; `files` replace or add to what is there."""
    pyproject = f"""
        [tool.kedro]
        package_name = "tiny"
        project_name = "Tiny"
        kedro_init_version = "{KEDRO}"
    """
    plain = {
        "pyproject.toml": pyproject,
        "src/tiny/__init__.py": "",
        "src/tiny/settings.py": "",
        "src/tiny/pipeline_registry.py": REGISTRY,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/airflow-k8s.yml": RUN_CONFIG,
        "conf/local/.gitkeep": "",
    }
    write(root, {**plain, **(files or {})})
    return root


def nodes_file(*nodes: str, head: str = "") -> dict[str, str]:
    """Return a registry whose default pipeline has these nodes; `make` and `use` are functions."""
    listed = "\n".join(f"        {node}," for node in nodes)
    text = (
        "from kedro.pipeline import node, pipeline\n"
        f"{textwrap.dedent(head)}\n"
        "def make(*anything):\n    return 1\n\n"
        "def use(*anything):\n    return 1\n\n"
        "def register_pipelines():\n"
        f"    return {{'__default__': pipeline([\n{listed}\n    ])}}\n"
    )
    return {"src/tiny/pipeline_registry.py": text}


def copy_fixture(name: str, folder: Path) -> Path:
    """Copy a fixture project, and make it one of the Kedro that is installed."""
    root = folder / name
    shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    mended = [
        f'kedro_init_version = "{KEDRO}"' if line.startswith("kedro_init_version") else line
        for line in lines
    ]
    (root / "pyproject.toml").write_text("\n".join(mended) + "\n", encoding="utf-8")
    return root


def export(project: Path, **options: Any) -> Document:
    """Export a pipeline and return its document."""
    return export_pipeline(Request(project=project, **options)).document


def warnings_of(project: Path, **options: Any) -> list[Diagnostic]:
    """Export a pipeline and return what the user is told."""
    return list(export_pipeline(Request(project=project, **options)).warnings)


def errors_of(project: Path, **options: Any) -> list[Diagnostic]:
    """Fail to export a pipeline and return why."""
    with pytest.raises(KairflowError) as caught:
        export_pipeline(Request(project=project, **options))
    return list(caught.value.diagnostics)


def codes(diagnostics: list[Diagnostic]) -> list[Code]:
    """Return the codes alone."""
    return [found.code for found in diagnostics]


def snapshot(root: Path) -> dict[str, tuple[float, bytes]]:
    """Return all that a tree shows: names, times of change and contents."""
    return {
        path.relative_to(root).as_posix(): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(root.rglob("*"))
    }
