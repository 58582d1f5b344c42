"""DAGs to wait for, as sensors in front of everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import ExternalDependency
from kairflow.lower.airflow import names
from kairflow.lower.airflow.model import Duration, Sensor
from kairflow.lower.airflow.options import AirflowLine
from kairflow.lower.airflow.templates import as_typed


def task_ids(awaited: Sequence[ExternalDependency], taken: Collection[str]) -> tuple[str, ...]:
    """Name a task for each dependency: legal, and all different."""
    wanted = (names.airflow_id(f"wait_for_{_name(one)}") for one in awaited)
    return names.different(wanted, taken)


def _name(awaited: ExternalDependency) -> str:
    return awaited.dag_id if awaited.task_id is None else f"{awaited.dag_id}.{awaited.task_id}"


def check(
    awaited: Sequence[ExternalDependency], dag_id: str, line: AirflowLine, timetable: str | None
) -> Iterator[Diagnostic]:
    """Warn about what a sensor cannot do; without a timetable nothing is scheduled."""
    where, warning = "run_config.external_dependencies", Severity.WARNING
    if any(one.dag_id == dag_id and one.execution_delta == 0 for one in awaited):
        message = f"DAG {dag_id!r} would wait for the very run that waits"
        hint = "set an execution_delta, or name another DAG"
        yield Diagnostic(Code.NAME_INVALID, message, where, hint)
    if not line.is_2 and any(one.check_existence for one in awaited):
        message = "Airflow 3 does not check that a DAG exists: it waits for any name until timeout"
        hint = "see that the names are right, or set check_existence to false"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)
    if not line.is_2 and awaited and timetable == "interval":
        message = (
            "on Airflow 3 a DAG whose schedule is a plain cron text stands for the moment it "
            "starts, this one for the interval that ended: the dates are one interval apart"
        )
        hint = "for such DAGs set run_config.timetable to trigger, or execution_delta below zero"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)
    if awaited and timetable is None:
        message = "a sensor looks for a run of the same date, and a DAG without schedule has none"
        hint = "give the DAG the schedule of those it waits for"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)


def lower_sensors(
    awaited: Sequence[ExternalDependency], ids: Sequence[str], variables: Sequence[str]
) -> tuple[Sensor, ...]:
    """Decide how to wait for each dependency."""
    return tuple(
        Sensor(
            task_id=task_id,
            variable=variable,
            dag_id=as_typed(one.dag_id, ()),
            awaited_task=as_typed(one.task_id, ()) if one.task_id is not None else None,
            timeout_seconds=one.timeout * 60,
            check_existence=one.check_existence,
            earlier=Duration(one.execution_delta, "minutes") if one.execution_delta else None,
        )
        for one, task_id, variable in zip(awaited, ids, variables, strict=True)
    )
