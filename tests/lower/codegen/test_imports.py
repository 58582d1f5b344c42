"""Imports are merged, sorted and grouped."""

from __future__ import annotations

from kairflow.lower.codegen.imports import sections
from kairflow.lower.codegen.nodes import Import, ImportFrom, ImportStatement

OPERATORS = "airflow.providers.cncf.kubernetes.operators.pod"


def test_sections_are_future_standard_library_and_the_rest() -> None:
    nodes = (
        ImportFrom("airflow.sdk", "DAG"),
        Import("os"),
        ImportFrom("datetime", "datetime"),
        ImportFrom("__future__", "annotations"),
    )
    assert sections(nodes) == [
        ["from __future__ import annotations"],
        ["import os", "from datetime import datetime"],
        ["from airflow.sdk import DAG"],
    ]


def test_names_of_a_module_are_merged_constants_first_then_classes() -> None:
    names = ("literal", "DAG", "Param", "task", "DAG", "chain")
    assert sections(ImportFrom("airflow.sdk", name) for name in names) == [
        ["from airflow.sdk import DAG, Param, chain, literal, task"]
    ]


def test_an_alias_has_a_line_of_its_own() -> None:
    nodes = (
        ImportFrom("kubernetes.client", "models", "k8s"),
        ImportFrom("kubernetes.client", "ApiException"),
        Import("pendulum", "p"),
        Import("pendulum"),
    )
    assert sections(nodes) == [
        [
            "import pendulum",
            "import pendulum as p",
            "from kubernetes.client import ApiException",
            "from kubernetes.client import models as k8s",
        ]
    ]


def test_numbers_sort_by_their_value_and_case_does_not_count() -> None:
    assert sections([Import("a10"), Import("a2"), Import("B"), Import("c")]) == [
        ["import a2", "import a10", "import B", "import c"]
    ]


def test_a_wide_import_has_a_line_for_each_name() -> None:
    nodes = [ImportFrom(OPERATORS, "KubernetesPodOperator"), ImportFrom(OPERATORS, "PodEventType")]
    assert sections(nodes) == [
        [f"from {OPERATORS} import (\n    KubernetesPodOperator,\n    PodEventType,\n)"]
    ]


def test_the_order_of_the_nodes_does_not_matter() -> None:
    nodes: list[ImportStatement] = [
        Import("os"),
        ImportFrom("a", "b"),
        ImportFrom("a", "b", "c"),
        Import("z", "y"),
    ]
    assert sections(nodes) == sections(reversed(nodes))
