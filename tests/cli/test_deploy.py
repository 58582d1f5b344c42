"""`kairflow deploy` to folders as a user meets it: what is written where, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kairflow.lower.airflow.dag_file import dag_digest
from tests.cli.conftest import APIARY, ARCHIVE, Run

PREDECESSOR = """\
from airflow import DAG

with DAG(dag_id="apiary", tags=["generated_with_kedro_airflow_k8s:0.8.2"]) as dag:
    pass
"""
NOWHERE = {"KAIRFLOW_OUTPUT": ""}


@pytest.fixture
def ir_file(apiary_ir: str, tmp_path: Path) -> Path:
    """The IR of the example, which says that DAGs go to the folder `from-ir` of the test."""
    document = json.loads(apiary_ir)
    document["deployment"]["output"] = str(tmp_path / "from-ir")
    path = tmp_path / "apiary.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def files_in(*folders: Path) -> dict[str, bytes]:
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in found}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def codes(outcome: dict[str, Any], severity: str = "error") -> list[str]:
    return [found["code"] for found in outcome["diagnostics"] if found["severity"] == severity]


def archive_of(ir: Path) -> Path:
    (found,) = ir.parent.glob("*.tar.gz")
    return found


def compiles(paths: Iterable[str]) -> None:
    for path in paths:
        compile(Path(path).read_bytes(), path, "exec")


def test_a_file_an_input_stream_and_the_project_make_the_same_dag(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    places = [tmp_path / name for name in ("file", "stream", "project")]
    given = ((str(ir_file),), ("-",), ("--project", APIARY))
    for place, words in zip(places, given, strict=True):
        stdin = ir_file.read_text(encoding="utf-8") if words == ("-",) else ""
        answer = kairflow("deploy", *words, "--output", place, stdin=stdin)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout == ""
        assert f"uploaded {place}/apiary.py" in answer.stderr
        assert "DAG 'apiary' with 9 tasks is in place" in answer.stderr
        assert "next: " in answer.stderr
        assert names_in(place) == ["apiary.py"]
    texts = {(place / "apiary.py").read_text(encoding="utf-8") for place in places[:2]}
    assert len(texts) == 1
    lowered = kairflow("lower", ir_file).stdout
    assert texts == {lowered}
    plain = kairflow("lower", "-", stdin=kairflow("export", "--project", APIARY).stdout).stdout
    assert (places[2] / "apiary.py").read_text(encoding="utf-8") == plain


def test_the_answer_for_programs(kairflow: Run, ir_file: Path, tmp_path: Path) -> None:
    answer = kairflow("deploy", ir_file, "--json", "-d", "bees")
    assert (answer.returncode, answer.stderr) == (0, "")
    outcome = json.loads(answer.stdout)
    file = tmp_path / "from-ir" / "bees.py"
    assert outcome["ok"] is True
    assert outcome["files"] == [{"address": str(file), "change": "new"}]
    assert (outcome["dag_id"], outcome["tasks"]) == ("bees", 9)
    assert outcome["dag_digest"] == dag_digest(file.read_text(encoding="utf-8"))
    again = json.loads(kairflow("deploy", ir_file, "--json", "-d", "bees").stdout)
    assert again == {**outcome, "files": [{"address": str(file), "change": "unchanged"}]}


def test_nothing_is_said_but_errors_when_quiet(kairflow: Run, ir_file: Path) -> None:
    answer = kairflow("deploy", ir_file, "--quiet")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize("verb", ["deploy", "upload-pipeline"])
def test_the_name_that_the_predecessor_had_works(
    kairflow: Run, ir_file: Path, tmp_path: Path, verb: str
) -> None:
    answer = kairflow(verb, "-o", tmp_path / "dags", ir_file)
    assert answer.returncode == 0, answer.stderr
    assert names_in(tmp_path / "dags") == ["apiary.py"]


def test_the_nearest_says_where_dags_go(kairflow: Run, ir_file: Path, tmp_path: Path) -> None:
    """An option comes before the environment, that before the IR, and that before the project."""
    project = tmp_path / "project"
    shutil.copytree(APIARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    config = project / "conf" / "base" / "airflow-k8s.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("output: dags", f"output: {tmp_path}/configured"), "utf-8")
    silent = tmp_path / "silent.json"
    document = json.loads(ir_file.read_text(encoding="utf-8"))
    document["deployment"]["output"] = None
    silent.write_text(json.dumps(document), encoding="utf-8")
    option, env = ("--output", tmp_path / "option"), {"KAIRFLOW_OUTPUT": str(tmp_path / "env")}
    here = ("--project", project)
    for expected, words, given in (
        ("option", (ir_file, *here, *option), env),
        ("env", (ir_file, *here), env),
        ("from-ir", (ir_file, *here), NOWHERE),
        ("configured", (silent, *here), NOWHERE),
        ("configured", here, NOWHERE),
        ("env", here, env),
    ):
        answer = kairflow("deploy", *words, "--quiet", **given)
        assert answer.returncode == 0, answer.stderr
        there = {name for name in ("option", "env", "from-ir", "configured")
                 if (tmp_path / name).exists()}  # fmt: skip
        assert there == {expected}
        shutil.rmtree(tmp_path / expected)


def test_a_place_that_nobody_names_is_asked_for(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    document = json.loads(ir_file.read_text(encoding="utf-8"))
    document["deployment"]["output"] = None
    answer = kairflow("deploy", "-", "--project", tmp_path, stdin=json.dumps(document), **NOWHERE)
    assert answer.returncode == 2
    assert "KF701" in answer.stderr
    assert "write output: gs://bucket/dags into airflow-k8s.yml" in answer.stderr
    assert "--output or KAIRFLOW_OUTPUT" in answer.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--pipeline", "other"), "--pipeline"),
        (("--nodes", "clean_hives"), "--nodes"),
        (("--params", "season:2023", "--tags", "a"), "--params, --tags"),
        (("--group-by", "namespace"), "--group-by"),
    ],
)
def test_options_that_the_ir_has_decided_are_refused(
    kairflow: Run, ir_file: Path, tmp_path: Path, words: tuple[str, ...], named: str
) -> None:
    answer = kairflow("deploy", ir_file, *words)
    assert answer.returncode == 2
    assert f"KF508: {named} would change nothing" in answer.stderr
    assert not (tmp_path / "from-ir").exists()


def test_a_folder_of_archives_without_an_ir_is_refused(kairflow: Run, tmp_path: Path) -> None:
    words = ("--project", APIARY, "--archive", tmp_path, "-o", tmp_path / "dags")
    answer = kairflow("deploy", *words)
    assert answer.returncode == 2
    assert "KF508" in answer.stderr
    assert not (tmp_path / "dags").exists()


def test_a_file_of_somebody_else_stays(kairflow: Run, ir_file: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "dags" / "apiary.py"
    foreign.parent.mkdir()
    foreign.write_text("# by hand: kairflow_dag\n", encoding="utf-8")
    for more in ((), ("--dry-run",)):
        answer = kairflow("deploy", ir_file, "-o", foreign.parent, *more)
        assert answer.returncode == 1
        assert "KF708" in answer.stderr
        assert str(foreign) in answer.stderr
        assert "--dag-name" in answer.stderr
    assert foreign.read_text(encoding="utf-8") == "# by hand: kairflow_dag\n"
    assert names_in(foreign.parent) == ["apiary.py"]


def test_a_file_of_the_predecessor_is_replaced(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    old = tmp_path / "dags" / "apiary.py"
    old.parent.mkdir()
    old.write_text(PREDECESSOR, encoding="utf-8")
    answer = kairflow("deploy", ir_file, "-o", old.parent, "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["files"][0]["change"] == "changed"
    assert old.read_text(encoding="utf-8") == kairflow("lower", ir_file).stdout


def test_a_place_that_cannot_be_written_is_told(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("", encoding="utf-8")
    answer = kairflow("deploy", ir_file, "-o", blocked / "dags", "--json")
    assert answer.returncode == 1
    outcome = json.loads(answer.stdout)
    assert outcome["ok"] is False
    assert codes(outcome) == ["KF601"]
    assert str(blocked) in outcome["diagnostics"][0]["where"]


@pytest.mark.parametrize("address", ["http://example.com/dags", "s3://", "gopher://dags", " "])
def test_an_address_that_is_no_place_is_refused(kairflow: Run, ir_file: Path, address: str) -> None:
    answer = kairflow("deploy", ir_file, "--output", address)
    assert answer.returncode == 2
    assert "KF703" in answer.stderr
    assert "--output or KAIRFLOW_OUTPUT" in answer.stderr


def test_what_jobs_fetch_goes_before_the_dag(kairflow: Run, spark_ir: Path, tmp_path: Path) -> None:
    dags, artifacts = tmp_path / "dags", tmp_path / "artifacts"
    answer = kairflow("deploy", spark_ir, "-o", dags, "--json")
    assert answer.returncode == 0, answer.stdout
    outcome = json.loads(answer.stdout)
    written = [one["address"] for one in outcome["files"]]
    assert {one["change"] for one in outcome["files"]} == {"new"}
    assert written[0] == str(artifacts / archive_of(spark_ir).name)
    assert written[-1] == str(dags / f"{outcome['dag_id']}.py")
    there = files_in(dags, artifacts)
    assert sorted(there) == sorted(written)
    assert there[written[0]] == ARCHIVE
    compiles(path for path in written if path.endswith(".py"))
    text = there[written[-1]].decode()
    for path in written[:-1]:
        if path.endswith((".py", ".sh")):
            assert path in text
    again = json.loads(kairflow("deploy", spark_ir, "-o", dags, "--json").stdout)
    assert {one["change"] for one in again["files"]} == {"unchanged"}


def test_without_what_its_jobs_fetch_no_dag_is_uploaded(
    kairflow: Run, spark_ir: Path, tmp_path: Path
) -> None:
    (tmp_path / "artifacts").write_text("no folder", encoding="utf-8")
    answer = kairflow("deploy", spark_ir, "-o", tmp_path / "dags")
    assert answer.returncode == 1
    assert str(tmp_path / "artifacts") in answer.stderr
    assert not (tmp_path / "dags").exists()


def test_the_archive_may_lie_elsewhere(kairflow: Run, spark_ir: Path, tmp_path: Path) -> None:
    elsewhere, dags = tmp_path / "elsewhere", tmp_path / "dags"
    elsewhere.mkdir()
    shutil.move(archive_of(spark_ir), elsewhere)
    (name,) = names_in(elsewhere)
    for ir, stdin in ((spark_ir, ""), ("-", spark_ir.read_text(encoding="utf-8"))):
        words = ("deploy", ir, "-o", dags, "--archive", elsewhere)
        answer = kairflow(*words, stdin=stdin)
        assert answer.returncode == 0, answer.stderr
        assert (tmp_path / "artifacts" / name).read_bytes() == ARCHIVE


def test_a_missing_archive_ends_it_before_any_upload(
    kairflow: Run, spark_ir: Path, tmp_path: Path
) -> None:
    archive_of(spark_ir).unlink()
    for more in ((), ("--archive", tmp_path), ("--dry-run",)):
        answer = kairflow("deploy", spark_ir, "-o", tmp_path / "dags", *more)
        assert answer.returncode == 1
        assert "KF706" in answer.stderr
        assert "--archive DIR" in answer.stderr
    assert files_in(tmp_path / "dags", tmp_path / "artifacts") == {}


def test_another_archive_ends_it_before_any_upload(
    kairflow: Run, spark_ir: Path, tmp_path: Path
) -> None:
    archive_of(spark_ir).write_bytes(ARCHIVE[::-1])
    answer = kairflow("deploy", spark_ir, "-o", tmp_path / "dags")
    assert answer.returncode == 1
    assert "KF707" in answer.stderr
    assert files_in(tmp_path / "dags", tmp_path / "artifacts") == {}


def test_a_dry_run_shows_the_difference_alone(kairflow: Run, ir_file: Path, tmp_path: Path) -> None:
    fresh = kairflow("deploy", ir_file, "--dry-run")
    assert fresh.returncode == 0, fresh.stderr
    assert not (tmp_path / "from-ir").exists()
    lowered = kairflow("lower", ir_file).stdout
    added = [line[1:] for line in fresh.stdout.splitlines() if line.startswith("+")]
    assert added[1:] == lowered.splitlines()
    kairflow("deploy", ir_file)
    before = files_in(tmp_path)
    changed = kairflow("deploy", ir_file, "--dry-run", "-c", "@hourly", "--json")
    (file,) = json.loads(changed.stdout)["files"]
    assert file["change"] == "changed"
    assert '+    schedule=CronDataIntervalTimetable("@hourly"' in file["difference"]
    assert files_in(tmp_path) == before


def test_a_difference_is_utf_8_whatever_the_machine_speaks(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    document = json.loads(ir_file.read_text(encoding="utf-8"))
    document["deployment"]["run_config"]["description"] = "蜂 and Bienenstöcke"
    ir_file.write_text(json.dumps(document), encoding="utf-8")
    words = ("deploy", ir_file, "--dry-run", "-o", tmp_path / "dags")
    answer = kairflow(*words, python=sys.executable, PYTHONIOENCODING="latin-1")
    assert answer.returncode == 0, answer.stderr
    assert '+    description="蜂 and Bienenstöcke",' in answer.stdout.splitlines()


def test_people_are_told_what_was_and_would_be_done(
    kairflow: Run, ir_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "from-ir" / "apiary.py"
    assert f"uploaded {file}" in kairflow("deploy", ir_file).stderr
    inode = file.stat().st_ino
    assert f"unchanged: {file}" in kairflow("deploy", ir_file).stderr
    same = kairflow("deploy", ir_file, "--dry-run")
    assert same.stdout == ""
    assert f"unchanged: {file}" in same.stderr
    other = kairflow("deploy", ir_file, "--dry-run", "-c", "")
    assert "+    schedule=None," in other.stdout.splitlines()
    assert f"changed: {file}" in other.stderr
    assert "nothing was uploaded" in other.stderr
    assert file.stat().st_ino == inode
