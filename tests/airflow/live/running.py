"""Scenarios of run-once and follow: from a project to a run, whatever way it goes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator

import pytest

from tests.airflow.compiling import KAIRFLOW
from tests.airflow.live.pages import is_page
from tests.airflow.live.site import (
    LIMITED,
    Site,
    from_ir,
    from_project,
    ir_of,
    told,
    wait_until,
)
from tests.airflow.live.tiny import (
    BASH,
    FAR_AWAY,
    NEW_YEAR,
    NO_MODULE,
    configure,
    failing,
    held,
    quick,
    slept,
    with_operators,
)

COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SOON = ("--wait", "--timeout", "10")


def test_a_failed_run_is_told_with_its_last_words(site: Site) -> None:
    project = failing(site.folder / "project")
    outcome = site.json("run-once", *from_ir(project, "broken"), "--wait", code=5)
    run_id = site.only_run("broken")["dag_run_id"]
    states = {"broken": "failed", "behind": "upstream_failed"}
    assert site.tasks("broken", run_id) == states
    told_of = outcome["run"]
    assert (told_of["run_id"], told_of["state"], told_of["tasks"]) == (run_id, "failed", states)
    assert (outcome["dag_id"], outcome["tasks"]) == ("broken", 2)
    (failed,) = told_of["failed"]
    assert failed["task_id"] == "broken"
    assert any(line.endswith("ValueError: the queen has left the hive") for line in failed["log"])
    (found,) = outcome["diagnostics"]
    assert found["code"] == "KF733"
    assert "1 of 2 tasks failed, 1 never ran" in found["message"]

    answer = site.kairflow("follow", "broken", run_id, code=5)
    assert "task broken failed; the last lines of its log:" in answer.stderr
    assert "ValueError: the queen has left the hive" in answer.stderr
    assert failed["address"] in answer.stderr
    assert "1 of 2 tasks failed, 1 never ran" in answer.stderr
    assert is_page(site.server, failed["address"])


def test_what_airflow_cannot_import_is_told_until_it_is_mended(site: Site) -> None:
    name = "smoke"
    project = with_operators(site.folder / "project", NO_MODULE)
    options = ("--dag-name", name, "--allow-custom-operators", *SOON)
    outcome = site.json("run-once", ir_of(project), *options, code=3)
    (found,) = (one for one in outcome["diagnostics"] if one["severity"] == "error")
    assert found["code"] == "KF731"
    assert "No module named 'airflow.providers.beehive'" in found["message"]
    assert NO_MODULE in outcome["trace"]
    assert site.errors() == ["smoke.py"]
    assert site.dag(name) is None

    # An old failure counts when Airflow has tried twice more: at once if the file's time changes.
    with site.start("run-once", ir_of(project), *options) as again:
        while again.poll() is None:
            (site.dags / "smoke.py").touch()
            time.sleep(1)
        said = again.communicate()[1]
    assert again.returncode == 3, said
    assert "unchanged: " in said
    assert "No module named 'airflow.providers.beehive'" in said

    factory = project / "src" / "tiny" / "factories.py"
    text = factory.read_text(encoding="utf-8").replace(NO_MODULE, BASH[site.server.line])
    factory.write_text(text, encoding="utf-8")
    site.kairflow("run-once", ir_of(project), *options)
    assert site.only_run(name)["state"] == "success"
    wait_until(lambda: not site.errors())


def test_a_run_that_takes_too_long_goes_on_and_can_be_followed(site: Site) -> None:
    project, sign = held(site.folder / "project"), site.folder / "sign"
    here = from_ir(project, "slow")
    site.kairflow("deploy", *here, "--airflow", site.server.line, "--cron-expression", "")
    site.wait_for("slow")
    limits = ("--wait", "--timeout", "0.1", "--param", f"sign={sign}")
    there = ("--host", site.server.host)
    late = site.kairflow("run-once", *here, *limits, *there, code=4, KAIRFLOW_HOST=None)
    assert "unchanged: " in late.stderr
    assert "KF734" in late.stderr
    run_id = site.only_run("slow")["dag_run_id"]
    assert site.state_of("slow", run_id) in ("queued", "running")

    sign.touch()
    (command,) = re.findall(r"kairflow follow .*", late.stderr)
    assert run_id in command
    site.kairflow(*shlex.split(command)[1:], KAIRFLOW_HOST=None)
    assert site.state_of("slow", run_id) == "success"
    assert slept(project) == str(sign)


def test_who_stops_watching_is_told_how_to_go_on(site: Site) -> None:
    project, sign = held(site.folder / "project"), site.folder / "sign"
    words = ("run-once", *from_ir(project, "left"), "--wait", "--param", f"sign={sign}")
    with site.start(*words) as watching:
        assert watching.stderr is not None
        lines = iter(watching.stderr.readline, "")
        seen = [*_up_to(" run: ", lines)]
        watching.send_signal(signal.SIGINT)
        rest = "".join(lines)
    assert watching.returncode == 130, "".join(seen)
    assert "Traceback" not in rest
    run_id = site.only_run("left")["dag_run_id"]
    assert f"kairflow follow left {run_id} --host {site.server.host}" in rest
    assert site.state_of("left", run_id) in ("queued", "running")
    sign.touch()
    assert site.end_of("left", run_id) == "success"
    assert slept(project) == str(sign)


def _up_to(text: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if text in line:
            return


def test_a_dag_that_is_paused_is_let_run(site: Site) -> None:
    project = quick(site.folder / "project")
    options = (*from_ir(project, "paused"), "--airflow", site.server.line)
    site.kairflow("deploy", *options, "--cron-expression", "")
    site.wait_for("paused")
    site.set_paused("paused", True)
    run = site.json("run-once", *options)["run"]
    assert site.dag("paused")["is_paused"] is False
    assert site.end_of("paused", run["run_id"]) == "success"


@pytest.mark.parametrize(
    ("verb", "credentials"),
    [
        ("run-once", {"AIRFLOW_API_TOKEN": "no-such-token-of-ours"}),
        ("schedule", {"AIRFLOW_API_PASSWORD": "no-such-password"}),
    ],
    ids=["token", "password"],
)
def test_wrong_credentials_end_it_before_anything_is_uploaded(
    site: Site, verb: str, credentials: dict[str, str]
) -> None:
    project = quick(site.folder / "project", cron_expression=NEW_YEAR)
    before = site.files()
    answer = site.kairflow(verb, *from_ir(project, "stranger"), code=3, **credentials)
    # The server does not always tell a stranger from somebody who may not.
    assert "KF712" in answer.stderr or "wrong token or password" in told(answer)
    (secret,) = credentials.values()
    assert secret not in answer.stdout + answer.stderr
    assert site.files() == before
    assert site.dag("stranger") is None


def test_an_account_that_may_only_look_is_told_so(site: Site) -> None:
    project = quick(site.folder / "project")
    name, password = site.server.viewer
    account = {"AIRFLOW_API_USERNAME": name, "AIRFLOW_API_PASSWORD": password}
    answer = site.kairflow("run-once", *from_ir(project, "looked-at"), code=3, **account)
    assert "KF713" in answer.stderr
    assert "a role that may read, edit and trigger DAGs" in told(answer)
    assert password not in answer.stdout + answer.stderr
    assert site.runs("looked-at") == []


def test_two_at_once_are_two_runs(site: Site) -> None:
    """The DAG is the same, so both have what they were given, whoever was first."""
    words = (*from_ir(quick(site.folder / "project"), "twins"), "--wait", "--json", "--param")
    both = [site.start("run-once", *words, f"seconds={number}") for number in (1, 2)]
    outcomes = [json.loads(one.communicate()[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0], outcomes
    given = {run["dag_run_id"]: run["conf"] for run in site.runs("twins")}
    assert given == {
        outcome["run"]["run_id"]: {"seconds": number}
        for number, outcome in enumerate(outcomes, start=1)
    }
    assert {run["state"] for run in site.runs("twins")} == {"success"}


def test_nobody_runs_the_file_of_somebody_else(site: Site) -> None:
    """Another DAG of the same name comes before Airflow has read ours.

    Ours lies where Airflow never looks, so that it cannot be faster than the other.
    """
    ours, theirs = quick(site.folder / "ours"), quick(site.folder / "theirs")
    configure(theirs, description="another")
    lowered = (*from_ir(theirs, "torn"), "--airflow", site.server.line, "--cron-expression", "")
    site.kairflow("lower", *lowered, "-o", other := site.dags / "torn.py")
    site.wait_for("torn")
    words = ("run-once", *from_ir(ours, "torn"), "--output", site.folder / "dags")
    with site.start(*words, "--timeout", "10") as waiting:
        assert waiting.stderr is not None
        lines = iter(waiting.stderr.readline, "")
        seen = "".join(_up_to("waiting for Airflow to read the file", lines))
        shutil.copy(other, site.folder / "dags" / "torn.py")
        rest = "".join(lines)
    assert waiting.returncode == 3, seen + rest
    assert "KF740" in rest
    assert site.dag("torn")["description"] == "another"
    assert site.runs("torn") == []


def test_a_run_is_made_of_the_file_that_was_uploaded_last(site: Site) -> None:
    """The tags of a DAG are the new file's before its tasks are: see `BEHIND` of the server."""
    project = quick(site.folder / "project")
    waits = [{"dag_id": "nobody-has-it"}]
    schedule = {"cron_expression": "@yearly", "start_date": FAR_AWAY}
    configure(project, **schedule, external_dependencies=waits, description="by the clock")
    site.kairflow("schedule", *from_ir(project, "hasty"))
    assert site.schedule_of("hasty") == "0 0 1 1 *"
    # Of a run before its start date, Airflow makes no task.
    configure(project, **schedule, external_dependencies=waits)
    answer = site.kairflow("run-once", *from_ir(project, "hasty"), *SOON)
    assert "KF735" in answer.stderr
    run = site.only_run("hasty")
    assert run["state"] == "success"
    assert site.tasks("hasty", run["dag_run_id"]) == {"sleep": "success"}
    assert site.schedule_of("hasty") is None


def test_a_terminal_shows_a_table_that_lives(site: Site) -> None:
    project, sign = held(site.folder / "project"), site.folder / "sign"
    words = (*from_project(project, "seen"), *SOON, "--param", f"sign={sign}")
    command = [*LIMITED, *KAIRFLOW, "run-once", *words]

    def until_it_runs(shown: str) -> None:
        if re.search(r"│ wait +│ running +│ +│", shown):
            sign.touch()

    terminal, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    with subprocess.Popen(
        command,
        cwd=site.folder,
        env=site.environment(TERM="xterm-256color", NO_COLOR=None),
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=side,
    ) as watching:
        os.close(side)
        screen = _all_of(terminal, until_it_runs)
        assert watching.stdout is not None
        product = watching.stdout.read()
    assert watching.returncode == 0, screen
    assert product == b""
    run_id = site.only_run("seen")["dag_run_id"]
    assert "Traceback" not in screen
    plain = COLOUR.sub("", screen)
    assert plain != screen
    assert f"Run{run_id}:success" in "".join(plain.split())  # however it was wrapped
    assert sign.exists()
    assert re.search(r"│ wait +│ success +│ +[0-9.]+ │", plain)
    assert "1 success" in plain


def _all_of(terminal: int, on_change: Callable[[str], None]) -> str:
    """Read what is written to a terminal until nobody has it open; tell what it shows so far."""
    found = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux' way to say that it is over
            break
        if not piece:
            break
        found += piece
        on_change(COLOUR.sub("", found.decode(errors="replace")))
    os.close(terminal)
    return found.decode()
