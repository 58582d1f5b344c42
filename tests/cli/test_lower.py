"""`kairflow lower` as a user meets it, also where neither Kedro nor Airflow is installed."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kairflow.lower.airflow.dag_file import dag_digest
from tests.cli.conftest import APIARY, PROJECTS, ROOT, Run

BARE = ROOT / ".venvs" / "bare" / "bin" / "python"


def test_export_and_lower_meet_in_a_pipe(tmp_path: Path) -> None:
    kairflow = f"{sys.executable} -m kairflow"
    command = f"{kairflow} export --project {APIARY} | {kairflow} lower -o {tmp_path}/dags/"
    answer = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""
    text = (tmp_path / "dags" / "apiary.py").read_text(encoding="utf-8")
    assert "KubernetesPodOperator" in text
    assert "DAG 'apiary' with 9 tasks" in answer.stderr


def test_lowering_needs_neither_kedro_nor_airflow(kairflow: Run, apiary_ir: str) -> None:
    absent = subprocess.run(
        [BARE, "-c", "import importlib.util as u; print([u.find_spec(n) for n in "
         "('kedro', 'airflow', 'omegaconf')])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert absent.stdout.strip() == "[None, None, None]"
    answer = kairflow("lower", stdin=apiary_ir, python=str(BARE))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == kairflow("lower", stdin=apiary_ir).stdout
    assert "KubernetesPodOperator" in answer.stdout


def test_exporting_without_kedro_says_what_to_install(kairflow: Run) -> None:
    answer = kairflow("export", "--project", APIARY, python=str(BARE))
    assert answer.returncode == 1
    assert "KF107" in answer.stderr
    assert 'pip install "kairflow[kedro]"' in answer.stderr


def test_the_answer_for_programs(kairflow: Run, apiary_ir: str, tmp_path: Path) -> None:
    ir = json.loads(apiary_ir)
    ir["deployment"]["run_config"]["volume"]["disabled"] = True
    answer = kairflow("lower", "-o", tmp_path, "--json", "-d", "bees", stdin=json.dumps(ir))
    outcome = json.loads(answer.stdout)
    (file,) = outcome["files"]
    text = (tmp_path / "bees.py").read_text(encoding="utf-8")
    assert file["dag_id"] == "bees"
    assert file["tasks"] == 9
    assert file["dag_digest"] == dag_digest(text)
    assert [found["code"] for found in outcome["diagnostics"]] == ["KF507"]


def test_the_file_is_for_the_airflow_that_was_asked_for(kairflow: Run, apiary_ir: str) -> None:
    new, old = (kairflow("lower", "--airflow", line, stdin=apiary_ir).stdout for line in ("3", "2"))
    assert "from airflow.sdk import DAG, Param" in new
    assert "from airflow import DAG" in old
    assert "airflow.sdk" not in old
    unknown = kairflow("lower", "--airflow", "4", stdin=apiary_ir)
    assert unknown.returncode == 2
    assert "'2'" in unknown.stderr


def test_what_a_line_lacks_is_told_with_its_successor(kairflow: Run, apiary_ir: str) -> None:
    ir = json.loads(apiary_ir)
    ir["deployment"]["run_config"]["macro_params"] = ["ds", "prev_ds"]
    refused = kairflow("lower", stdin=json.dumps(ir))
    assert refused.returncode == 1
    assert "KF512" in refused.stderr
    assert "{{ macros.ds_add(ds, -1) }}" in refused.stderr
    assert kairflow("lower", "--airflow", "2", stdin=json.dumps(ir)).returncode == 0


def test_a_file_may_be_named(kairflow: Run, apiary_ir: str, tmp_path: Path) -> None:
    ir, dag = tmp_path / "ir.json", tmp_path / "any_name.py"
    ir.write_text(apiary_ir, encoding="utf-8")
    assert kairflow("lower", ir, "-o", dag).returncode == 0
    ast.parse(dag.read_text(encoding="utf-8"))


def test_options_replace_what_the_ir_says(kairflow: Run, apiary_ir: str) -> None:
    text = kairflow(
        "lower", "-i", "other/image:2", "-d", "bees", "-c", "15 3 * * 1", stdin=apiary_ir
    ).stdout
    assert '"image": "other/image:2"' in text
    assert 'dag_id="bees"' in text
    assert 'CronDataIntervalTimetable("15 3 * * 1", timezone="UTC")' in text
    unscheduled = kairflow("lower", "-c", "", stdin=apiary_ir).stdout
    assert "schedule=None" in unscheduled


MISTAKES: dict[str, tuple[list[str], str | None, int, str]] = {
    "nothing on standard input": ([], "", 1, "the command before the pipe wrote nothing"),
    "no JSON": ([], "{", 1, "KF301"),
    "another version": ([], '{"ir_version": "9.0"}', 1, "KF302"),
    "no such file": (["missing.json"], "", 1, "missing.json"),
    "a bad schedule": (["-c", "daily"], None, 1, "KF506"),
    "no project folder": (["--runtime", "local"], None, 1, "--project-dir"),
    "an option of the other runtime": (["--python", "/bin/python"], None, 1, "KF508"),
    "an answer without a file": (["--json"], None, 2, "add -o FILE"),
    "no such line": (["--airflow", "1"], None, 2, "--airflow"),
    "a file in the way": (["-o", "/dev/null/dags/"], None, 1, "KF602"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_clear_message(kairflow: Run, apiary_ir: str, case: str) -> None:
    arguments, stdin, code, mark = MISTAKES[case]
    answer = kairflow("lower", *arguments, stdin=apiary_ir if stdin is None else stdin)
    assert answer.returncode == code
    assert mark in answer.stderr + answer.stdout
    assert "Traceback" not in answer.stderr


def test_every_mistake_is_reported_at_once(kairflow: Run, apiary_ir: str) -> None:
    answer = kairflow("lower", "-c", "daily", "--python", "/bin/python", stdin=apiary_ir)
    assert "KF506" in answer.stderr
    assert "KF508" in answer.stderr


def test_an_older_file_survives_a_mistake(kairflow: Run, tmp_path: Path) -> None:
    dag = tmp_path / "dag.py"
    dag.write_text("the old one")
    assert kairflow("lower", "-o", dag, stdin="{}").returncode == 1
    assert dag.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [dag]


def test_colliding_task_ids_are_an_error(kairflow: Run) -> None:
    ir = kairflow("export", "--project", PROJECTS / "corners", "-p", "unnamed").stdout
    document = json.loads(ir)
    assert kairflow("lower", stdin=json.dumps(document)).returncode == 0
    first, second = (node["name"] for node in document["nodes"][:2])
    text = ir.replace(json.dumps(first)[1:-1], "a b").replace(json.dumps(second)[1:-1], "a(b")
    answer = kairflow("lower", stdin=text)
    assert answer.returncode == 1
    assert "KF501" in answer.stderr


def test_a_reader_that_goes_away_is_no_traceback(apiary_ir: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kairflow", "lower"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as lower:
        assert lower.stdin is not None
        assert lower.stdout is not None
        assert lower.stderr is not None
        lower.stdout.close()
        lower.stdin.write(apiary_ir.encode())
        lower.stdin.close()
        assert b"Traceback" not in lower.stderr.read()
        assert lower.wait() == 1


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    fifo = tmp_path / "never-written"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [sys.executable, "-m", "kairflow", "lower", str(fifo)], stderr=subprocess.PIPE
    ) as lower:
        # Opening the other end waits until the command reads.
        with fifo.open("wb"):
            lower.send_signal(signal.SIGINT)
            assert lower.wait(timeout=30) == 130
        assert lower.stderr is not None
        assert b"Traceback" not in lower.stderr.read()


def test_the_version(kairflow: Run) -> None:
    answer = kairflow("--version")
    assert answer.returncode == 0
    assert answer.stdout.startswith("kairflow 0.")


def test_no_arguments_show_the_commands(kairflow: Run) -> None:
    answer = kairflow()
    assert "export" in answer.stdout + answer.stderr
    assert "lower" in answer.stdout + answer.stderr


def test_a_pipe_is_written_to_and_not_replaced(
    kairflow: Run, apiary_ir: str, tmp_path: Path
) -> None:
    """So is `/dev/null`, which a rename would turn into a file for the whole machine."""
    os.mkfifo(tmp_path / "dag.py")
    with subprocess.Popen(["cat", tmp_path / "dag.py"], stdout=subprocess.PIPE) as reader:
        answer = kairflow("lower", "-o", tmp_path / "dag.py", stdin=apiary_ir)
        assert reader.stdout is not None
        text = reader.stdout.read().decode()
    assert answer.returncode == 0, answer.stderr
    assert text == kairflow("lower", stdin=apiary_ir).stdout
    assert (tmp_path / "dag.py").is_fifo()


def test_a_full_device_is_told(kairflow: Run, apiary_ir: str) -> None:
    answer = kairflow("lower", "-o", "/dev/full", stdin=apiary_ir)
    assert answer.returncode == 1
    assert "No space left on device" in answer.stderr
    assert Path("/dev/full").is_char_device()
