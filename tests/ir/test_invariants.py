"""What must hold between the parts of a document: each breach has its code and its place."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic, IRError
from kairflow.ir import Document, dump_document, read_document
from kairflow.ir.invariants import check
from tests.ir_documents import documents, make_document, make_run_config, node

NODES = (
    node("load", ["raw", "params:limit"], ["rows"]),
    node("clean", ["rows"], ["tidy"]),
    node("model", ["tidy"], ["fit"], spark=True),
    node("judge", ["fit", "tidy"], ["report"]),
)


def valid() -> dict[str, Any]:
    """Return groups `load--clean` (in memory), `model`, `judge`, each needing the one before."""
    config = make_run_config(
        resources={"big": {}}, kubernetes_pod_templates={"sidecar": {"template": "type: Pod"}}
    )
    document = make_document(NODES, None, config, memory=["rows"])
    raw: dict[str, Any] = json.loads(dump_document(document))
    assert [group["id"] for group in raw["groups"]] == ["load--clean", "model", "judge"]
    return raw


def breaches(raw: dict[str, Any]) -> tuple[Diagnostic, ...]:
    with pytest.raises(IRError) as caught:
        read_document(json.dumps(raw))
    return caught.value.diagnostics


def breach(raw: dict[str, Any]) -> Diagnostic:
    (found,) = breaches(raw)
    return found


Change = Callable[[dict[str, Any]], None]


def set_at(*path: Any, to: Any) -> Change:
    def change(raw: Any) -> None:
        for step in path[:-1]:
            raw = raw[step]
        raw[path[-1]] = to

    return change


DANGLING: dict[str, tuple[Change, str, str, str]] = {
    "input": (
        set_at("nodes", 1, "inputs", to=["rows", "rwos"]),
        "$.nodes[1].inputs[1]",
        "no dataset is named 'rwos'",
        "did you mean 'rows'?",
    ),
    "output": (
        set_at("nodes", 3, "outputs", 0, to="reports"),
        "$.nodes[3].outputs[0]",
        "no dataset is named 'reports'",
        "did you mean 'report'?",
    ),
    "node of a group": (
        set_at("groups", 0, "nodes", 1, to="cleen"),
        "$.groups[0].nodes[1]",
        "no node is named 'cleen'",
        "did you mean 'clean'?",
    ),
    "need": (
        set_at("groups", 2, "needs", to=["model", "zzz"]),
        "$.groups[2].needs[1]",
        "no group is named 'zzz'",
        "",
    ),
    "node of a reason": (
        set_at("groups", 0, "reasons", 0, "nodes", 0, to="lod"),
        "$.groups[0].reasons[0].nodes[0]",
        "no node is named 'lod'",
        "did you mean 'load'?",
    ),
    "node that a group runs around": (
        set_at(
            "groups",
            0,
            "reasons",
            to=[{"kind": "between", "nodes": ["clean"], "name": None, "between": ["load", "x"]}],
        ),
        "$.groups[0].reasons[0].between[1]",
        "no node is named 'x'",
        "",
    ),
    "resource class": (
        set_at("groups", 1, "resource_class", to="bigg"),
        "$.groups[1].resource_class",
        "no resource class is named 'bigg'",
        "did you mean 'big'?",
    ),
    "pod template": (
        set_at("groups", 1, "pod_template", to="sidecars"),
        "$.groups[1].pod_template",
        "no pod template is named 'sidecars'",
        "did you mean 'sidecar'?",
    ),
    "parameter": (
        set_at("parameters", to={}),
        "$.datasets['params:limit']",
        "no parameter is named 'params:limit'",
        "",
    ),
}


@pytest.mark.parametrize("case", DANGLING)
def test_a_name_that_leads_nowhere(case: str) -> None:
    raw = valid()
    change, where, message, hint = DANGLING[case]
    change(raw)
    found = breach(raw)
    assert found == Diagnostic(Code.IR_DANGLING_NAME, message, where, hint)


def test_nodes_of_one_name() -> None:
    raw = valid()
    raw["nodes"][3]["name"] = "clean"
    raw["groups"][2]["nodes"] = ["clean"]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_DUPLICATE_NAME, "$.nodes")
    assert found.message == "name 'clean' stands 2 times"


def test_groups_of_one_id() -> None:
    raw = valid()
    raw["groups"][2]["id"] = "model"
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_DUPLICATE_NAME, "$.groups")
    assert found.message == "name 'model' stands 2 times"


def test_a_dataset_that_two_nodes_write() -> None:
    raw = valid()
    raw["nodes"][3]["outputs"] = ["fit"]
    found = breach(raw)
    assert found.code is Code.IR_DUPLICATE_NAME
    assert found.message == "dataset 'fit' is written by 2 nodes"


def test_two_forms_of_one_dataset_have_one_writer_too() -> None:
    raw = valid()
    form = {**raw["datasets"]["fit"], "base": "fit"}
    raw["datasets"]["fit@pandas"] = form
    raw["nodes"][3]["outputs"] = ["fit@pandas"]
    assert breach(raw).message == "dataset 'fit' is written by 2 nodes"


def test_a_node_in_two_groups() -> None:
    raw = valid()
    raw["groups"][2]["nodes"] = ["judge", "clean"]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_GROUP_OVERLAP, "$.groups[2].nodes[1]")
    assert found.message == "node 'clean' is already in group 'load--clean'"


def test_a_node_twice_in_one_group() -> None:
    raw = valid()
    raw["groups"][2]["nodes"] = ["judge", "judge"]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_GROUP_OVERLAP, "$.groups[2].nodes[1]")


def test_a_node_in_no_group() -> None:
    raw = valid()
    raw["groups"][0]["nodes"] = ["load"]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_NODE_WITHOUT_GROUP, "$.nodes[1]")
    assert found.message == "node 'clean' is in no group"


def test_a_node_before_what_it_needs() -> None:
    raw = valid()
    raw["nodes"][0], raw["nodes"][1] = raw["nodes"][1], raw["nodes"][0]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_NODE_ORDER, "$.nodes[0]")
    assert found.message == "node 'clean' stands before 'load', which makes 'rows'"


def test_a_node_that_reads_what_it_writes() -> None:
    raw = valid()
    raw["nodes"][2]["inputs"] = ["fit"]
    assert breach(raw).code is Code.IR_NODE_ORDER


@pytest.mark.parametrize(
    ("number", "wrong", "right"), [(0, "spark", "python"), (1, "python", "spark")]
)
def test_a_group_with_the_wrong_engine(number: int, wrong: str, right: str) -> None:
    raw = valid()
    raw["groups"][number]["engine"] = wrong
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_GROUP_ENGINE, f"$.groups[{number}].engine")
    assert found.message == f"engine is {wrong!r}, but the nodes make it {right!r}"


def test_groups_that_wait_for_each_other_show_the_circle() -> None:
    raw = valid()
    raw["groups"][0]["needs"] = ["judge"]
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_GROUP_CYCLE, "$.groups")
    circle = found.message.removeprefix("groups wait for each other: ").split(" -> ")
    needs = {group["id"]: group["needs"] for group in raw["groups"]}
    assert circle[0] == circle[-1]
    assert len(circle) == 4
    assert all(after in needs[before] for before, after in itertools.pairwise(circle))


def test_a_group_that_waits_for_itself() -> None:
    raw = valid()
    raw["groups"][0]["needs"] = ["load--clean"]
    assert breach(raw).message == "groups wait for each other: load--clean -> load--clean"


def test_a_need_that_is_left_out() -> None:
    raw = valid()
    raw["groups"][1]["needs"] = []
    found = breaches(raw)
    assert {(one.code, one.where) for one in found} == {
        (Code.IR_NEEDS_INCOMPLETE, "$.groups[1].needs"),
        (Code.IR_NEEDS_INCOMPLETE, "$.groups[2].needs"),  # `judge` came after `clean` by `model`
    }
    assert found[0].message == "'model' reads 'tidy' of 'clean', yet nothing orders them"
    assert found[0].hint == "add 'load--clean'"


def test_a_need_that_another_one_implies_may_be_left_out() -> None:
    raw = valid()
    assert raw["groups"][2]["needs"] == ["model"]  # though `judge` reads `tidy` of `clean`
    read_document(json.dumps(raw))


def test_memory_that_crosses_groups() -> None:
    raw = valid()
    raw["datasets"]["tidy"]["kind"] = "memory"
    found = breaches(raw)
    assert {(one.code, one.where) for one in found} == {(Code.IR_MEMORY_ACROSS_GROUPS, "$.groups")}
    assert [one.message for one in found] == [
        "'tidy' stays in memory, but 'clean' and 'model' are two tasks",
        "'tidy' stays in memory, but 'clean' and 'judge' are two tasks",
    ]


@pytest.mark.parametrize("form", ["tidy@spark", "tidy@aaa", "tidy@zzz"])
@pytest.mark.parametrize("kinds", [("memory", "persistent"), ("persistent", "memory")])
def test_one_form_in_memory_is_enough(form: str, kinds: tuple[str, str]) -> None:
    raw = valid()
    raw["datasets"][form] = {**raw["datasets"]["tidy"], "kind": kinds[0]}
    raw["datasets"]["tidy"]["kind"] = kinds[1]
    raw["nodes"][2]["inputs"] = [form]
    assert {one.code for one in breaches(raw)} == {Code.IR_MEMORY_ACROSS_GROUPS}


def test_several_breaches_are_reported_at_once() -> None:
    raw = valid()
    raw["nodes"][1]["inputs"] = ["nowhere"]
    raw["groups"][0]["resource_class"] = "none"
    raw["groups"][1]["pod_template"] = "none"
    raw["groups"][2]["needs"] = ["nobody"]
    raw["nodes"][3]["outputs"] = ["fit"]
    assert [one.where for one in breaches(raw)] == [
        "$.nodes",
        "$.nodes[1].inputs[0]",
        "$.groups[0].resource_class",
        "$.groups[1].pod_template",
        "$.groups[2].needs[0]",
    ]


def test_membership_and_order_are_reported_together() -> None:
    raw = valid()
    raw["nodes"].reverse()
    raw["groups"][2]["nodes"] = ["clean"]
    assert {one.code for one in breaches(raw)} == {
        Code.IR_GROUP_OVERLAP,
        Code.IR_NODE_WITHOUT_GROUP,
        Code.IR_NODE_ORDER,
    }


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_export_makes_breaks_no_rule(document: Document) -> None:
    assert check(document) == ()


@settings(max_examples=60, deadline=None)
@given(documents(), st.randoms())
def test_the_order_of_groups_and_datasets_is_no_rule(
    document: Document, order: random.Random
) -> None:
    groups, datasets = list(document.groups), list(document.datasets.items())
    order.shuffle(groups)
    order.shuffle(datasets)
    changes = {"groups": tuple(groups), "datasets": dict(datasets)}
    assert check(document.model_copy(update=changes)) == ()


def test_thousands_of_nodes_are_checked_without_a_search_for_each() -> None:
    """A set built anew for each group made this quadratic: minutes instead of a second."""
    chain = [node(f"n{i}", [f"d{i}"], [f"d{i + 1}"]) for i in range(4000)]
    assert check(make_document(chain)) == ()


def test_nodes_that_share_a_task_may_not_disagree_about_how_it_is_run() -> None:
    raw = valid()
    raw["deployment"]["run_config"]["nodes"] = {
        "load": {"retries": 1},
        "clean": {"retries": 2},
        "judge": {"retries": 3},
    }
    found = breach(raw)
    assert found.code is Code.IR_SETTINGS_CONFLICT
    assert found.where == "$.deployment.run_config.nodes.clean.retries"
    assert found.message == (
        "group 'load--clean': node 'load' asks for retries 1, node 'clean' for 2"
    )


UNFINISHED: dict[str, tuple[Change, str]] = {
    "class": (
        set_at("deployment", "run_config", "resources", "big", to={"inherit": True}),
        "$.deployment.run_config.resources.big.inherit",
    ),
    "no address": (
        set_at("deployment", "run_config", "mlflow", to={}),
        "$.deployment.run_config.mlflow",
    ),
    "switched off": (
        set_at("deployment", "run_config", "mlflow", to={"disabled": True}),
        "$.deployment.run_config.mlflow",
    ),
}


@pytest.mark.parametrize("what", UNFINISHED)
def test_what_an_export_settles_is_not_left_open(what: str) -> None:
    change, where = UNFINISHED[what]
    raw = valid()
    change(raw)
    found = breach(raw)
    assert (found.code, found.where) == (Code.IR_VALUE, where)
