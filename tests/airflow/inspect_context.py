"""What Airflow hands to the templates of a task, built by Airflow itself on either line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import Mock, patch
from uuid import UUID

LOGICAL_DATE = datetime(2024, 5, 6, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Run:
    """The run that the templates see: its settings, and whether it stands for a date."""

    conf: dict[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = LOGICAL_DATE

    @property
    def run_type(self) -> str:
        return "scheduled" if self.logical_date else "manual"

    @property
    def run_id(self) -> str:
        return f"{self.run_type}__2024-05-07T00:00:00+00:00"

    @property
    def end(self) -> datetime | None:
        return self.logical_date and self.logical_date + timedelta(days=1)


def is_line_2() -> bool:
    from airflow import __version__

    return bool(__version__.startswith("2."))


@contextmanager
def template_context(dag: Any, task: Any, run: Run) -> Iterator[Any]:
    """Yield the context; on line 2 the answers of the database are: nothing ran before."""
    if not is_line_2():
        yield _task_instance_3(dag, task, run).get_template_context()
        return
    from airflow.models.taskinstance import TaskInstance

    nothing = patch.multiple(
        TaskInstance,
        get_previous_dagrun=lambda *_, **__: None,
        get_previous_execution_date=lambda *_, **__: None,
        xcom_pull=_xcom_pull,
    )
    with nothing:
        yield _task_instance_2(dag, task, run).get_template_context(ignore_param_exceptions=False)


def _xcom_pull(
    _: Any, task_ids: Any = None, *__: Any, key: str = "return_value", **___: Any
) -> str:
    return f"<xcom {task_ids} {key}>"


def _task_instance_2(dag: Any, task: Any, run: Run) -> Any:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    assert run.logical_date, "a run of Airflow 2 has a logical date"
    task_instance = TaskInstance(task.prepare_for_execution(), run_id=run.run_id, state="running")
    task_instance.try_number = 1
    task_instance.dag_run = DagRun(
        dag_id=dag.dag_id,
        run_id=run.run_id,
        run_type=run.run_type,
        state="running",
        execution_date=run.logical_date,
        data_interval=(run.logical_date, run.end),
        start_date=run.end,
        external_trigger=False,
        conf=run.conf,
    )
    return task_instance


def _task_instance_3(dag: Any, task: Any, run: Run) -> Any:
    from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    class TaskInstance(RuntimeTaskInstance):  # type: ignore[misc]
        xcom_pull = _xcom_pull

    dag_run = DagRun.model_construct(
        dag_id=dag.dag_id,
        run_id=run.run_id,
        run_type=run.run_type,
        state="running",
        logical_date=run.logical_date,
        data_interval_start=run.logical_date,
        data_interval_end=run.end,
        run_after=LOGICAL_DATE + timedelta(days=1),
        start_date=LOGICAL_DATE + timedelta(days=1),
        conf=run.conf,
        consumed_asset_events=[],
        partition_key=None,
    )
    return TaskInstance.model_construct(
        id=UUID(int=1),
        dag_version_id=UUID(int=2),
        dag_id=dag.dag_id,
        run_id=run.run_id,
        task_id=task.task_id,
        try_number=1,
        map_index=-1,
        task=task.prepare_for_execution(),
        start_date=dag_run.start_date,
        bundle_instance=Mock(version=None),
        _ti_context_from_server=TIRunContext.model_construct(dag_run=dag_run, max_tries=0),
    )
