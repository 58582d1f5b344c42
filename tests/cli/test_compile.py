"""`kairflow compile`: export and lower in one go, with all that Spark jobs fetch."""

from __future__ import annotations

import hashlib
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
    steps = (
        f"next: put {ours}/apiary.py where Airflow looks for DAGs; then: airflow dags test apiary\n"
    )
    assert answer.stderr.endswith(steps)
    assert answer.stdout == ""


def test_archive_scripts_and_dag_belong_together(
    kairflow: Run, orchard: Path, tmp_path: Path
) -> None:
    build, dags = tmp_path / "build", tmp_path / "dags"
    command = ("compile", "--project", orchard, "--artifacts", build, "-o", dags)
    answer = kairflow(*command)
    assert answer.returncode == 0, answer.stderr
    put = f"put {dags}/orchard.py where Airflow looks for DAGs; then: airflow dags test orchard\n"
    assert answer.stderr.endswith(f"next: upload {build}/ to gs://orchard-example/artefacts; {put}")
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
    told, content = file["archive"], (build / archive).read_bytes()
    assert (told["file"], told["changed"]) == (str(build / archive), False)
    assert (told["sha256"], told["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert told["files"] > 0
    assert told["left_out"]


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
    assert f"next: put {tmp_path}/dags/ where Airflow looks for DAGs; then: " in answer.stderr


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


EMPTY = "nothing of this DAG is fetched, so --artifacts stays empty"


@pytest.mark.parametrize("what", ["the local runtime", "no Spark"])
def test_what_fetches_nothing_takes_no_git(kairflow: Run, tmp_path: Path, what: str) -> None:
    source = ORCHARD if what == "the local runtime" else APIARY
    project, build, dags = tmp_path / "project", tmp_path / "build", tmp_path / "dags"
    shutil.copytree(source, project)
    local = ("--runtime", "local", "--project-dir", project) if source is ORCHARD else ()
    command = ("compile", "--project", project, *local, "--artifacts", build, "-o", dags)
    answer = kairflow(*command)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.count(EMPTY) == 1
    assert "upload" not in answer.stderr
    assert not build.exists()


def test_operators_of_the_project_are_no_matter_to_the_local_runtime(
    kairflow: Run, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(ORCHARD, project)
    config = project / "conf" / "base" / "airflow-k8s.yml"
    text = config.read_text(encoding="utf-8")
    custom = "type: custom\n    operator_factory: orchard.no_such.Factory"
    assert "type: dataproc\n" in text
    config.write_text(text.replace("type: dataproc\n", f"{custom}\n"), encoding="utf-8")
    local = ("--runtime", "local", "--project-dir", project)
    answer = kairflow("compile", "--project", project, *local, "-o", tmp_path / "dags")
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("place", ["--artifacts", "-o"])
def test_a_file_is_no_folder(kairflow: Run, orchard: Path, tmp_path: Path, place: str) -> None:
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    places = {"--artifacts": tmp_path / "build", "-o": tmp_path / "dags"}
    places[place] = plain if place == "--artifacts" else plain / "dags" / "orchard.py"
    options = [item for pair in places.items() for item in pair]
    answer = kairflow("compile", "--project", orchard, *options)
    assert answer.returncode == 1
    assert f"KF602: {plain} is a file, expected a folder" in answer.stderr


@pytest.mark.parametrize("verb", ["compile", "export"])
def test_a_file_is_no_folder_for_all_either(kairflow: Run, tmp_path: Path, verb: str) -> None:
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    answer = kairflow(verb, "--project", APIARY, "--all", "-o", plain / "dags")
    assert answer.returncode == 1
    assert f"KF602: {plain} is a file, expected a folder" in answer.stderr


def test_the_help_says_that_both_archive_and_scripts_go_there(kairflow: Run) -> None:
    for verb, is_told in (("compile", True), ("lower", False)):
        told = " ".join(kairflow(verb, "--help", COLUMNS="300").stdout.split())
        assert ("Folder for the project archive and the scripts" in told) is is_told


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


def test_lowering_what_fetches_nothing_leaves_the_folder_alone(
    kairflow: Run, apiary_ir: str, tmp_path: Path
) -> None:
    build, dags = tmp_path / "build", tmp_path / "dags"
    answer = kairflow("lower", "--artifacts", build, "-o", dags, stdin=apiary_ir)
    assert answer.returncode == 0, answer.stderr
    assert f"warning KF519: {EMPTY}" in answer.stderr
    assert not build.exists()
