"""A run as people see it: a table that fits, or a line per change; nothing moves the cursor."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from kairflow.cli import report, run_view
from kairflow.cli.run_view import chosen, table_of, watching
from kairflow.deploy.airflow_run import Progress
from kairflow.deploy.airflow_values import Run, Task


def task(
    task_id: str, state: str | None = "success", second: int | None = 0, took: int = 2
) -> Task:
    if second is None:
        return Task(task_id, state, None, None, 0)
    start = f"2027-01-15T08:00:{second:02}.000000Z"
    end = f"2027-01-15T08:00:{second + took:02}.500000+00:00"
    return Task(task_id, state, start, end if state in ("success", "failed") else None, 1)


def progress(*tasks: Task, state: str = "running", run_id: str = "r1") -> Progress:
    return Progress(Run(run_id, state, None, None), tasks)


def drawn(shown: Progress, rows: int = 50, *, markup: bool = True) -> str:
    """Draw a table on a console that takes more for markup than ours does."""
    stream = io.StringIO()
    Console(file=stream, width=100, markup=markup, emoji=markup).print(table_of(shown, rows))
    return stream.getvalue()


def rows_of(text: str) -> list[list[str]]:
    found = [line for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in found]


# Lines


def lines(capsys: pytest.CaptureFixture[str], *steps: Progress, quiet: bool = False) -> list[str]:
    with watching(quiet=quiet) as view:
        for step in steps:
            view.show(step)
    captured = capsys.readouterr()
    assert captured.out == "", "standard output is for the product"
    found = captured.err.splitlines()
    assert all(line[2] == line[5] == ":" and line[8] == " " for line in found), "each has the time"
    return [line[9:] for line in found]


def test_in_a_pipe_there_is_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    first = progress(task("a", "queued", None), task("b", None, None), state="queued")
    second = progress(task("a", "running"), task("b", None, None))
    third = progress(task("a"), task("b", "running"))
    last = progress(task("a"), task("b", "failed", 3, took=4), state="failed")
    found = lines(capsys, first, first, second, second, second, third, last, last)
    assert found == [
        "task a: queued",
        "run: queued",
        "task a: running",
        "run: running",
        "task a: success after 2.5 s",
        "task b: running",
        "task b: failed after 4.5 s",
        "run: failed",
    ]


def test_a_task_that_is_tried_again_is_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    states = ("running", "up_for_retry", "running", "success")
    found = lines(capsys, *(progress(task("a", state)) for state in states))
    assert [line for line in found if "task" in line] == [
        "task a: running",
        "task a: up_for_retry",
        "task a: running",
        "task a: success after 2.5 s",
    ]


def test_a_task_may_be_called_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, progress(task("run"))) == ["task run: success after 2.5 s", "run: running"]


def test_the_quiet_hear_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, progress(task("a")), quiet=True) == []


HOSTILE = "a\x1b[2Jb\rc\nd\u202ee[red]f[/red]:smile:"
SPELT = "a\\x1b[2Jb\\rc\\nd\\u202ee[red]f[/red]:smile:"


def test_hostile_names_are_spelt_out_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = progress(task(HOSTILE, HOSTILE), state=HOSTILE)
    assert lines(capsys, hostile) == [f"task {SPELT}: {SPELT}", f"run: {SPELT}"]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2027-01-15T08:00:00+00:00", "2027-01-15T09:00:00+01:00", "0.0"),
        ("2027-01-15T08:00:00", "2027-01-15T08:01:00Z", "60.0"),
        (None, "2027-01-15T08:01:00Z", ""),
        ("2027-01-15T08:00:00Z", None, ""),
        ("yesterday", "2027-01-15T08:01:00Z", ""),
        ("2027-01-15T08:00:00Z", "", ""),
    ],
)
def test_seconds_are_told_where_both_times_are_known(
    capsys: pytest.CaptureFixture[str], start: str | None, end: str | None, said: str
) -> None:
    shown = progress(Task("a", "success", start, end, 1))
    took = f" after {said} s" if said else ""
    assert lines(capsys, shown) == [f"task a: success{took}", "run: running"]
    assert rows_of(drawn(shown)) == [["a", "success", said]]


# The table


def test_a_table_holds_all_tasks_when_there_is_room() -> None:
    shown = progress(task("b", "running", 5), task("a", second=1), task("c", None, None))
    text = drawn(shown)
    assert "Run r1: running" in text
    assert rows_of(text) == [["a", "success", "2.5"], ["b", "running", ""], ["c", "waiting", ""]]
    assert "1 running, 1 success, 1 waiting" in " ".join(text.split())


MANY = [
    *(task(f"done{number:03}", second=number % 50) for number in range(300)),
    *(task(f"next{number:03}", None, None) for number in range(300)),
    task("busy", "running", 40),
    task("broken", "failed", 10),
    task("again", "up_for_retry", 20),
]


@pytest.mark.parametrize("rows", [3, 4, 10, 100, 603, 1000])
def test_a_table_has_no_more_rows_than_it_may(rows: int) -> None:
    text = drawn(progress(*MANY), rows)
    found = [row[0] for row in rows_of(text)]
    if rows < len(MANY):
        assert found.pop() == f"… and {len(MANY) - rows} more"
    assert len(found) == min(rows, len(MANY))
    assert {"busy", "broken", "again"} <= set(found)
    assert "1 failed, 1 running, 300 success, 1 up_for_retry, 300 waiting" in " ".join(text.split())


def test_what_has_failed_comes_before_all_else_but_stands_in_order() -> None:
    tasks = [task(f"t{number}", "running", number) for number in range(9)]
    tasks.append(task("broken", "failed", 8))
    assert [one.task_id for one in chosen(tasks, 3)] == ["t0", "t1", "broken"]


def test_tasks_of_one_name_are_counted_each() -> None:
    """As mapped tasks are, which share a name."""
    same = [task("mapped", "running", number) for number in range(30)]
    assert len(chosen(same, 4)) == 4
    assert len(rows_of(drawn(progress(*same), 4))) == 5


@pytest.mark.parametrize("markup", [True, False])
def test_hostile_names_are_spelt_out_in_a_table(markup: bool) -> None:
    hostile = progress(task(HOSTILE, HOSTILE), state=HOSTILE, run_id=HOSTILE)
    text = drawn(hostile, markup=markup)
    flat = "".join(text.split())
    assert not any(not character.isprintable() for character in text.replace("\n", ""))
    assert f"Run{SPELT}:{SPELT}" in flat
    assert f"1{SPELT}" in flat, "in the caption, which counts the states"
    assert ["".join(part) for part in zip(*rows_of(text), strict=True)][:2] == [SPELT, SPELT]


def test_on_a_terminal_there_is_a_table_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    console: Any = Console(file=stream, force_terminal=True, width=60, height=20, color_system=None)
    monkeypatch.setattr(run_view, "messages", lambda: console)
    with watching(quiet=False) as view:
        view.show(progress(*MANY))
    assert len(rows_of(stream.getvalue().rsplit("Run r1", 1)[1])) == 20 - 8 + 1


def test_what_takes_its_time_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address may look like rich's markup."""
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(report, "messages", lambda: terminal)
    with report.working("Uploading gs://bucket/a[/b]/[bold]x.py", quiet=False):
        pass
    assert "Uploading gs://bucket/a[/b]/[bold]x.py" in screen.getvalue()
