"""`kairflow export --archive` as a user meets it: the file, what is said of it, and its order."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from kairflow.ir import read_document
from kairflow.ir.spark import Archive
from tests.cli.conftest import Run
from tests.export.test_archive import make_tracked
from tests.export.tiny import make_project

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in git, with something that stays out of its archive."""
    return make_tracked(tmp_path / "project", {".env": "TOKEN=hush\n", "data/raw.csv": ""})


def named(file: Path) -> Archive:
    archive = read_document(file.read_text(encoding="utf-8")).archive
    assert archive is not None
    return archive


def test_the_archive_lies_in_the_folder_and_the_ir_names_it(
    kairflow: Run, project: Path, tmp_path: Path
) -> None:
    build, file = tmp_path / "new" / "build", tmp_path / "ir.json"
    command = ("export", "--project", project, "--archive", build, "-o", file)
    answer = kairflow(*command)
    assert answer.returncode == 0, answer.stderr
    (path,) = build.iterdir()
    assert path.name == named(file).name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == named(file).sha256
    with tarfile.open(path) as opened:
        assert "pyproject.toml" in opened.getnames()
        assert ".env" not in opened.getnames()
    line = f"archive of 6 files, {path.stat().st_size / 1000:.0f} kB, without 3 tracked files "
    reasons = "(1 credentials, 1 data, 1 local configuration)"
    assert f"{line}{reasons}: wrote {path}" in answer.stderr

    before = path.stat().st_mtime_ns
    again = kairflow(*command)
    assert f"{reasons}: unchanged: {path}" in again.stderr
    assert path.stat().st_mtime_ns == before


def test_the_ir_may_go_into_a_pipe(kairflow: Run, project: Path, tmp_path: Path) -> None:
    answer = kairflow("export", "--project", project, "--archive", tmp_path / "build")
    archive = read_document(answer.stdout).archive
    assert archive is not None
    assert (tmp_path / "build" / archive.name).is_file()


def test_a_folder_is_one_of_the_shell_not_of_the_project(
    kairflow: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = kairflow("export", "--project", project, "--archive", "build", "-q")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(list((tmp_path / "build").iterdir())) == 1
    assert not (project / "build").exists()


def test_the_answer_for_programs_tells_of_it(kairflow: Run, project: Path, tmp_path: Path) -> None:
    build, file = tmp_path / "build", tmp_path / "ir.json"
    answer = kairflow("export", "--project", project, "--archive", build, "-o", file, "--json")
    told = json.loads(answer.stdout)["files"][0]["archive"]
    path = build / named(file).name
    assert told == {
        "file": str(path),
        "changed": True,
        "sha256": named(file).sha256,
        "size": path.stat().st_size,
        "files": 6,
        "left_out": {"credentials": 1, "data": 1, "local configuration": 1},
    }
    assert answer.stderr == ""


def test_all_pipelines_have_one_archive(kairflow: Run, tmp_path: Path) -> None:
    registry = """
        from kedro.pipeline import node, pipeline


        def register_pipelines():
            one = pipeline([node(lambda: 1, None, "one", name="start")])
            return {"__default__": one, "other": one}
    """
    project = make_tracked(tmp_path / "project", {"src/tiny/pipeline_registry.py": registry})
    build, irs = tmp_path / "build", tmp_path / "irs"
    answer = kairflow("export", "--project", project, "--all", "--archive", build, "-o", irs)
    assert answer.returncode == 0, answer.stderr
    (path,) = build.iterdir()
    assert {named(file).name for file in irs.iterdir()} == {path.name}
    assert len(list(irs.iterdir())) == 2
    assert answer.stderr.count("archive of") == 1


def test_outside_git_nothing_is_written(kairflow: Run, tmp_path: Path) -> None:
    project, build, file = make_project(tmp_path / "p"), tmp_path / "build", tmp_path / "ir.json"
    answer = kairflow("export", "--project", project, "--archive", build, "-o", file)
    assert answer.returncode == 1
    assert "KF120" in answer.stderr
    assert "git init && git add ." in answer.stderr
    assert not build.exists()
    assert not file.exists()


def test_without_room_for_the_archive_there_is_no_ir(
    kairflow: Run, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "build").write_text("a file", encoding="utf-8")
    file = tmp_path / "ir.json"
    answer = kairflow("export", "--project", project, "--archive", tmp_path / "build", "-o", file)
    assert answer.returncode == 1
    assert "KF602" in answer.stderr
    assert f"{tmp_path / 'build'} is a file, expected a folder" in answer.stderr
    assert not file.exists()


def test_an_empty_folder_is_a_variable_that_nobody_set(kairflow: Run, project: Path) -> None:
    for command in (("export", "--archive", ""), ("compile", "--artifacts", "")):
        answer = kairflow(*command, "--project", project)
        assert answer.returncode == 2
        assert "expected a folder" in answer.stderr


def test_an_answer_without_a_file_for_the_ir_writes_no_archive(
    kairflow: Run, project: Path, tmp_path: Path
) -> None:
    answer = kairflow("export", "--project", project, "--archive", tmp_path / "build", "--json")
    assert answer.returncode == 2
    assert not (tmp_path / "build").exists()
