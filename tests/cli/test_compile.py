"""`kairflow compile`: export and lower in one go, with all that Spark jobs fetch."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import APIARY, PROJECTS, Run

ORCHARD = PROJECTS / "orchard"


@pytest.fixture
def orchard(tmp_path: Path) -> Path:
    """The Spark example in a repository of its own."""
    project = tmp_path / "orchard"
    shutil.copytree(ORCHARD, project)
    subprocess.run(["git", "init", "-q", project], check=True)
    subprocess.run(["git", "-C", project, "add", "."], check=True)
    return project


def test_it_says_what_export_and_lower_say_together(
    kairflow: Run, apiary_ir: str, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert kairflow("lower", "-o", theirs / "apiary.py", stdin=apiary_ir).returncode == 0
    answer = kairflow("compile", "--project", APIARY, "-o", ours)
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in ours.iterdir()] == ["apiary.py"]
    assert (ours / "apiary.py").read_bytes() == (theirs / "apiary.py").read_bytes()
    assert "clean_weighings--weekly_gains" in answer.stderr
    assert "airflow dags test apiary" in answer.stderr
    assert answer.stdout == ""


def test_archive_scripts_and_dag_belong_together(
    kairflow: Run, orchard: Path, tmp_path: Path
) -> None:
    build, dags = tmp_path / "build", tmp_path / "dags"
    command = ("compile", "--project", orchard, "--artifacts", build, "-o", dags)
    answer = kairflow(*command)
    assert answer.returncode == 0, answer.stderr
    text = (dags / "orchard.py").read_text(encoding="utf-8")
    names = sorted(path.name for path in build.iterdir())
    assert [Path(name).suffix for name in names] == [".gz", ".py", ".py", ".sh"]
    (archive,) = (name for name in names if name.endswith(".tar.gz"))
    (script,) = (name for name in names if name.endswith(".sh"))
    assert archive in (build / script).read_text(encoding="utf-8")
    for name in names:
        assert (f"gs://orchard-example/artefacts/{name}" in text) is (name != archive)
    again = kairflow(*command, "--json")
    assert again.returncode == 0
    (file,) = json.loads(again.stdout)["files"]
    assert file["changed"] is False
    assert sorted(Path(path).name for path in file["scripts"]) == [n for n in names if n != archive]


def test_without_the_archive_it_names_its_own_option(
    kairflow: Run, orchard: Path, tmp_path: Path
) -> None:
    answer = kairflow("compile", "--project", orchard, "-o", tmp_path / "dags")
    assert answer.returncode == 1
    assert "compile with --artifacts DIR" in answer.stderr
    assert not (tmp_path / "dags").exists()


def test_a_project_at_fault_leaves_nothing(kairflow: Run, orchard: Path, tmp_path: Path) -> None:
    """The archive is made before the DAG is lowered, and written after."""
    build, dags = tmp_path / "build", tmp_path / "dags"
    refused = ("--cron-expression", "whenever")
    answer = kairflow("compile", "--project", orchard, "--artifacts", build, "-o", dags, *refused)
    assert answer.returncode == 1
    assert "KF506" in answer.stderr
    assert not build.exists()
    assert not dags.exists()


def test_all_pipelines_become_dags_of_their_own(kairflow: Run, tmp_path: Path) -> None:
    answer = kairflow("compile", "--project", APIARY, "--all", "-o", tmp_path / "dags")
    assert answer.returncode == 0, answer.stderr
    names = sorted(path.name for path in (tmp_path / "dags").iterdir())
    assert "apiary.py" in names
    assert len(names) > 1


def test_one_name_is_not_for_all(kairflow: Run, tmp_path: Path) -> None:
    command = ("compile", "--project", APIARY, "--all", "--dag-name", "x", "-o", tmp_path / "d")
    answer = kairflow(*command)
    assert answer.returncode == 2
    assert "--dag-name" in answer.stderr
    assert not (tmp_path / "d").exists()


def test_the_local_runtime_compiles_without_an_archive(
    kairflow: Run, orchard: Path, tmp_path: Path
) -> None:
    local = ("--runtime", "local", "--project-dir", orchard)
    answer = kairflow("compile", "--project", orchard, *local, "-o", tmp_path / "dags")
    assert answer.returncode == 0, answer.stderr
    assert "spark-submit" in (tmp_path / "dags" / "orchard.py").read_text(encoding="utf-8")


def test_lowering_writes_the_scripts_or_says_that_it_did_not(
    kairflow: Run, orchard: Path, tmp_path: Path
) -> None:
    build, ir = tmp_path / "build", tmp_path / "ir.json"
    kairflow("export", "--project", orchard, "--archive", build, "-o", ir)
    left = kairflow("lower", ir, "-o", tmp_path / "dags")
    assert left.returncode == 0, left.stderr
    assert "KF518" in left.stderr
    assert "--artifacts DIR" in left.stderr
    assert len([*build.iterdir()]) == 1
    placed = kairflow("lower", ir, "--artifacts", build, "-o", tmp_path / "dags")
    assert "KF518" not in placed.stderr
    assert "3 scripts for Spark" in placed.stderr
    assert len([*build.iterdir()]) == 4
