"""Which nodes become one task: contraction, order and reduction; pure, and blind to any target.

Every rule only says which nodes must stay together (a `Bond`). Bonds are contracted, and so is
every cycle that this makes, which pulls in exactly the nodes that lie between two members. What is
left is the finest grouping that keeps all bonds and still has no cycle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from kairflow.errors import Code, Diagnostic, GroupingError, Severity
from kairflow.export.bonds import Bond, find_bonds
from kairflow.export.group_by import GroupBy
from kairflow.export.placement import Placement, place_groups
from kairflow.ir.deployment import RunConfig
from kairflow.ir.graph import ancestors, node_edges
from kairflow.ir.model import Dataset, Engine, Group, Node, Reason, ReasonKind
from kairflow.ir.name_lists import cut

MAX_ID_LENGTH = 200
"""Group ids become task ids, which Airflow cuts off at 250 characters."""

Contraction = tuple[tuple[int, ...], ...]
"""Groups of node positions: each sorted, and all in a stable topological order."""


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """Groups before they ask for resources: who is together, why, and what comes first."""

    ids: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    needs: tuple[tuple[str, ...], ...]
    reasons: tuple[tuple[Reason, ...], ...]


def make_groups(
    nodes: Sequence[Node],
    datasets: Mapping[str, Dataset],
    run_config: RunConfig,
    group_by: GroupBy,
    pipeline: str,
) -> tuple[tuple[Group, ...], tuple[Diagnostic, ...]]:
    """Group the nodes, which stand in topological order, and tell what was not asked for.

    Raises:
        GroupingError: two groups of one id, or a group whose nodes ask for different resources or
            pod templates; all at once.
    """
    bonds = find_bonds(nodes, datasets, run_config, group_by, pipeline)
    skeleton = _build_skeleton(nodes, bonds)
    placement = place_groups(nodes, skeleton.members, run_config)
    collisions = _find_collisions(skeleton)
    if mistakes := (*collisions, *placement.errors):
        raise GroupingError(mistakes)
    groups = tuple(_finish(skeleton, placement, nodes))
    return groups, (*_explain_pulled(groups), *placement.warnings)


def _build_skeleton(nodes: Sequence[Node], bonds: Sequence[Bond]) -> _Skeleton:
    position = {node.name: index for index, node in enumerate(nodes)}
    edges = [(position[a], position[b]) for a, b, _ in node_edges(nodes)]
    ties = [tuple(position[name] for name in bond.nodes) for bond in bonds]
    contraction = contract(len(nodes), edges, ties)
    owner = {index: number for number, group in enumerate(contraction) for index in group}
    held: defaultdict[int, list[Bond]] = defaultdict(list)
    for bond, tie in zip(bonds, ties, strict=True):
        held[owner[tie[0]]].append(bond)
    members = tuple(tuple(nodes[index].name for index in group) for group in contraction)
    ids = tuple(group_id(names, held[number]) for number, names in enumerate(members))
    needs = reduce_needs(len(ids), ((owner[a], owner[b]) for a, b in edges if owner[a] != owner[b]))
    pulled = _pulled_reasons(nodes, contraction, edges, ties)
    reasons = tuple(
        (*(Reason(kind=b.kind, nodes=b.nodes, name=b.name) for b in held[number]), *pulled[number])
        for number in range(len(contraction))
    )
    named = tuple(tuple(sorted(ids[need] for need in found)) for found in needs)
    return _Skeleton(ids, members, named, reasons)


def contract(
    size: int, edges: Iterable[tuple[int, int]], ties: Iterable[Sequence[int]]
) -> Contraction:
    """Contract the ties, and every cycle that this makes, in a graph of positions 0 to size - 1.

    A tie is an edge in both directions, so ties and cycles are the strongly connected components.
    """
    graph = _tied_graph(size, edges, ties)
    parts = [tuple(sorted(part)) for part in nx.strongly_connected_components(graph)]
    owner = {index: part[0] for part in parts for index in part}
    quotient: nx.DiGraph[int] = nx.DiGraph()
    quotient.add_nodes_from(part[0] for part in parts)
    quotient.add_edges_from((owner[a], owner[b]) for a, b in graph.edges if owner[a] != owner[b])
    part_of = {part[0]: part for part in parts}
    return tuple(part_of[first] for first in nx.lexicographical_topological_sort(quotient))


def _tied_graph(
    size: int, edges: Iterable[tuple[int, int]], ties: Iterable[Sequence[int]]
) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(edges)
    for first, *others in ties:
        for other in others:
            graph.add_edge(first, other)
            graph.add_edge(other, first)
    return graph


def reduce_needs(size: int, edges: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return the transitive reduction of an acyclic graph: what each of 0 to size - 1 needs.

    Edges lead from smaller to larger numbers. One goes when another need of its end implies it.
    """
    direct: dict[int, set[int]] = {number: set() for number in range(size)}
    for before, after in edges:
        direct[after].add(before)
    reached = ancestors(range(size), direct)
    needs = []
    for found in direct.values():
        implied = 0
        for need in found:
            implied |= reached[need]
        needs.append(tuple(need for need in sorted(found) if not implied >> need & 1))
    return tuple(needs)


def group_id(members: Sequence[str], bonds: Sequence[Bond]) -> str:
    """Name a group: by its only node, by the one tag or namespace that made it, or by its ends."""
    if len(members) == 1:
        return cut(members[0], MAX_ID_LENGTH)
    asked = {b.name for b in bonds if b.kind in (ReasonKind.TAG, ReasonKind.NAMESPACE)}
    if len(asked) == 1:
        return cut(asked.pop(), MAX_ID_LENGTH)
    return cut(f"{members[0]}--{members[-1]}", MAX_ID_LENGTH)


def _pulled_reasons(
    nodes: Sequence[Node],
    contraction: Contraction,
    edges: Sequence[tuple[int, int]],
    ties: Sequence[Sequence[int]],
) -> list[tuple[Reason, ...]]:
    """Tell for each group which nodes no bond asked for, and between which two they lie."""
    graph = _tied_graph(len(nodes), edges, ties)
    tied: nx.Graph[int] = nx.Graph()
    tied.add_nodes_from(range(len(nodes)))
    tied.add_edges_from((tie[0], other) for tie in ties for other in tie[1:])
    owner = {index: number for number, group in enumerate(contraction) for index in group}
    clusters: list[list[tuple[int, ...]]] = [[] for _ in contraction]
    for cluster in sorted(tuple(sorted(part)) for part in nx.connected_components(tied)):
        clusters[owner[cluster[0]]].append(cluster)
    return [_pulled_in(nodes, found, graph) for found in clusters]


def _pulled_in(
    nodes: Sequence[Node], clusters: Sequence[tuple[int, ...]], graph: nx.DiGraph[int]
) -> tuple[Reason, ...]:
    """Explain a group whose clusters, each held together by bonds, no bond joins."""
    if len(clusters) == 1:
        return ()
    core = max(clusters, key=lambda cluster: (len(cluster), -cluster[0]))
    inside = frozenset(index for cluster in clusters for index in cluster)
    before = _nearest_of(core, graph.succ, inside)
    after = _nearest_of(core, graph.pred, inside)
    return tuple(
        Reason(
            kind=ReasonKind.BETWEEN,
            nodes=tuple(nodes[index].name for index in cluster),
            name=None,
            between=(nodes[before[cluster[0]]].name, nodes[after[cluster[0]]].name),
        )
        for cluster in clusters
        if cluster != core
    )


def _nearest_of(
    core: Sequence[int], neighbours: Mapping[int, Iterable[int]], inside: frozenset[int]
) -> dict[int, int]:
    """Return for each member of a group the member of its core from which a search finds it."""
    origin = {index: index for index in core}
    queue = list(core)
    for index in queue:
        for neighbour in sorted(neighbours[index]):
            if neighbour in inside and neighbour not in origin:
                origin[neighbour] = origin[index]
                queue.append(neighbour)
    return origin


def _find_collisions(skeleton: _Skeleton) -> tuple[Diagnostic, ...]:
    members: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name, nodes in zip(skeleton.ids, skeleton.members, strict=True):
        members[name].append(nodes)
    return tuple(
        Diagnostic(
            Code.GROUP_ID_COLLISION,
            f"{len(groups)} groups are named {name!r}: one starts with node {groups[0][0]!r}, "
            f"another with {groups[1][0]!r}",
            f"group {name!r}",
            "rename the tag, the namespace or the node",
        )
        for name, groups in members.items()
        if len(groups) > 1
    )


def _finish(skeleton: _Skeleton, placement: Placement, nodes: Sequence[Node]) -> Iterable[Group]:
    spark = {node.name for node in nodes if node.engine is Engine.SPARK}
    for number, name in enumerate(skeleton.ids):
        members = skeleton.members[number]
        yield Group(
            id=name,
            engine=Engine.SPARK if spark.intersection(members) else Engine.PYTHON,
            nodes=members,
            needs=skeleton.needs[number],
            resource_class=placement.resource_classes[number],
            pod_template=placement.pod_templates[number],
            reasons=skeleton.reasons[number],
        )


def _explain_pulled(groups: Iterable[Group]) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            Code.GROUP_PULLED_IN,
            f"{_listed(reason.nodes)} joined the group, which nothing asked for: "
            f"{'it runs' if len(reason.nodes) == 1 else 'they run'} "
            f"after {reason.between[0]!r} and before {reason.between[1]!r}",
            f"group {group.id!r}",
            _advice(group),
            Severity.WARNING,
        )
        for group in groups
        for reason in group.reasons
        if reason.between is not None
    )


_ADVICE = {
    ReasonKind.MEMORY: "give the dataset in memory a catalog entry",
    ReasonKind.SPARK: "set run_config.group_spark_nodes to false",
    ReasonKind.TAG: "drop the grouping by tag",
    ReasonKind.NAMESPACE: "drop the grouping by namespace",
}
"""What lets go of nodes that a rule keeps together."""


def _advice(group: Group) -> str:
    """Say how the nodes could have tasks of their own."""
    kinds = {reason.kind for reason in group.reasons}
    return ", or ".join(advice for kind, advice in _ADVICE.items() if kind in kinds)


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    word = "node" if len(names) == 1 else "nodes"
    return f"{word} {shown}" + (f" and {len(names) - most} more" if len(names) > most else "")
