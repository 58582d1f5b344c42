"""What stands around the pipeline, and how it is joined to it."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.ir import Document
from kairflow.ir.model import Node
from kairflow.lower.airflow.options import Options
from tests.ir_documents import node
from tests.lower.airflow.lowered import CHAIN, document, local, pods, refusals, text_of
from tests.lower.airflow.reading import ReadDag, operator_parts, read_dag

CREATE, FILL, DELETE = "create_pipeline_storage", "data_volume_init", "delete_pipeline_storage"
START, END = "start_mlflow_run", "end_mlflow_run"
MLFLOW: dict[str, Any] = {"mlflow": {"tracking_uri": "http://mlflow:5000"}}
TWO_ENDS = (node("a", [], ["x"]), node("b", [], ["y"]), node("c", ["x"]), node("d", ["x", "y"]))
"""Roots a and b, leaves c and d."""
CLAIMS = {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}]}}


def read(*nodes: Node, options: Options | None = None, **settings: Any) -> ReadDag:
    return read_dag(text_of(document(*nodes, **settings), options))


def roles(dag: ReadDag) -> dict[str, str]:
    return {task.task_id: task.role for task in dag.frame}


def test_a_volume_is_made_filled_and_deleted() -> None:
    dag = read(*TWO_ENDS, volume={})
    assert roles(dag) == {CREATE: "setup", FILL: "setup", DELETE: "teardown"}
    assert set(dag.frame_edges) == {
        *((CREATE, FILL), (FILL, "a"), (FILL, "b"), ("c", DELETE), ("d", DELETE)),
    }
    assert CREATE in dag.in_frame(DELETE).setups


def test_a_volume_that_is_kept_after_failures_is_no_setup_and_no_teardown() -> None:
    """Airflow clears setups together with a task, and a cleared one would find nothing."""
    dag = read(*TWO_ENDS, volume={"keep": "on_failure"})
    assert roles(dag) == {CREATE: "plain", FILL: "plain", DELETE: "plain"}
    assert "trigger_rule" not in dag.in_frame(DELETE).keywords
    assert {("c", DELETE), ("d", DELETE)} <= set(dag.frame_edges)


def test_a_volume_that_is_always_kept_is_deleted_by_nobody() -> None:
    dag = read(*TWO_ENDS, volume={"keep": "always"})
    assert set(roles(dag)) == {CREATE, FILL}
    assert set(dag.frame_edges) == {(CREATE, FILL), (FILL, "a"), (FILL, "b")}
    assert "def delete_claim" not in text_of(document(*TWO_ENDS, volume={"keep": "always"}))


def test_a_volume_need_not_be_filled() -> None:
    dag = read(*CHAIN, volume={"skip_init": True})
    assert set(roles(dag)) == {CREATE, DELETE}
    assert set(dag.frame_edges) == {(CREATE, "a"), ("c", DELETE)}


@pytest.mark.parametrize("options", [pods(), local()], ids=["kubernetes", "local"])
def test_without_volume_mlflow_and_sensors_there_is_no_frame(options: Options) -> None:
    dag = read(*CHAIN, options=options)
    assert (dag.frame, dag.frame_edges) == ((), ())


def test_processes_need_no_volume() -> None:
    assert read(*CHAIN, options=local(), volume={}).frame == ()


def templated(template: Any, *, all_of_them: bool = True, **settings: Any) -> Document:
    wishes = {one.name: {"pod_template": "own"} for one in CHAIN[: None if all_of_them else 1]}
    pod = {"own": {"template": template}}
    return document(*CHAIN, kubernetes_pod_templates=pod, nodes=wishes, volume={}, **settings)


def test_pods_of_the_users_own_have_no_volume_built_in() -> None:
    dag = read_dag(text_of(templated({"kind": "Pod"})))
    assert (dag.frame, dag.frame_edges) == ((), ())


def test_a_pod_of_the_users_own_may_ask_for_the_volume() -> None:
    assert set(roles(read_dag(text_of(templated(CLAIMS))))) == {CREATE, FILL, DELETE}


def test_one_pod_without_a_template_is_reason_enough_for_a_volume() -> None:
    text = text_of(templated({"kind": "Pod"}, all_of_them=False))
    dag = read_dag(text)
    assert set(roles(dag)) == {CREATE, FILL, DELETE}
    assert [task.template for task in dag.tasks] == ["OWN_POD", None, None]


@pytest.mark.parametrize("options", [pods(), local()], ids=["kubernetes", "local"])
def test_an_mlflow_run_is_started_before_and_ended_after_all(options: Options) -> None:
    dag = read(*TWO_ENDS, options=options, **MLFLOW)
    assert roles(dag) == {START: "setup", END: "teardown"}
    assert dag.in_frame(END).setups == (START,)
    expected = {(START, "a"), (START, "b"), ("c", END), ("d", END)}
    assert set(dag.frame_edges) == expected


@pytest.mark.parametrize(
    "mlflow", [None, {"disabled": True, "tracking_uri": "http://mlflow:5000"}, {}]
)
def test_without_an_address_or_disabled_there_is_no_mlflow_run(mlflow: Any) -> None:
    text = text_of(document(*CHAIN, mlflow=mlflow))
    assert read_dag(text).frame == ()
    assert "MLFLOW_RUN_ID" not in text
    assert "httpx" not in text


def test_volume_and_mlflow_run_stand_side_by_side() -> None:
    dag = read(*CHAIN, volume={}, **MLFLOW)
    assert set(dag.frame_edges) == {
        *((CREATE, FILL), (FILL, "a"), (START, "a"), ("c", DELETE), ("c", END)),
    }


def sensors(dag: ReadDag) -> list[str]:
    return [task.task_id for task in dag.frame if task.role == "sensor"]


def test_sensors_stand_before_the_setups_so_that_nobody_holds_a_claim_for_a_day() -> None:
    awaited = [{"dag_id": "up"}, {"dag_id": "down"}]
    dag = read(*TWO_ENDS, volume={}, external_dependencies=awaited, **MLFLOW)
    before = {(a, b) for a, b in dag.frame_edges if a in sensors(dag)}
    assert len(sensors(dag)) == 2
    assert before == {(sensor, first) for sensor in sensors(dag) for first in (CREATE, START)}


def test_sensors_alone_stand_before_every_first_task() -> None:
    dag = read(*TWO_ENDS, external_dependencies=[{"dag_id": "up"}])
    (sensor,) = sensors(dag)
    assert set(dag.frame_edges) == {(sensor, "a"), (sensor, "b")}


def test_a_pod_that_fills_the_volume_asks_for_what_the_default_class_asks_for() -> None:
    classes = {"__default__": {"node_selectors": {"pool": "a"}}, "big": {"labels": {"a": "b"}}}
    wishes = {name: {"resources": "big"} for name in "abc"}
    text = text_of(document(*CHAIN, volume={}, resources=classes, nodes=wishes))
    assert [task.settings for task in read_dag(text).tasks] == ["BIG"] * 3
    fill = text.split('task_id="data_volume_init"')[1].split("as_setup")[0]
    assert "**DEFAULT" in fill
    assert "**POD" in fill


def test_settings_win_over_what_is_built_in() -> None:
    """Of two equal keys in `{**first, **second}` the second counts."""
    assert operator_parts(text_of(document(*CHAIN))) == "{**POD, **settings}"
    merged = operator_parts(text_of(document(*CHAIN, volume={})))
    assert merged == "{**POD, **storage('/home/kedro/data'), **settings}"


def test_settings_win_over_a_template() -> None:
    text = text_of(templated({"kind": "Pod"}))
    assert "settings = {**template, **settings}" in text


def test_a_pod_of_the_users_own_is_in_no_mlflow_run() -> None:
    text = text_of(templated({"kind": "Pod"}, all_of_them=False, **MLFLOW))
    built_in = text.split("if template is None:")[1].split("else:")[0]
    assert "MLFLOW_RUN_ID" in built_in
    assert text.count('"MLFLOW_RUN_ID"') == 1


@pytest.mark.parametrize("name", [CREATE, FILL, DELETE, START, END])
def test_no_node_may_take_the_id_of_a_task_of_the_frame(name: str) -> None:
    (refusal,) = refusals(document(node(name), volume={}, **MLFLOW))
    assert refusal.code is Code.TASK_ID_COLLISION
    assert repr(name) in refusal.message
    assert [task.task_id for task in read(node(name)).tasks] == [name]
