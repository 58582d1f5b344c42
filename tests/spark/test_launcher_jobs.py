"""The launcher of the local runtime, as the DAG file calls it: `python -c` in the project."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kairflow.lower.spark import generic_runner_text, launcher_text
from tests.spark.running import (
    SPARK_4,
    Answer,
    SparkLine,
    copy_orchard,
    run,
    spark_environment,
    succeeded,
)

PROGRAM = launcher_text().rstrip("\n")
TELL = """
import json, os, sys
from pathlib import Path
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
names = ("spark.master", "spark.ui.enabled", "spark.app.name", "spark.answer")
told = {name: spark.conf.get(name, "") for name in names}
rows = spark.range(4).rdd
told["worker"] = rows.map(lambda row: (os.environ["PYTHONPATH"], sys.executable)).first()
told["arguments"], told["script"] = sys.argv[1:], __file__
Path("told.json").write_text(json.dumps(told))
sys.exit(7)
"""


def launch(python: Path | str, folder: Path, text: str, *rest: str, **env: str) -> Answer:
    """Run a text with the launcher, in a folder."""
    environment = {**spark_environment(SPARK_4), **env}
    del environment["PYSPARK_PYTHON"]
    return run([python, "-c", PROGRAM, text, *rest], folder, environment)


def test_a_group_runs_on_this_machine(line: SparkLine, tmp_path: Path) -> None:
    project = copy_orchard(line, tmp_path / "project")
    arguments = ("CHECKED=yes", "run", "--runner=ThreadRunner", "--nodes=write_settings_card")
    succeeded(launch(line.python, project, generic_runner_text(), "--", *arguments))
    assert list(project.glob("data/08_reporting/settings_card.json/*/settings_card.json"))


def test_the_job_gets_its_settings_and_arguments_and_its_exit_code_is_ours(
    line: SparkLine, tmp_path: Path
) -> None:
    settings = ("--conf", "spark.answer=a b=c, 'd'", "--conf", "spark.master=local[1]")
    arguments = ('--params=a b,\n- "c"', "", "--conf", "--", "ü$HOME")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    answer = launch(line.python, tmp_path, TELL, *settings, "--", *arguments, TMPDIR=str(temporary))
    assert answer.returncode == 7, answer.stdout + answer.stderr
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["arguments"] == list(arguments)
    assert told["spark.answer"] == "a b=c, 'd'"
    assert told["spark.master"] == "local[1]", "the user's setting wins"
    assert told["spark.ui.enabled"] == "false"
    worker_path, worker_python = told["worker"]
    assert str(tmp_path / "src") in worker_path.split(os.pathsep)
    assert worker_python == str(line.python)
    assert not Path(told["script"]).exists()
    assert list(temporary.glob("spark-job-*")) == []


def test_without_pyspark_it_says_what_to_install(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "SPARK_HOME": str(tmp_path)}
    answer = launch(sys.executable, tmp_path, TELL, "--", **env)
    assert answer.returncode == 1
    assert answer.stderr.strip() == (
        f"No spark-submit: install pyspark for {sys.executable}, or set SPARK_HOME."
    )


def test_the_spark_of_spark_home_will_do(tmp_path: Path) -> None:
    """A stand-in for spark-submit shows which one is called, and what it is told."""
    submit = tmp_path / "spark" / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text('#!/bin/sh\nprintf "%s\\n" "$PROJECT_HOME" "$@"\nexit 3\n', encoding="utf-8")
    submit.chmod(0o755)
    home = tmp_path / "spark"
    for env in ({"SPARK_HOME": str(home)}, {"PATH": f"{submit.parent}:/usr/bin:/bin"}):
        answer = launch(sys.executable, tmp_path, "", "--", "run", **env)
        assert answer.returncode == 3, answer.stderr
        folder, *settings, script, argument = answer.stdout.splitlines()
        assert folder == str(tmp_path)
        assert "spark.master=local[*]" in settings
        assert (Path(script).name, argument) == ("spark_run.py", "run")


@pytest.mark.parametrize("whole_group", [True, False], ids=["process group", "launcher alone"])
def test_a_job_ends_when_it_is_asked_to(tmp_path: Path, whole_group: bool) -> None:
    """The operator of the DAG file asks the whole process group; others ask the launcher alone."""
    text = "import time\nopen('started', 'w').close()\ntime.sleep(600)\n"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with (tmp_path / "log").open("wb") as log:
        job = subprocess.Popen(
            [SPARK_4.python, "-c", PROGRAM, text, "--"],
            cwd=tmp_path,
            env=spark_environment(SPARK_4, TMPDIR=str(temporary)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: (tmp_path / "started").exists() or job.poll() is not None, 600)
        assert job.returncode is None, (tmp_path / "log").read_text(encoding="utf-8")[-3000:]
        (os.killpg if whole_group else os.kill)(job.pid, signal.SIGTERM)
        assert job.wait(timeout=120) != 0
        if whole_group:
            wait_until(lambda: not is_alive(job.pid), 120)
        assert list(temporary.glob("spark-job-*")) == []
    finally:
        if is_alive(job.pid):
            os.killpg(job.pid, signal.SIGKILL)
        job.wait(timeout=120)


def is_alive(group: int) -> bool:
    """Whoever has ended and only waits for its parent to notice does not count."""
    return any(
        int(of_group) == group and state != "Z"
        for state, _, of_group, *_ in map(status_of, Path("/proc").glob("[0-9]*"))
    )


def status_of(process: Path) -> list[str]:
    """Return state, parent, group and more; a process that is gone is a zombie, so to speak."""
    try:
        return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["Z", "0", "0"]


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
