"""The grouping against brute force on random pipelines: finest, acyclic, explained, stable."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, permutations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic
from kairflow.export.group_by import GroupBy
from kairflow.export.grouping import contract, make_groups, reduce_needs
from kairflow.ir.deployment import RunConfig
from kairflow.ir.invariants import check
from kairflow.ir.model import Group, Node, ReasonKind
from tests.ir_documents import make_datasets, make_document, make_run_config, node

Matrix = list[list[bool]]
Partition = frozenset[frozenset[int]]


@dataclass(frozen=True)
class Case:
    """A random pipeline as numbers: node i writes `d<i>` and `e<i>`, bits say who reads what."""

    size: int
    reads: tuple[int, int]
    memory: int
    spark: int
    marks: tuple[int, ...]
    group_by: GroupBy
    group_spark: bool

    def _pairs(self, which: int) -> list[tuple[int, int]]:
        pairs = [(a, b) for b in range(self.size) for a in range(b)]
        return [pair for bit, pair in enumerate(pairs) if self.reads[which] >> bit & 1]

    @property
    def nodes(self) -> list[Node]:
        return [self._node(i) for i in range(self.size)]

    def _node(self, i: int) -> Node:
        inputs = [f"d{a}" for a, b in self._pairs(0) if b == i]
        inputs += [f"e{a}@b" for a, b in self._pairs(1) if b == i]
        mark = self.marks[i]
        return node(
            f"n{i}",
            inputs,
            [f"d{i}", f"e{i}@a"],
            namespace=f"ns{mark}.inner{i}" if mark else None,
            tags=[f"kairflow.group.t{one}" for one in (1, 2) if mark & one],
            spark=bool(self.spark >> i & 1),
        )

    @property
    def memory_names(self) -> list[str]:
        forms = [(f"d{i}", f"e{i}@{'ab'[i % 2]}") for i in range(self.size)]
        names = list(chain.from_iterable(forms))
        return [name for bit, name in enumerate(names) if self.memory >> bit & 1]

    @property
    def edges(self) -> set[tuple[int, int]]:
        return {*self._pairs(0), *self._pairs(1)}

    def groups(self) -> tuple[tuple[Group, ...], tuple[Diagnostic, ...]]:
        datasets = make_datasets(self.nodes, self.memory_names)
        return make_groups(self.nodes, datasets, self.run_config, self.group_by, "p")

    @property
    def run_config(self) -> RunConfig:
        return make_run_config(group_spark_nodes=self.group_spark)

    def must_share(self) -> set[frozenset[int]]:
        """Say who must be together, straight from the rules and without the code under test."""
        found: list[set[int]] = []
        in_memory = {name.split("@")[0] for name in self.memory_names}
        spark = {i for i in range(self.size) if self.spark >> i & 1}
        for which, letter in enumerate("de"):
            for a, b in self._pairs(which):
                if f"{letter}{a}" in in_memory or (self.group_spark and {a, b} <= spark):
                    found.append({a, b})
        everyone = range(self.size)
        if self.group_by is GroupBy.NAMESPACE:
            found += [{i for i in everyone if self.marks[i] == mark} for mark in (1, 2, 3)]
        elif self.group_by is GroupBy.TAG:
            found += [{i for i in everyone if self.marks[i] & tag} for tag in (1, 2)]
        elif self.group_by is GroupBy.PIPELINE:
            found.append(set(everyone))
        return {frozenset(one) for one in found if len(one) > 1}


def closure(size: int, edges: Iterable[tuple[int, int]]) -> Matrix:
    """Say who reaches whom, themselves included (Floyd and Warshall)."""
    reach = [[a == b for b in range(size)] for a in range(size)]
    for a, b in edges:
        reach[a][b] = True
    for k in range(size):
        for a in range(size):
            if reach[a][k]:
                reach[a] = [x or y for x, y in zip(reach[a], reach[k], strict=True)]
    return reach


def both_ways(ties: Iterable[Iterable[int]]) -> Iterator[tuple[int, int]]:
    for tie in ties:
        yield from permutations(tie, 2)


def numbers(names: Iterable[str]) -> list[int]:
    return [int(name[1:]) for name in names]


def partition(groups: Iterable[Group]) -> Partition:
    return frozenset(frozenset(numbers(found.nodes)) for found in groups)


def make_case(bits: random.Random, max_size: int) -> Case:
    size = bits.randint(1, max_size)
    pairs = size * (size - 1) // 2 + 1

    def rare(count: int) -> int:
        """Return bits of which one in four is set, so that groups can stay apart."""
        return bits.getrandbits(count) & bits.getrandbits(count)

    return Case(
        size=size,
        reads=(rare(pairs), rare(pairs)),
        memory=rare(2 * size),
        spark=rare(size),
        marks=tuple(bits.randint(0, 3) & bits.randint(0, 3) for _ in range(size)),
        group_by=bits.choice([GroupBy.NONE, GroupBy.NONE, GroupBy.NONE, *GroupBy]),
        group_spark=bits.random() < 0.5,
    )


def cases(max_size: int = 8) -> st.SearchStrategy[Case]:
    return st.randoms(use_true_random=False).map(lambda bits: make_case(bits, max_size))


thoroughly = settings(max_examples=800, deadline=None)


@thoroughly
@given(cases())
def test_the_groups_are_the_finest_that_keep_the_bonds_without_a_cycle(case: Case) -> None:
    groups, _ = case.groups()
    reach = closure(case.size, [*case.edges, *both_ways(case.must_share())])
    everyone = range(case.size)
    expected = frozenset(
        frozenset(b for b in everyone if reach[a][b] and reach[b][a]) for a in everyone
    )
    assert partition(groups) == expected


def partitions(items: Sequence[int]) -> Iterator[list[set[int]]]:
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [{items[0]}, *(set(part) for part in rest)]
        for i, part in enumerate(rest):
            yield [*rest[:i], part | {items[0]}, *rest[i + 1 :]]


def works(case: Case, parts: Sequence[set[int]]) -> bool:
    """Tell whether a grouping keeps every bond and has no cycle."""
    if not all(any(tie <= part for part in parts) for tie in case.must_share()):
        return False
    owner = {i: number for number, part in enumerate(parts) for i in part}
    quotient = nx.DiGraph((owner[a], owner[b]) for a, b in case.edges if owner[a] != owner[b])
    return bool(nx.is_directed_acyclic_graph(quotient))


@settings(max_examples=300, deadline=None)
@given(cases(max_size=5))
def test_no_other_grouping_that_works_separates_more(case: Case) -> None:
    """Of all groupings there are, each that works keeps together what ours keeps together."""
    groups, _ = case.groups()
    ours = [set(part) for part in partition(groups)]
    assert works(case, ours)
    for other in partitions(range(case.size)):
        if works(case, other):
            assert all(any(part <= wider for wider in other) for part in ours)


@thoroughly
@given(cases())
def test_the_groups_are_total_convex_and_in_order(case: Case) -> None:
    groups, _ = case.groups()
    members = [numbers(found.nodes) for found in groups]
    assert sorted(chain.from_iterable(members)) == list(range(case.size))
    assert all(found == sorted(found) for found in members)
    reach = closure(case.size, case.edges)
    for found in members:
        between = {
            b for a in found for c in found for b in range(case.size) if reach[a][b] and reach[b][c]
        }
        assert between == set(found)
    # Stable: of the groups that could come next, the one with the earliest node does.
    done: set[int] = set()
    for number, found in enumerate(members):
        ready = [
            other
            for other in members[number:]
            if all(a in done or a in other for a, b in case.edges if b in other)
        ]
        assert found == min(ready)
        done.update(found)


@thoroughly
@given(cases())
def test_needs_are_the_transitive_reduction_of_the_group_graph(case: Case) -> None:
    groups, _ = case.groups()
    owner = {i: found.id for found in groups for i in numbers(found.nodes)}
    quotient = nx.DiGraph((owner[a], owner[b]) for a, b in case.edges if owner[a] != owner[b])
    quotient.add_nodes_from(found.id for found in groups)
    assert nx.is_directed_acyclic_graph(quotient)
    expected = nx.transitive_reduction(quotient)
    for found in groups:
        assert list(found.needs) == sorted(expected.predecessors(found.id))


@thoroughly
@given(cases())
def test_what_was_pulled_in_is_explained_truly(case: Case) -> None:
    groups, warnings = case.groups()
    ties = nx.Graph(both_ways(case.must_share()))
    ties.add_nodes_from(range(case.size))
    explained = 0
    for found in groups:
        asked = [reason for reason in found.reasons if reason.kind is not ReasonKind.BETWEEN]
        pulled = [reason for reason in found.reasons if reason.kind is ReasonKind.BETWEEN]
        explained += len(pulled)
        inside = set(numbers(found.nodes))
        covered = set(chain.from_iterable(numbers(reason.nodes) for reason in asked))
        told = [i for reason in pulled for i in numbers(reason.nodes)]
        assert len(told) == len(set(told))
        assert covered | set(told) == (inside if len(inside) > 1 else set())
        assert bool(pulled) is (nx.number_connected_components(ties.subgraph(inside)) > 1)
        for reason in pulled:
            assert reason.between is not None
            before, after = numbers(reason.between)
            core = nx.node_connected_component(ties, before)
            assert after in core
            assert not core & set(numbers(reason.nodes))
            other_ties = (tie for tie in case.must_share() if not tie & core)
            reach = closure(case.size, [*case.edges, *both_ways(other_ties)])
            assert all(reach[before][i] and reach[i][after] for i in numbers(reason.nodes))
    assert [one.code for one in warnings] == [Code.GROUP_PULLED_IN] * explained


@thoroughly
@given(cases())
def test_every_bond_is_recorded_as_a_reason(case: Case) -> None:
    groups, _ = case.groups()
    recorded = [
        set(numbers(reason.nodes))
        for found in groups
        for reason in found.reasons
        if reason.kind is not ReasonKind.BETWEEN
    ]
    for tie in case.must_share():
        assert any(tie <= reason for reason in recorded)
    reach = closure(case.size, both_ways(case.must_share()))
    for reason in recorded:
        first = min(reason)
        assert all(reach[first][i] for i in reason), "a reason that no rule gives"


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_result_keeps_every_rule_of_the_ir(case: Case) -> None:
    document = make_document(
        case.nodes, None, make_run_config(), memory=case.memory_names, group_by=case.group_by
    )
    assert check(document) == ()


@thoroughly
@given(cases(), st.randoms())
def test_the_order_in_which_edges_and_ties_are_given_does_not_matter(
    case: Case, order: random.Random
) -> None:
    edges, ties = sorted(case.edges), sorted(map(sorted, case.must_share()))
    expected = contract(case.size, edges, ties)
    order.shuffle(edges)
    order.shuffle(ties)
    for tie in ties:
        order.shuffle(tie)
    assert contract(case.size, edges, ties) == expected
    forward = sorted(case.edges)
    assert reduce_needs(case.size, edges) == reduce_needs(case.size, forward)


@settings(max_examples=300, deadline=None)
@given(cases(), st.randoms())
def test_another_order_of_the_pipeline_gives_the_same_groups(
    case: Case, order: random.Random
) -> None:
    weight = {i: order.random() for i in range(case.size)}
    graph = nx.DiGraph(case.edges)
    graph.add_nodes_from(range(case.size))
    shuffled = [case.nodes[i] for i in nx.lexicographical_topological_sort(graph, weight.get)]
    datasets = make_datasets(shuffled, case.memory_names)
    other, _ = make_groups(shuffled, datasets, case.run_config, case.group_by, "p")
    groups, _ = case.groups()
    assert partition(other) == partition(groups)
    members = {frozenset(found.nodes): found.needs for found in other}
    named = {found.id: frozenset(found.nodes) for found in groups}
    renamed = {found.id: frozenset(found.nodes) for found in other}
    for found in groups:
        needs = members[frozenset(found.nodes)]
        assert {renamed[need] for need in needs} == {named[need] for need in found.needs}


def print_examples() -> None:
    """Print many groupings; another process does it under another hash seed."""
    bits = random.Random(20240101)
    for _ in range(300):
        print(make_case(bits, 12).groups())


def test_another_hash_seed_gives_the_same_groups() -> None:
    script = "from tests.export.test_grouping_properties import print_examples; print_examples()"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4294967295")
    }
    (output,) = outputs
    assert output.count("Reason(kind=<ReasonKind.BETWEEN") > 30


@pytest.mark.parametrize("size", [1, 2, 5])
def test_reduction_drops_what_a_chain_implies(size: int) -> None:
    everything = [(a, b) for b in range(size) for a in range(b)]
    expected = ((), *((number,) for number in range(size - 1)))
    assert reduce_needs(size, everything) == expected
