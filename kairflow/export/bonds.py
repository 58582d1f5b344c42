"""The rules that keep nodes together; each yields bonds, and none looks at another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kairflow.export.group_by import GroupBy
from kairflow.ir.deployment import RunConfig
from kairflow.ir.graph import base_name, memory_bases, node_edges
from kairflow.ir.model import Dataset, Engine, Node, ReasonKind

GROUP_TAG = "kairflow.group."
"""A node tagged `kairflow.group.<name>` asks to share a task with the others tagged so."""

SPARK_GROUP_NAME = "pyspark"
"""Reserved: `kairflow.group.pyspark` marks the engine and never groups."""


@dataclass(frozen=True, slots=True)
class Bond:
    """Two or more nodes, in pipeline order, that must share a task, and the rule that says so."""

    kind: ReasonKind
    nodes: tuple[str, ...]
    name: str


def find_bonds(
    nodes: Sequence[Node],
    datasets: Mapping[str, Dataset],
    run_config: RunConfig,
    group_by: GroupBy,
    pipeline: str,
) -> tuple[Bond, ...]:
    """Return every bond, those that must be first; the number grows with nodes and edges."""
    spark = run_config.spark
    group_spark = run_config.group_spark_nodes and (spark is None or spark.group_spark_nodes)
    return (
        *_memory_bonds(nodes, datasets),
        *(_spark_bonds(nodes) if group_spark else ()),
        *_requested_bonds(nodes, group_by, pipeline),
    )


def _memory_bonds(nodes: Sequence[Node], datasets: Mapping[str, Dataset]) -> Iterator[Bond]:
    """Join whoever makes or reads a dataset in memory, which cannot leave its program."""
    in_memory = memory_bases(datasets)
    joined = (edge for edge in node_edges(nodes) if base_name(edge[2]) in in_memory)
    yield from _joined(nodes, joined, ReasonKind.MEMORY)


def _spark_bonds(nodes: Sequence[Node]) -> Iterator[Bond]:
    """Join Spark nodes that hand a dataset over, so that it stays in one cluster's job."""
    spark = {node.name for node in nodes if node.engine is Engine.SPARK}
    joined = (edge for edge in node_edges(nodes) if edge[0] in spark and edge[1] in spark)
    yield from _joined(nodes, joined, ReasonKind.SPARK)


def _joined(
    nodes: Sequence[Node], edges: Iterable[tuple[str, str, str]], kind: ReasonKind
) -> Iterator[Bond]:
    """Yield one bond for each dataset, with everybody whom it joins."""
    members: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for producer, consumer, dataset in edges:
        members[base_name(dataset)].update({producer: None, consumer: None})
    yield from _in_order(nodes, members, kind)


def _requested_bonds(nodes: Sequence[Node], group_by: GroupBy, pipeline: str) -> Iterator[Bond]:
    if group_by is GroupBy.NONE:
        return
    members: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for node in nodes:
        for name in _requested_names(node, group_by, pipeline):
            members[name][node.name] = None
    yield from _in_order(nodes, members, ReasonKind(group_by.value))


def _requested_names(node: Node, group_by: GroupBy, pipeline: str) -> Iterable[str]:
    if group_by is GroupBy.PIPELINE:
        return (pipeline,)
    if group_by is GroupBy.NAMESPACE:
        # As Kedro's own grouping does, the outermost namespace counts.
        return (node.namespace.split(".", 1)[0],) if node.namespace else ()
    names = (tag.removeprefix(GROUP_TAG) for tag in node.tags if tag.startswith(GROUP_TAG))
    return tuple(name for name in names if name and name != SPARK_GROUP_NAME)


def _in_order(
    nodes: Sequence[Node], members: Mapping[str, Iterable[str]], kind: ReasonKind
) -> Iterator[Bond]:
    position = {node.name: index for index, node in enumerate(nodes)}
    for name, found in sorted(members.items()):
        together = tuple(sorted(found, key=position.__getitem__))
        if len(together) > 1:
            yield Bond(kind, together, name)
