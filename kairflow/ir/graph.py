"""Orders and ancestors of small, plain graphs, with the standard library alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from kairflow.ir.model import Dataset, DatasetKind, Node

_T = TypeVar("_T", bound=Hashable)


def base_name(dataset: str) -> str:
    """Return the name that all transcoded forms of a dataset share (Kedro's `name@form`)."""
    return dataset.split("@", 1)[0]


def memory_bases(datasets: Mapping[str, Dataset]) -> frozenset[str]:
    """Return the base names of the datasets of which any form lives in memory."""
    return frozenset(
        base_name(name) for name, dataset in datasets.items() if dataset.kind is DatasetKind.MEMORY
    )


def node_edges(nodes: Iterable[Node]) -> list[tuple[str, str, str]]:
    """Return (producer, consumer, dataset) for every dataset that passes between two nodes.

    Transcoded forms are one dataset. The order follows the consumers and their inputs.
    """
    nodes = tuple(nodes)
    producers = {base_name(output): node.name for node in nodes for output in node.outputs}
    return [
        (producers[base_name(dataset)], node.name, dataset)
        for node in nodes
        for dataset in dict.fromkeys(node.inputs)
        if base_name(dataset) in producers
    ]


def ancestors(order: Sequence[_T], needs: Mapping[_T, Iterable[_T]]) -> dict[_T, int]:
    """Return for each member, as a bit set over positions in `order`, all that it comes after.

    `order` must be topological. Bit sets keep ten thousand members within some megabytes.
    """
    position = {member: index for index, member in enumerate(order)}
    reached: dict[_T, int] = {}
    for member in order:
        bits = 0
        for need in needs[member]:
            bits |= reached[need] | (1 << position[need])
        reached[member] = bits
    return reached
