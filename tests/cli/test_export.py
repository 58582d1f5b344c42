"""`kairflow export` as a user meets it: product, messages, exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kairflow.ir import digest, read_document
from tests.cli.conftest import APIARY, PROJECTS, ROOT, Run


def test_the_product_goes_to_standard_output_and_the_messages_do_not(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY)
    assert answer.returncode == 0
    document = read_document(answer.stdout)
    assert len(document.nodes) == 13
    assert "13 nodes in 9 tasks" in answer.stderr
    assert "memory sound_weighings" in answer.stderr


def test_quiet_says_nothing(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY, "-q", "-n", "clean_hives")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_an_unchanged_file_is_not_written_again(kairflow: Run, tmp_path: Path) -> None:
    file = tmp_path / "new" / "ir.json"
    first = kairflow("export", "--project", APIARY, "-n", "clean_hives", "-o", file)
    before = file.stat()
    second = kairflow("export", "--project", APIARY, "-n", "clean_hives", "-o", file)
    assert first.stdout == second.stdout == ""
    assert f"wrote {file}" in first.stderr
    assert f"unchanged: {file}" in second.stderr
    assert f"next: kairflow lower {file} -o dags/" in second.stderr
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_the_answer_for_programs(kairflow: Run, tmp_path: Path) -> None:
    file = tmp_path / "ir.json"
    answer = kairflow("export", "--project", APIARY, "-n", "clean_hives", "-o", file, "--json")
    outcome = json.loads(answer.stdout)
    document = read_document(file.read_text(encoding="utf-8"))
    assert outcome["ok"] is True
    assert outcome["files"] == [
        {
            "pipeline": "__default__",
            "tasks": 1,
            "ir_digest": digest(document),
            "file": str(file),
            "changed": True,
        }
    ]
    assert answer.stderr == ""


def test_all_writes_one_file_for_each_pipeline(kairflow: Run, tmp_path: Path) -> None:
    answer = kairflow("export", "--project", PROJECTS / "cycles", "--all", "-o", tmp_path / "irs")
    assert answer.returncode == 0, answer.stderr
    names = {path.stem for path in (tmp_path / "irs").iterdir()}
    assert names == {"__default__", "memory", "namespace", "tag", "interleaved"}
    for path in (tmp_path / "irs").iterdir():
        assert read_document(path.read_text(encoding="utf-8")).source.pipeline == path.stem


def test_all_needs_a_folder(kairflow: Run) -> None:
    answer = kairflow("export", "--project", PROJECTS / "cycles", "--all")
    assert answer.returncode == 2
    assert "add -o FOLDER" in answer.stderr


def test_all_takes_no_selection(kairflow: Run, tmp_path: Path) -> None:
    answer = kairflow(
        "export", "--project", PROJECTS / "cycles", "--all", "-o", tmp_path, "--tags", "honey"
    )
    assert answer.returncode == 2
    assert "leave out one of the two" in answer.stderr


@pytest.mark.parametrize("group_by", ["none", "namespace", "tag", "pipeline"])
def test_grouping_is_a_choice(kairflow: Run, group_by: str) -> None:
    answer = kairflow("export", "--project", APIARY, "--group-by", group_by)
    groups = [group.id for group in read_document(answer.stdout).groups]
    assert len(groups) == {"none": 9, "tag": 9, "namespace": 7, "pipeline": 1}[group_by]
    assert ("forest" in groups) is (group_by == "namespace")


def test_a_node_that_joined_in_is_shown_with_its_reason(kairflow: Run) -> None:
    """As the IR spells it: `between`."""
    answer = kairflow("export", "--project", PROJECTS / "cycles", "--group-by", "tag")
    reasons = {
        reason.kind.value
        for group in read_document(answer.stdout).groups
        for reason in group.reasons
    }
    assert "between" in reasons
    (row,) = (line for line in answer.stderr.splitlines() if line.startswith("a--c"))
    assert row.endswith("memory word, between")


def test_the_environment_is_taken_from_kedro_env_unless_it_is_named(kairflow: Run) -> None:
    def env_of(*arguments: str, **env: str) -> str | None:
        answer = kairflow("export", "--project", APIARY, "-n", "clean_hives", *arguments, **env)
        assert answer.returncode == 0, answer.stderr
        return read_document(answer.stdout).source.env

    assert env_of() is None
    assert env_of(KEDRO_ENV="prod") == "prod"
    assert env_of("--env", "base", KEDRO_ENV="prod") == "base"


def test_from_inside_a_project_no_option_is_needed(
    kairflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECTS / "catch_all", tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project" / "src")
    answer = kairflow("export")
    assert answer.returncode == 0, answer.stderr
    assert read_document(answer.stdout).source.package == "catch_all"


MISTAKES: dict[str, tuple[list[str | Path], int, str]] = {
    "no project": (["--project", "/"], 1, "KF101"),
    "import fails": (["--project", PROJECTS / "broken_import"], 1, "KF102"),
    "no such pipeline": (["--project", APIARY, "-p", "ingestoin"], 1, "KF103"),
    "empty selection": (["--project", APIARY, "--tags", "report", "-n", "clean_hives"], 1, "KF104"),
    "no such node": (["--project", APIARY, "-n", "clean_hive"], 1, "KF105"),
    "bad params": (["--project", APIARY, "--params", "season"], 1, "KF106"),
    "no such option": (["--projct", APIARY], 2, "--project"),
    "no such grouping": (["--group-by", "colour"], 2, "colour"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_clear_message(kairflow: Run, case: str) -> None:
    arguments, code, mark = MISTAKES[case]
    answer = kairflow("export", *arguments)
    assert answer.returncode == code
    assert answer.stdout == ""
    assert mark in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_mistake_names_what_is_nearest(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY, "-p", "ingestoin")
    assert "'ingestion'" in answer.stderr


def test_debug_shows_the_traceback(kairflow: Run) -> None:
    answer = kairflow("export", "--project", PROJECTS / "broken_import", "--debug")
    assert answer.returncode == 1
    assert "Traceback" in answer.stderr
    assert "a_library_that_is_not_there" in answer.stderr


def test_a_mistake_for_programs(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY, "-p", "nope", "--json", "-o", "x.json")
    outcome = json.loads(answer.stdout)
    assert (answer.returncode, outcome["ok"]) == (1, False)
    (found,) = outcome["diagnostics"]
    assert (found["code"], found["severity"]) == ("KF103", "error")
    assert found["hint"]


def test_what_nobody_asked_for_is_said(kairflow: Run) -> None:
    answer = kairflow("export", "--project", PROJECTS / "cycles", "-p", "memory")
    assert answer.returncode == 0
    assert "warning KF405" in answer.stderr


def test_escape_sequences_in_names_do_not_reach_the_terminal(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY, "-p", "\x1b[2Jgone\x07")
    assert "\x1b" not in answer.stderr
    assert "\\x1b[2Jgone\\x07" in answer.stderr


def test_help_has_examples(kairflow: Run) -> None:
    answer = kairflow("export", "--help")
    assert answer.returncode == 0
    for piece in ("kairflow export --all -o irs/", "--conf-source", "--from-inputs", "KEDRO_ENV"):
        assert piece in answer.stdout


def test_the_golden_ir_is_what_the_example_exports(kairflow: Run) -> None:
    """So that what Airflow is shown to import is what a user gets from this very project."""
    exported = json.loads(kairflow("export", "--project", APIARY).stdout)
    golden = json.loads((ROOT / "tests/golden/apiary/ir.json").read_text(encoding="utf-8"))
    for document in (exported, golden):
        del document["producer"], document["source"]["git"]
    assert exported == golden
