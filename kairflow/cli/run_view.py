"""A run as it goes on: a live table on a terminal, a line for each change in a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from rich.live import Live
from rich.table import Table
from rich.text import Text

from kairflow.cli.report import messages, print_line, visible

if TYPE_CHECKING:
    from kairflow.deploy.airflow_run import Progress
    from kairflow.deploy.airflow_values import Task

_STYLES = {
    "success": "green",
    "running": "cyan",
    "failed": "bold red",
    "upstream_failed": "red",
    "up_for_retry": "yellow",
}
_FIRST = ("failed", "running", "up_for_retry", "queued", "scheduled")
"""What people look for first, when there are more tasks than lines."""

_AROUND = 8
"""Lines of a terminal that the rows of the table leave for all else."""


class View(Protocol):
    """Where progress is shown."""

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""


@contextmanager
def watching(*, quiet: bool) -> Iterator[View]:
    """Yield what shows a run until the block ends."""
    console = messages()
    if quiet:
        yield _Silence()
    elif console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield _LiveTable(live)
    else:
        yield _Lines()


class _Silence:
    def show(self, progress: Progress) -> None:
        pass


class _Lines:
    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def show(self, progress: Progress) -> None:
        for task in progress.tasks:
            self._say(f"task {task.task_id}", task.state, _seconds(task))
        self._say("run", progress.run.state, "")

    def _say(self, name: str, state: str | None, seconds: str) -> None:
        if state is None or self._seen.get(name) == state:
            return
        self._seen[name] = state
        took = f" after {seconds} s" if seconds and state in ("success", "failed") else ""
        print_line(f"{datetime.now(timezone.utc):%H:%M:%S} {name}: {state}{took}")


class _LiveTable:
    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, progress: Progress) -> None:
        rows = max(self._live.console.height - _AROUND, 3)
        self._live.update(table_of(progress, rows), refresh=True)


def table_of(progress: Progress, rows: int) -> Table:
    """Lay a run out: at most that many tasks, and how many there are in each state."""
    states = Counter(task.state or "waiting" for task in progress.tasks)
    summary = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    title = Text(f"Run {visible(progress.run.run_id)}: {visible(progress.run.state)}")
    table = Table(
        title=title,
        min_width=title.cell_len,  # the title would be broken at the table's width
        title_justify="left",
        title_style="bold",
        caption=Text(visible(summary)),
        caption_justify="left",
    )
    table.add_column("Task", overflow="fold")
    table.add_column("State")
    table.add_column("Seconds", justify="right")
    shown = chosen(progress.tasks, rows)
    for task in shown:
        state = task.state or "waiting"
        style = _STYLES.get(state, "dim")
        name = Text(visible(task.task_id))
        table.add_row(name, Text(visible(state), style=style), _seconds(task))
    if len(shown) < len(progress.tasks):
        table.add_row(f"… and {len(progress.tasks) - len(shown)} more", "", "")
    return table


def chosen(tasks: Iterable[Task], rows: int) -> Sequence[Task]:
    """Return the tasks that a table has room for, in the order in which they started."""
    known = sorted(tasks, key=lambda task: (task.start is None, task.start or "", task.task_id))
    if len(known) <= rows:
        return known
    urgent = {state: place for place, state in enumerate(_FIRST)}
    ranked = sorted(known, key=lambda task: urgent.get(task.state or "", len(urgent)))
    kept = {id(task) for task in ranked[:rows]}
    return [task for task in known if id(task) in kept]


def _seconds(task: Task) -> str:
    """Return how long a task took; or, while it runs, nothing: the clocks may differ."""
    if task.start is None or task.end is None:
        return ""
    start, end = _moment(task.start), _moment(task.end)
    return "" if start is None or end is None else f"{(end - start).total_seconds():.1f}"


def _moment(text: str) -> datetime | None:
    try:
        # Python 3.10 does not know that Z is UTC.
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
