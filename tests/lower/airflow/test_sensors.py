"""DAGs to wait for: a sensor each, with a legal id that nobody else has."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, Severity
from kairflow.ir import digest
from kairflow.lower.airflow.options import AirflowLine, Options
from tests.ir_documents import free_text, node
from tests.lower.airflow.lowered import EVERYWHERE, document, name_of, refusals, text_of, warnings
from tests.lower.airflow.reading import FrameTask, read_dag
from tests.lower.airflow.rendering import templated

CRON = {"cron_expression": "@daily"}


def sensors(text: str) -> list[FrameTask]:
    return [task for task in read_dag(text).frame if task.role == "sensor"]


def waiting_for(*awaited: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    text = text_of(document(external_dependencies=awaited, **settings))
    return [task.keywords for task in sensors(text)]


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
def test_a_sensor_says_all_that_was_asked_for(options: Options) -> None:
    awaited = {
        "dag_id": "up",
        "task_id": "etl.last",
        "timeout": 2,
        "check_existence": False,
        "execution_delta": 90,
    }
    text = text_of(document(external_dependencies=[awaited]), options)
    (found,) = sensors(text)
    assert found.keywords == {
        "task_id": "wait_for_up.etl.last",
        "external_dag_id": "up",
        "external_task_id": "etl.last",
        "execution_delta": "timedelta(minutes=90)",
        "check_existence": False,
        "timeout": 120,
        "mode": "reschedule",
        "deferrable": False,
    }


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
def test_a_dag_without_sensors_is_that_of_a_project_without_dependencies(options: Options) -> None:
    """Digests aside: the DAG still says which document it was made from."""
    alone = dataclasses.replace(options, by_hand=True)
    doc = document(external_dependencies=[{"dag_id": "up"}])
    text = text_of(doc, alone)
    assert sensors(text) == []
    assert digest(doc)[:16] in text
    digests = r"[0-9a-f]{16,64}"
    bare = text_of(document(), alone)
    assert re.sub(digests, "", text) == re.sub(digests, "", bare)
    assert warnings(doc, alone) == warnings(document(), alone)


def test_the_defaults_are_the_predecessors() -> None:
    (found,) = waiting_for({"dag_id": "up"})
    assert (found["timeout"], found["check_existence"]) == (1440 * 60, True)
    assert not {"execution_delta", "external_task_id"} & set(found)


def test_several_that_wait_for_one_dag_have_different_ids() -> None:
    same = [
        {"dag_id": "up"},
        {"dag_id": "up"},
        {"dag_id": "up", "task_id": "t"},
        {"dag_id": "up.t"},
    ]
    found = waiting_for(*same)
    assert len({one["task_id"] for one in found}) == 4
    assert [one["external_dag_id"] for one in found] == ["up", "up", "up", "up.t"]


def test_a_sensor_gives_way_to_a_node_of_its_name() -> None:
    nodes = [node("wait_for_up"), node("wait_for_up_2")]
    dag = read_dag(text_of(document(*nodes, external_dependencies=[{"dag_id": "up"}])))
    assert [task.task_id for task in dag.tasks] == ["wait_for_up", "wait_for_up_2"]
    (sensor,) = dag.frame
    assert sensor.task_id not in ("wait_for_up", "wait_for_up_2")
    assert set(dag.frame_edges) == {
        (sensor.task_id, "wait_for_up"),
        (sensor.task_id, "wait_for_up_2"),
    }


@settings(max_examples=100)
@given(st.lists(free_text().map(lambda text: text.replace("\0", "")).filter(bool), max_size=4))
def test_ids_are_legal_and_names_arrive_as_typed(dag_ids: list[str]) -> None:
    awaited = [{"dag_id": name, "task_id": name} for name in dag_ids]
    text = text_of(document(external_dependencies=awaited))
    ids = [task.task_id for task in sensors(text)]
    assert len(ids) == len(set(ids)) == len(dag_ids)
    assert all(re.fullmatch(r"[\w.-]{1,250}", task_id) for task_id in ids)
    fields = [one for one in templated(text) if one.operator == "ExternalTaskSensor"]
    assert [one.arrive({}) for one in fields] == [name for name in dag_ids for _ in range(2)]


def test_long_names_stay_different_and_short_enough() -> None:
    found = waiting_for(*({"dag_id": "x" * 250} for _ in range(3)))
    ids = [one["task_id"] for one in found]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 250


@pytest.mark.parametrize("line", AirflowLine)
def test_airflow_3_does_not_look_whether_a_dag_exists(line: AirflowLine) -> None:
    def said(**awaited: Any) -> list[str]:
        doc = document(external_dependencies=[{"dag_id": "up", **awaited}], **CRON)
        found = warnings(doc, Options(line))
        assert {one.severity for one in found} <= {Severity.WARNING}
        assert {one.where for one in found} <= {"run_config.external_dependencies"}
        return [one.message for one in found]

    dates = ["on Airflow 3 a DAG whose schedule is a plain cron text stands for the moment it "]
    starts = said(check_existence=False)
    assert [text[: len(dates[0])] for text in starts] == ([] if line.is_2 else dates)
    (*existence,) = (text for text in said() if text not in starts)
    assert len(existence) == (0 if line.is_2 else 1)
    assert all("does not check that a DAG exists" in text for text in existence)


def test_the_dates_of_triggered_dags_are_alike() -> None:
    awaited = [{"dag_id": "up", "check_existence": False}]
    doc = document(external_dependencies=awaited, timetable="trigger", **CRON)
    assert not warnings(doc)


def test_a_dag_does_not_wait_for_itself() -> None:
    (refusal,) = refusals(document(external_dependencies=[{"dag_id": "shop"}], run_name="shop"))
    assert refusal.code is Code.NAME_INVALID
    doc = document(external_dependencies=[{"dag_id": "shop", "execution_delta": 60}], **CRON)
    assert text_of(doc)


def test_a_dag_without_schedule_has_no_date_to_wait_for() -> None:
    awaited = [{"dag_id": "up", "check_existence": False}]
    (warning,) = warnings(document(external_dependencies=awaited, cron_expression=None))
    assert warning.severity is Severity.WARNING
    assert "schedule" in warning.message
