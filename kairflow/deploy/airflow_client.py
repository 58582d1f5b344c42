"""The questions that are put to an Airflow server of either line; it prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kairflow.deploy import airflow_values as values
from kairflow.deploy.airflow_http import Clock, Connection
from kairflow.deploy.airflow_protocol import VERSIONS, Line, Request, Requests, version_request
from kairflow.deploy.airflow_values import Dag, ImportFailure, Run, Task
from kairflow.errors import (
    AirflowError,
    Code,
    ConflictError,
    Diagnostic,
    NotFoundError,
    ServerBrokenError,
)

TASK_READS = 3
"""How often the tasks of a run are read at most, to see each of them."""


class AirflowClient:
    """A server of a known line, and the questions that can be put to it.

    Every method raises an `AirflowError` when the server cannot be reached, refuses or fails.
    """

    def __init__(self, connection: Connection) -> None:
        """Take a connection to a server; `find_line` must come before all other questions."""
        self.version = ""
        self._connection = connection
        self._ask = connection.ask
        self._requests = Requests("3")

    @property
    def host(self) -> str:
        """Return the server's address, without a slash at its end."""
        return self._connection.host

    @property
    def ca_file(self) -> str | None:
        """Return the file of certificates that the server is trusted by, if one was named."""
        return self._connection.ca_file

    @property
    def clock(self) -> Clock:
        """Return the clock that waiting goes by."""
        return self._connection.clock

    @property
    def line(self) -> Line:
        """Return which REST API the server speaks."""
        return self._requests.line

    def find_line(self) -> None:
        """Ask for the version: the path that answers tells the line.

        Raises:
            NotFoundError: neither path exists, so no Airflow answers at this address.
            ServerBrokenError: something else answers there.
        """
        page: AirflowError | None = None
        for line in VERSIONS:
            try:
                found = self._ask(version_request(line))
                self.version = values.read_version(found)
            except (NotFoundError, ServerBrokenError) as error:
                if not _is_elsewhere(error):
                    raise
                page = page if isinstance(error, NotFoundError) else error
                continue
            self._requests = Requests(line)
            self._connection.line = line
            return
        if page is not None:  # something answers, such as a proxy with its login page
            raise page
        paths = " nor at ".join(VERSIONS.values())
        message, hint = f"no Airflow answers at {paths}", "check the address, and its path if any"
        raise NotFoundError([Diagnostic(Code.AIRFLOW_NOT_FOUND, message, self.host, hint)])

    def dag(self, dag_id: str) -> Dag | None:
        """Return a DAG; None when the server does not know it."""
        try:
            return values.read_dag(self._ask(self._requests.dag(dag_id)))
        except NotFoundError:
            return None

    def dags(self) -> Iterator[Dag]:
        """Yield all DAGs whose files are there, by id."""
        yield from map(values.read_dag, self._pages(self._requests.dags, "dags"))

    def import_failures(self) -> Iterator[ImportFailure]:
        """Yield the files that the server cannot import."""
        found = self._pages(self._requests.import_errors, "import_errors")
        yield from map(values.read_failure, found)

    def parse_file(self, token: str) -> bool:
        """Ask the server to read a file before all others; False when it will not.

        It will not where the account may not ask, the server is too old, or was asked already: the
        file is then read in its turn.
        """
        try:
            self._ask(self._requests.parse(token))
        except AirflowError:
            return False
        return True

    def set_paused(self, dag_id: str, *, paused: bool) -> None:
        """Pause a DAG, or let it run."""
        self._ask(self._requests.pause(dag_id, paused=paused))

    def delete_dag(self, dag_id: str) -> bool:
        """Delete the record of a DAG with all its runs; False when there was none."""
        try:
            self._ask(self._requests.delete_dag(dag_id))
        except NotFoundError:
            return False
        return True

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any], logical_date: str) -> Run:
        """Start the run `run_id`; one of that name which is there already is the same run."""
        request = self._requests.trigger(dag_id, run_id, conf, logical_date)
        try:
            return values.read_run(self._ask(request))
        except ConflictError:
            # An answer was lost, and the request before this one has made the run.
            found = self.run(dag_id, run_id)
            if found is None:
                raise
            return found

    def run(self, dag_id: str, run_id: str) -> Run | None:
        """Return a run of a DAG; None when there is none."""
        try:
            return values.read_run(self._ask(self._requests.run(dag_id, run_id)))
        except NotFoundError:
            return None

    def last_run(self, dag_id: str) -> Run | None:
        """Return the newest run of a DAG; None when it never ran."""
        try:
            found = self._ask(self._requests.last_run(dag_id))
        except NotFoundError:  # it has just gone
            return None
        entries, _ = values.read_page(found, "dag_runs")
        return values.read_run(entries[0]) if entries else None

    def tasks(self, dag_id: str, run_id: str) -> tuple[Task, ...]:
        """Return all tasks of a run, each once.

        Line 2 gives pages no order: tasks that change meanwhile may stand on two pages, or on none.
        """

        def page(offset: int) -> Request:
            return self._requests.tasks(dag_id, run_id, offset)

        found = dict[str, Task]()
        for _ in range(TASK_READS):
            entries = [values.read_task(one) for one in self._pages(page, "task_instances")]
            found.update((task.task_id, task) for task in entries)
            if len(found) >= len(entries):
                break
        return tuple(found.values())

    def log(self, dag_id: str, run_id: str, task: Task) -> list[str]:
        """Return the lines of the log of a task's last try."""
        request = self._requests.log(dag_id, run_id, task.task_id, max(task.try_number, 1))
        text = "\n".join(values.read_log(self._ask(request)))
        return self._connection.hidden(text).split("\n") if text else []

    def server_time(self) -> float:
        """Return the server's time at its last answer, in seconds since 1970; else our own."""
        return self._connection.server_time()

    def _pages(self, page: Callable[[int], Request], key: str) -> Iterator[Any]:
        offset, before = 0, list[Any]()
        while True:
            entries, total = values.read_page(self._ask(page(offset)), key)
            if entries == before:  # also when both are empty; a server may not know of pages
                return
            yield from entries
            offset, before = offset + len(entries), entries
            if not entries or offset >= total:
                return


def _is_elsewhere(error: AirflowError) -> bool:
    """Whether the path was not there, rather than the server in trouble."""
    return isinstance(error, NotFoundError) or error.diagnostics[0].code is Code.AIRFLOW_ANSWER
