"""Pipelines that weave between Spark and pandas: as few jobs as the rules ask for, and no cycle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import networkx as nx
import pytest

from kairflow.errors import Code
from kairflow.export.group_by import GroupBy
from kairflow.export.grouping import make_groups
from kairflow.ir.graph import node_edges
from kairflow.ir.model import Engine, Group, Node, ReasonKind
from tests.export.test_grouping_properties import partitions
from tests.export.tiny import RUN_CONFIG, export, make_project, nodes_file, warnings_of
from tests.ir_documents import make_datasets, make_run_config, node

TURNS = 5


def weave(handed_on: Iterable[int]) -> list[Node]:
    """Return s1 → p1 → s2 → … → s5; in the turns of `handed_on` a Spark node feeds the next too."""
    direct = set(handed_on)
    nodes = list[Node]()
    for turn in range(1, TURNS + 1):
        inputs = [f"pandas{turn - 1}"] if turn > 1 else ["raw"]
        inputs += [f"spark{turn - 1}"] if turn - 1 in direct else []
        nodes.append(node(f"s{turn}", inputs, [f"spark{turn}"], spark=True))
        if turn < TURNS:
            nodes.append(node(f"p{turn}", [f"spark{turn}"], [f"pandas{turn}"]))
    return nodes


def grouped(nodes: Sequence[Node], *, group_spark: bool = True) -> tuple[Group, ...]:
    config = make_run_config(group_spark_nodes=group_spark)
    groups, _ = make_groups(nodes, make_datasets(nodes), config, GroupBy.NONE, "weave")
    return groups


def quotient(nodes: Sequence[Node], parts: Sequence[Iterable[str]]) -> nx.DiGraph[int]:
    owner = {name: number for number, part in enumerate(parts) for name in part}
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(parts)))
    graph.add_edges_from(
        (owner[a], owner[b]) for a, b, _ in node_edges(nodes) if owner[a] != owner[b]
    )
    return graph


def finest(nodes: Sequence[Node]) -> frozenset[frozenset[str]]:
    """Try all groupings; return the one of most groups that keeps the bonds and has no cycle."""
    spark = {one.name for one in nodes if one.engine is Engine.SPARK}
    bonds = [{a, b} for a, b, _ in node_edges(nodes) if {a, b} <= spark]
    names = [one.name for one in nodes]
    best = list[frozenset[frozenset[str]]]()
    for numbered in partitions(range(len(names))):
        parts = [{names[i] for i in part} for part in numbered]
        keeps = all(any(bond <= part for part in parts) for bond in bonds)
        if keeps and nx.is_directed_acyclic_graph(quotient(nodes, parts)):
            found = frozenset(map(frozenset, parts))
            if not best or len(found) > len(best[0]):
                best = [found]
            elif len(found) == len(best[0]):
                best.append(found)
    (only,) = best
    return only


def parts_of(groups: Iterable[Group]) -> list[str]:
    return ["+".join(found.nodes) for found in groups]


WEAVES = {
    (): ["s1", "p1", "s2", "p2", "s3", "p3", "s4", "p4", "s5"],
    (1,): ["s1+p1+s2", "p2", "s3", "p3", "s4", "p4", "s5"],
    (1, 2): ["s1+p1+s2+p2+s3", "p3", "s4", "p4", "s5"],
    (1, 4): ["s1+p1+s2", "p2", "s3", "p3", "s4+p4+s5"],
    (1, 2, 3, 4): ["s1+p1+s2+p2+s3+p3+s4+p4+s5"],
}


@pytest.mark.parametrize(("handed_on", "expected"), WEAVES.items(), ids=str)
def test_a_pipeline_that_weaves_five_times(handed_on: tuple[int, ...], expected: list[str]) -> None:
    nodes = weave(handed_on)
    groups = grouped(nodes)
    assert parts_of(groups) == expected
    assert frozenset(frozenset(found.nodes) for found in groups) == finest(nodes)
    assert nx.is_directed_acyclic_graph(quotient(nodes, [found.nodes for found in groups]))
    engines = {found.id: found.engine for found in groups}
    assert all(
        (engines[found.id] is Engine.SPARK) is any(name[0] == "s" for name in found.nodes)
        for found in groups
    )


@pytest.mark.parametrize("handed_on", WEAVES, ids=str)
def test_the_switch_leaves_every_node_alone(handed_on: tuple[int, ...]) -> None:
    groups = grouped(weave(handed_on), group_spark=False)
    assert parts_of(groups) == WEAVES[()]
    assert all(found.reasons == () for found in groups)


def test_a_branch_that_rejoins_outside_the_job_stays_outside() -> None:
    """Only what runs both after one member and before another is pulled in."""
    nodes = [
        node("s1", ["raw"], ["a", "b"], spark=True),
        node("p1", ["b"], ["c"]),
        node("s2", ["a"], ["d"], spark=True),
        node("p2", ["c", "d"], ["e"]),
    ]
    groups = grouped(nodes)
    assert parts_of(groups) == ["s1+s2", "p1", "p2"]
    assert frozenset(frozenset(found.nodes) for found in groups) == finest(nodes)


REGISTRY = nodes_file(
    *(
        line
        for turn in range(1, TURNS + 1)
        for line in (
            f"node(use, ['mid{turn - 1}', 'big{turn - 1}@spark'], 'big{turn}@spark',"
            f" name='s{turn}')",
            f"node(use, 'big{turn}@pandas', 'mid{turn}', name='p{turn}')",
        )
    )
)
CATALOG = """
    "{name}@spark": {type: spark.SparkDataset, filepath: "data/{name}.parquet"}
    "{name}@pandas": {type: pandas.ParquetDataset, filepath: "data/{name}.parquet"}
    "mid{turn}": {type: pandas.CSVDataset, filepath: "data/mid{turn}.csv"}
"""


@pytest.mark.parametrize("grouping", [True, False])
def test_a_project_that_weaves_five_times(tmp_path: Path, grouping: bool) -> None:
    config = f"{RUN_CONFIG.rstrip()}\n      group_spark_nodes: {str(grouping).lower()}\n"
    files = {
        **REGISTRY,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/airflow-k8s.yml": config,
    }
    project = make_project(tmp_path, files)
    document = export(project)
    spark = {one.name for one in document.nodes if one.engine is Engine.SPARK}
    assert spark == {f"s{turn}" for turn in range(1, TURNS + 1)}
    assert document.nodes[0].engine_reason == "input 'big0@spark' is a spark.SparkDataset"
    names = [one.name for one in document.nodes]
    if not grouping:
        assert [found.nodes for found in document.groups] == [(name,) for name in names]
        return
    # Each Spark node feeds the next one, and what lies between is pulled in; the last does not.
    job, last = document.groups
    assert (job.nodes, last.nodes) == (tuple(names[:-1]), ("p5",))
    assert (job.engine, last.engine) == (Engine.SPARK, Engine.PYTHON)
    between = [one for one in job.reasons if one.kind is ReasonKind.BETWEEN]
    assert [one.nodes for one in between] == [(f"p{turn}",) for turn in range(1, TURNS)]
    assert {found.code for found in warnings_of(project)} == {Code.GROUP_PULLED_IN}
