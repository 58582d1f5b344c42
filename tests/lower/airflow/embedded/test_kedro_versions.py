"""Tasks of one DAG run save and read one dataset version: real runs of the installed Kedro."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.export.tiny import make_project

BOOTSTRAP = resources.files("kairflow.lower.airflow.embedded").joinpath("kedro_versions.py")
BOOTSTRAP_TEXT = BOOTSTRAP.read_text(encoding="utf-8")
VERSION, OTHER, NEWER = (f"2024-01-{day}T23.59.59.123456Z" for day in ("31", "30", "32"))

REGISTRY = """
    import os

    from kedro.pipeline import node, pipeline


    def make(raw):
        if os.environ["CONTENT"] == "fail":
            raise RuntimeError("asked to fail")
        return [raw, os.environ["CONTENT"]]


    def use(content):
        return [*content, "used"]


    def parts(raw):
        yield [raw, 1]
        yield [raw, 2]


    def register_pipelines():
        return {
            "__default__": pipeline(
                [
                    node(make, "raw", "model", name="make"),
                    node(use, "model", "result", name="use"),
                    node(make, "raw", "space.model", name="make_space"),
                    node(use, "space.model", "space.result", name="use_space"),
                    node(make, "raw", "table@out", name="make_table"),
                    node(use, "table@in", "table_result", name="use_table"),
                    node(make, "raw", "any_model", name="make_any"),
                    node(use, "any_model", "any_result", name="use_any"),
                    node(make, "raw", "plain", name="make_plain"),
                    node(use, "plain", "plain_result", name="use_plain"),
                    node(parts, "raw", "parts", name="make_parts"),
                    node(make, "raw", "folder", name="make_folder"),
                    node(make, "raw", "bare", name="make_bare"),
                ]
            )
        }
"""
DATASETS = """
    import json
    from pathlib import Path, PurePosixPath

    from kedro.io import AbstractVersionedDataset


    class BareDataset(AbstractVersionedDataset):
        def __init__(self, filepath, version=None):
            super().__init__(PurePosixPath(filepath), version)

        def load(self):
            return json.loads(Path(self._get_load_path()).read_text())

        def save(self, data):
            path = Path(self._get_save_path())
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(data))

        def _describe(self):
            return {}


    class FolderDataset(BareDataset):
        def __init__(self, filepath, version=None):
            import fsspec

            files = fsspec.filesystem("file")
            AbstractVersionedDataset.__init__(
                self, PurePosixPath(filepath), version, files.exists, files.glob
            )

        def save(self, data):
            path = Path(self._get_save_path())
            path.mkdir(parents=True)
            (path / data[-1]).write_text("")
"""
CATALOG = """
    raw: {type: json.JSONDataset, filepath: data/raw.json, versioned: true}
    model: {type: pickle.PickleDataset, filepath: data/model.pkl, versioned: true}
    result: {type: json.JSONDataset, filepath: data/result.json, versioned: true}
    space.model: {type: json.JSONDataset, filepath: data/space_model.json, versioned: true}
    "{name}.result": {type: json.JSONDataset, filepath: "data/{name}_result.json", versioned: true}
    table@out: {type: json.JSONDataset, filepath: data/table.json, versioned: true}
    table@in: {type: json.JSONDataset, filepath: data/table.json, versioned: true}
    table_result: {type: json.JSONDataset, filepath: data/table_result.json, versioned: true}
    "any_{name}": {type: json.JSONDataset, filepath: "data/any_{name}.json", versioned: true}
    plain: {type: json.JSONDataset, filepath: data/plain.json}
    plain_result: {type: json.JSONDataset, filepath: data/plain_result.json}
    parts: {type: json.JSONDataset, filepath: data/parts.json, versioned: true}
    folder: {type: tiny.datasets.FolderDataset, filepath: data/folder, versioned: true}
    bare: {type: tiny.datasets.BareDataset, filepath: data/bare, versioned: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "src/tiny/pipeline_registry.py": REGISTRY,
        "src/tiny/datasets.py": DATASETS,
        "conf/base/catalog.yml": CATALOG,
    }
    root = make_project(tmp_path / "project", files)
    for version in (OTHER, "2024-01-31T12.00.00.000Z"):
        write(root, "raw.json", version, f"raw of {version}")
    return root


def saved(project: Path, name: str, version: str = VERSION) -> Path:
    return project / "data" / name / version / name


def write(project: Path, name: str, version: str, content: Any) -> None:
    path = saved(project, name, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        pickle.dumps(content) if name.endswith(".pkl") else json.dumps(content).encode()
    )


def read(project: Path, name: str, version: str = VERSION) -> Any:
    written = saved(project, name, version).read_bytes()
    return pickle.loads(written) if name.endswith(".pkl") else json.loads(written)


def task(
    project: Path,
    nodes: str,
    *made_in_this_run: str,
    content: str = "first",
    version: str = VERSION,
    cwd: str = ".",
) -> subprocess.CompletedProcess[str]:
    """Run nodes as a task of the DAG run whose version is given."""
    arguments = ["run", f"--nodes={nodes}"]
    if made_in_this_run:
        versions = ",".join(f"{name}:{version}" for name in made_in_this_run)
        arguments.append(f"--load-versions={versions}")
    return subprocess.run(
        [sys.executable, "-c", BOOTSTRAP_TEXT, version, *arguments],
        cwd=project / cwd,
        env={**os.environ, "DO_NOT_TRACK": "1", "COLUMNS": "1000", "CONTENT": content},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def done(project: Path, nodes: str, *made_in_this_run: str, **options: str) -> str:
    """Run a task that succeeds, and return what it printed."""
    run = task(project, nodes, *made_in_this_run, **options)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


RAW = "raw of 2024-01-31T12.00.00.000Z"


def test_two_tasks_write_and_read_one_version_while_a_newer_one_exists(project: Path) -> None:
    write(project, "model.pkl", NEWER, ["of another run"])
    done(project, "make")
    done(project, "use", "model")
    assert read(project, "model.pkl") == [RAW, "first"]
    assert read(project, "result.json") == [RAW, "first", "used"]
    assert read(project, "model.pkl", NEWER) == ["of another run"]


def test_one_task_reads_what_it_wrote_while_a_newer_version_exists(project: Path) -> None:
    write(project, "model.pkl", NEWER, ["of another run"])
    write(project, "table.json", NEWER, ["of another run"])
    done(project, "make,use,make_table,use_table", "model", "table@in", "table@out")
    assert read(project, "result.json") == [RAW, "first", "used"]
    assert read(project, "table_result.json") == [RAW, "first", "used"]


def test_a_task_that_is_not_told_reads_the_newest_version(project: Path) -> None:
    write(project, "model.pkl", NEWER, ["newest"])
    done(project, "use")
    assert read(project, "result.json") == ["newest", "used"]


@pytest.mark.parametrize(
    ("make", "use", "name", "result"),
    [
        ("make_space", "use_space", "space.model", "space_result.json"),
        ("make_table", "use_table", "table@in", "table_result.json"),
        ("make_any", "use_any", "any_model", "any_result.json"),
    ],
    ids=["namespace", "transcoded", "factory"],
)
def test_names_of_every_kind_are_read_in_the_version_of_the_run(
    project: Path, make: str, use: str, name: str, result: str
) -> None:
    done(project, make, content="newer", version=NEWER)
    done(project, make)
    done(project, use, name)
    assert read(project, result) == [RAW, "first", "used"]


def test_a_retried_producer_replaces_what_an_earlier_try_left(project: Path) -> None:
    write(project, "model.pkl", VERSION, ["earlier try"])
    write(project, "model.pkl", OTHER, ["other run"])
    done(project, "make", content="second")
    assert read(project, "model.pkl") == [RAW, "second"]
    assert read(project, "model.pkl", OTHER) == ["other run"]


@pytest.mark.parametrize("left", ["empty folder", "half a file", "folder of the name"])
def test_a_retried_producer_replaces_what_was_written_in_part(project: Path, left: str) -> None:
    path = saved(project, "model.pkl")
    path.parent.mkdir(parents=True)
    if left == "half a file":
        path.write_bytes(b"\x80")
    elif left == "folder of the name":
        path.mkdir()
        (path / "part").write_text("")
    done(project, "make")
    assert read(project, "model.pkl") == [RAW, "first"]


def test_a_dataset_of_many_files_keeps_none_of_an_earlier_try(project: Path) -> None:
    # It keeps its file system to itself, as the Spark dataset does.
    done(project, "make_folder")
    done(project, "make_folder", content="second")
    assert [path.name for path in saved(project, "folder").iterdir()] == ["second"]


def test_a_dataset_without_a_file_system_behaves_as_in_kedro(project: Path) -> None:
    done(project, "make_bare")
    again = task(project, "make_bare")
    assert again.returncode != 0
    assert "must not exist if versioning is enabled" in again.stdout + again.stderr


def test_what_the_same_try_saved_is_never_removed(project: Path) -> None:
    run = task(project, "make_parts")
    assert run.returncode != 0
    assert "must not exist if versioning is enabled" in run.stdout + run.stderr
    assert read(project, "parts.json") == [RAW, 1]


def test_a_cleared_producer_runs_again_and_its_consumer_reads_the_new_content(
    project: Path,
) -> None:
    for content in ("first", "second"):
        done(project, "make", content=content)
        done(project, "use", "model")
        assert read(project, "result.json") == [RAW, content, "used"]


def test_a_dataset_without_versions_may_be_named_too(project: Path) -> None:
    done(project, "make_plain,use_plain", "plain")
    written = (project / "data" / "plain_result.json").read_text(encoding="utf-8")
    assert json.loads(written) == [RAW, "first", "used"]


def test_a_name_that_the_catalog_lacks_is_an_error_of_kedro(project: Path) -> None:
    run = task(project, "make", "not_there")
    assert run.returncode != 0
    assert "not_there" in run.stdout + run.stderr


def test_a_failing_node_ends_the_task_with_an_error(project: Path) -> None:
    run = task(project, "make", content="fail")
    assert run.returncode == 1
    assert "asked to fail" in run.stdout + run.stderr
    assert not saved(project, "model.pkl").exists()


def test_a_usage_error_reads_as_that_of_kedro(project: Path) -> None:
    run = task(project, "no_such_node")
    assert run.returncode != 0
    assert "no_such_node" in run.stdout + run.stderr


def test_a_task_may_start_in_a_folder_of_the_project(project: Path) -> None:
    done(project, "make", cwd="src")
    assert read(project, "model.pkl") == [RAW, "first"]


def test_the_text_survives_jinja_and_kubernetes_unchanged() -> None:
    assert BOOTSTRAP_TEXT.isascii()
    assert not any(mark in BOOTSTRAP_TEXT for mark in ("{{", "{%", "{#", "$", "\r", "\\"))
    assert BOOTSTRAP_TEXT.count("\n") <= 40
