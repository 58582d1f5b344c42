"""Retries, time limits and pools: the most specific wish wins, and nothing else is printed."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.ir.execution import EXECUTION_KEYS
from kairflow.lower.airflow.options import Options
from tests.ir_documents import node
from tests.lower.airflow.lowered import document, local, pods, text_of
from tests.lower.airflow.reading import constants, operator_keywords, read_dag

both = pytest.mark.parametrize("options", [pods(), local()], ids=["kubernetes", "local"])
WRITTEN: dict[str, tuple[Any, str, Any]] = {
    "retries": (3, "retries", 3),
    "retry_delay": (60, "retry_delay", "timedelta(seconds=60)"),
    "retry_backoff": (True, "retry_exponential_backoff", True),
    "max_retry_delay": (600, "max_retry_delay", "timedelta(seconds=600)"),
    "execution_timeout": (3600, "execution_timeout", "timedelta(seconds=3600)"),
    "pool": ("{{ big }}", "pool", "{{ big }}"),
    "pool_slots": (2, "pool_slots", 2),
    "priority": (-5, "priority_weight", -5),
    "owner": ("O'Brien & Sons", "owner", "O'Brien & Sons"),
}
"""Key to a value, and how an operator of Airflow's is told."""


def default_args(text: str) -> dict[str, Any]:
    found: dict[str, Any] = read_dag(text).keywords.get("default_args", {})
    return {key: value for key, value in found.items() if key != "startup_timeout_seconds"}


def of_task(text: str) -> dict[str, Any]:
    """Return what wins for the one task of a file, as Airflow merges it."""
    (task,) = read_dag(text).tasks
    of_class = constants(text)[task.settings] if task.settings else {}
    return {**default_args(text), **of_class, **task.own}


def test_every_key_is_tested() -> None:
    assert {*WRITTEN, "deferrable"} == set(EXECUTION_KEYS)


@both
def test_what_nobody_asks_for_is_not_printed(options: Options) -> None:
    text = text_of(document(node("only")), options)
    assert of_task(text) == {}
    assert "deferrable" not in text


@both
@pytest.mark.parametrize("key", WRITTEN)
def test_each_key_is_told_once_where_it_was_asked_for(key: str, options: Options) -> None:
    value, argument, written = WRITTEN[key]
    for_all = text_of(document(node("only"), **{key: value}), options)
    assert default_args(for_all) == {argument: written}
    for_class = text_of(document(node("only"), resources={"__default__": {key: value}}), options)
    assert default_args(for_class) == {}
    assert constants(for_class)["DEFAULT"] == {argument: written}
    for_node = text_of(document(node("only"), nodes={"only": {key: value}}), options)
    assert (default_args(for_node), read_dag(for_node).tasks[0].own) == ({}, {argument: written})
    for text in (for_all, for_class, for_node):
        assert of_task(text) == {argument: written}


@both
def test_a_node_beats_its_class_and_a_class_beats_the_rest(options: Options) -> None:
    doc = document(
        node("only"),
        retries=1,
        pool="all",
        owner="all",
        resources={"big": {"retries": 2, "pool": "class"}},
        nodes={"only": {"resources": "big", "retries": 0}},
    )
    assert of_task(text_of(doc, options)) == {"retries": 0, "pool": "class", "owner": "all"}


@both
def test_no_is_an_answer(options: Options) -> None:
    doc = document(node("only"), retry_backoff=True, nodes={"only": {"retry_backoff": False}})
    assert of_task(text_of(doc, options)) == {"retry_exponential_backoff": False}


def test_tasks_of_one_class_may_differ() -> None:
    doc = document(
        node("a"),
        node("b"),
        resources={"__default__": {"retries": 2}},
        nodes={"a": {"execution_timeout": 60}},
    )
    a, b = read_dag(text_of(doc)).tasks
    assert (a.settings, a.own) == ("DEFAULT", {"execution_timeout": "timedelta(seconds=60)"})
    assert (b.settings, b.own) == ("DEFAULT", {})


def test_pods_may_be_deferrable_and_processes_never_are() -> None:
    doc = document(node("only"), deferrable=True)
    assert operator_keywords(text_of(doc))["deferrable"] is True
    assert "deferrable" not in text_of(doc, local())


def test_a_node_may_keep_its_pod_on_a_worker() -> None:
    doc = document(node("only"), deferrable=True, nodes={"only": {"deferrable": False}})
    assert read_dag(text_of(doc)).tasks[0].own == {"deferrable": False}
    assert "deferrable" not in text_of(doc, local())


def test_a_class_that_is_of_pods_alone_is_no_constant_for_processes() -> None:
    doc = document(node("only"), resources={"__default__": {"limits": {"cpu": 1}}})
    assert "DEFAULT" in constants(text_of(doc))
    assert "DEFAULT" not in constants(text_of(doc, local()))


@both
def test_how_many_runs_go_on_at_once_is_airflows_affair_unless_said(options: Options) -> None:
    assert "max_active_runs" not in read_dag(text_of(document(), options)).keywords
    keywords = read_dag(text_of(document(max_active_runs=3), options)).keywords
    assert keywords["max_active_runs"] == 3
