"""How Airflow understood the DAG and its tasks: in its database, and when it serialises the DAG."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.airflow.every_key import configuration as c
from tests.airflow.every_key.checking import Check, Runs, expects


def _of_dag(field: str, wanted: object) -> Check:
    def check(runs: Runs) -> None:
        assert runs.full.view["dag"][field] == wanted
        assert runs.alone.view["dag"].get(field) != wanted

    return check


expects("catchup")(_of_dag("catchup", True))
expects("max_active_runs")(_of_dag("max_active_runs", 3))
expects("description")(_of_dag("description", "Looks at {{ everything }}"))
expects("start_date")(_of_dag("start_date", "2025-02-03T00:00:00+00:00"))


@expects("cron_expression")
def cron_expression(runs: Runs) -> None:
    timetables = [one.view["dag"]["timetable"]["__var"] for one in (runs.full, runs.alone)]
    assert [one["expression"] for one in timetables] == ["30 4 * * 1-5", "0 0 * * *"]


@expects("timezone")
def timezone(runs: Runs) -> None:
    timetables = [one.view["dag"]["timetable"]["__var"] for one in (runs.full, runs.alone)]
    assert [one["timezone"] for one in timetables] == ["Asia/Kolkata", "UTC"]


@expects("timetable")
def timetable(runs: Runs) -> None:
    kinds = [one.view["dag"]["timetable"]["__type"] for one in (runs.full, runs.alone)]
    names = [kind.rpartition(".")[2] for kind in kinds]
    assert names == ["CronTriggerTimetable", "CronDataIntervalTimetable"]


@expects("startup_timeout")
def startup_timeout(runs: Runs) -> None:
    found = [runs.full.view["tasks"][name]["startup_timeout_seconds"] for name in PODS]
    assert found == [300, 300, 300]


PODS = ("observe", "compare", "break_down")
ATTRIBUTES = {
    "retry_backoff": "retry_exponential_backoff",
    "priority": "priority_weight",
}
"""Where Airflow has another name for what the configuration asks for."""

IN_DATABASE = {"retries": "max_tries", "pool": "pool", "pool_slots": "pool_slots"}
"""What the row of a task instance tells, too."""

SEEN_IN_PODS = ("deferrable", "nodes.<node>.retries", "nodes.<node>.retry_delay")
"""What has a check of its own below."""

LEVELS: dict[str, tuple[dict[str, Any], str]] = {
    "": (c.EVERY_TASK, "compare"),
    "resources.<class>.": (c.RICH, "observe"),
    "nodes.<node>.": (c.NODE, "break_down"),
}
"""Who can ask for an execution, with what it asks here, and a task that listens to it."""


def _asked(key: str, asked: dict[str, Any], task_id: str) -> Check:
    def check(runs: Runs) -> None:
        found = runs.full.view["tasks"][task_id][ATTRIBUTES.get(key, key)]
        assert found == asked[key]
        if column := IN_DATABASE.get(key):
            assert runs.full.task_instances[task_id][column] == asked[key]

    return check


for _prefix, (_level, _task_id) in LEVELS.items():
    for _key in c.EVERY_TASK:
        if f"{_prefix}{_key}" not in SEEN_IN_PODS:
            expects(f"{_prefix}{_key}")(_asked(_key, _level, _task_id))


@expects("deferrable")
def deferrable(runs: Runs) -> None:
    """What was deferred on line 3 had a trigger; `dags test` of line 2 is spared that."""
    found = {name: runs.full.view["tasks"][name]["deferrable"] for name in PODS}
    assert found == {"observe": False, "compare": True, "break_down": True}
    if runs.full.line == "3":
        rows = runs.full.task_instances
        assert [rows[name]["trigger_id"] is not None for name in PODS] == [False, True, True]


@expects("nodes.<node>.retries")
def tries(runs: Runs) -> None:
    numbers = [pod["metadata"]["labels"]["try_number"] for pod in runs.full.pods_of("break_down")]
    assert numbers == ["1", "2"]


@expects("nodes.<node>.retry_delay")
def retry_delay(runs: Runs) -> None:
    first, second = runs.full.pods_of("break_down")
    (status,) = first["status"]["containerStatuses"]
    ended = datetime.fromisoformat(status["state"]["terminated"]["finishedAt"])
    began = datetime.fromisoformat(second["metadata"]["creationTimestamp"])
    assert (began - ended).total_seconds() >= c.NODE["retry_delay"]
