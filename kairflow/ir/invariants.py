"""What must hold between the parts of a document, beyond what each field says of itself."""

from __future__ import annotations

import graphlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from kairflow.errors import Code, Diagnostic
from kairflow.ir.execution import settle
from kairflow.ir.graph import ancestors, base_name, memory_bases, node_edges
from kairflow.ir.model import DatasetKind, Document, Engine
from kairflow.ir.validation import json_path, nearest

MAX_COMPARED = 200
"""Among more names than this, no nearest one is looked for."""


def check(document: Document) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong between the parts of the document.

    Names come first: only when they all lead somewhere do the graphs make sense.
    """
    names = (*_duplicates(document), *_dangling(document))
    if names:
        return names
    membership = (*_membership(document), *_node_order(document))
    if membership:
        return membership
    return (
        *_engines(document),
        *_group_order(document),
        *_memory(document),
        *_settings(document),
        *_finished(document),
        *_custom_operators(document),
    )


def _duplicates(document: Document) -> Iterator[Diagnostic]:
    named = {
        "nodes": [node.name for node in document.nodes],
        "groups": [group.id for group in document.groups],
    }
    for section, names in named.items():
        for name, count in Counter(names).items():
            if count > 1:
                message = f"name {name!r} stands {count} times"
                yield Diagnostic(Code.IR_DUPLICATE_NAME, message, f"$.{section}")
    made = Counter(base_name(output) for node in document.nodes for output in node.outputs)
    for dataset, count in made.items():
        if count > 1:
            message = f"dataset {dataset!r} is written by {count} nodes"
            yield Diagnostic(Code.IR_DUPLICATE_NAME, message, "$.nodes")


def _dangling(document: Document) -> Iterator[Diagnostic]:
    nodes = frozenset(node.name for node in document.nodes)
    ids = frozenset(group.id for group in document.groups)
    config = document.deployment.run_config
    for index, node in enumerate(document.nodes):
        here = ("nodes", index)
        yield from _unknown(node.inputs, document.datasets, "dataset", (*here, "inputs"))
        yield from _unknown(node.outputs, document.datasets, "dataset", (*here, "outputs"))
    for index, group in enumerate(document.groups):
        here = ("groups", index)
        yield from _unknown(group.nodes, nodes, "node", (*here, "nodes"))
        yield from _unknown(group.needs, ids, "group", (*here, "needs"))
        for number, reason in enumerate(group.reasons):
            place = (*here, "reasons", number)
            yield from _unknown(reason.nodes, nodes, "node", (*place, "nodes"))
            yield from _unknown(reason.between or (), nodes, "node", (*place, "between"))
        yield from _unknown_key(
            group.resource_class, config.resources, "resource class", (*here, "resource_class")
        )
        yield from _unknown_key(
            group.pod_template,
            config.kubernetes_pod_templates,
            "pod template",
            (*here, "pod_template"),
        )
    for name, dataset in document.datasets.items():
        if dataset.kind is DatasetKind.PARAMETERS:
            yield from _unknown_key(name, document.parameters, "parameter", ("datasets", name))


def _unknown(
    names: Iterable[str], known: Collection[str], what: str, where: tuple[str | int, ...]
) -> Iterator[Diagnostic]:
    for index, name in enumerate(names):
        if name not in known:
            hint = nearest(name, sorted(known))
            message = f"no {what} is named {name!r}"
            yield Diagnostic(Code.IR_DANGLING_NAME, message, json_path((*where, index)), hint)


def _unknown_key(
    name: str | None, known: Collection[str], what: str, where: tuple[str | int, ...]
) -> Iterator[Diagnostic]:
    if name is not None and name not in known:
        message = f"no {what} is named {name!r}"
        hint = nearest(name, sorted(known))
        yield Diagnostic(Code.IR_DANGLING_NAME, message, json_path(where), hint)


def _membership(document: Document) -> Iterator[Diagnostic]:
    owner: dict[str, str] = {}
    for index, group in enumerate(document.groups):
        for number, name in enumerate(group.nodes):
            if name in owner:
                where = json_path(("groups", index, "nodes", number))
                message = f"node {name!r} is already in group {owner[name]!r}"
                yield Diagnostic(Code.IR_GROUP_OVERLAP, message, where)
            owner.setdefault(name, group.id)
    for index, node in enumerate(document.nodes):
        if node.name not in owner:
            message = f"node {node.name!r} is in no group"
            yield Diagnostic(Code.IR_NODE_WITHOUT_GROUP, message, json_path(("nodes", index)))


def _node_order(document: Document) -> Iterator[Diagnostic]:
    position = {node.name: index for index, node in enumerate(document.nodes)}
    for producer, consumer, dataset in node_edges(document.nodes):
        if position[producer] >= position[consumer]:
            where = json_path(("nodes", position[consumer]))
            message = f"node {consumer!r} stands before {producer!r}, which makes {dataset!r}"
            yield Diagnostic(Code.IR_NODE_ORDER, message, where, "list nodes after what they need")


def _engines(document: Document) -> Iterator[Diagnostic]:
    spark = {node.name for node in document.nodes if node.engine is Engine.SPARK}
    for index, group in enumerate(document.groups):
        found = Engine.SPARK if spark.intersection(group.nodes) else Engine.PYTHON
        if group.engine is not found:
            where = json_path(("groups", index, "engine"))
            message = f"engine is {group.engine.value!r}, but the nodes make it {found.value!r}"
            yield Diagnostic(Code.IR_GROUP_ENGINE, message, where)


def _group_order(document: Document) -> Iterator[Diagnostic]:
    needs = {group.id: group.needs for group in document.groups}
    try:
        order = tuple(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        yield Diagnostic(Code.IR_GROUP_CYCLE, f"groups wait for each other: {circle}", "$.groups")
        return
    position = {group_id: index for index, group_id in enumerate(order)}
    reached = ancestors(order, needs)
    index_of = {group.id: index for index, group in enumerate(document.groups)}
    owner = {name: group.id for group in document.groups for name in group.nodes}
    for producer, consumer, dataset in node_edges(document.nodes):
        before, after = owner[producer], owner[consumer]
        if before != after and not reached[after] >> position[before] & 1:
            where = json_path(("groups", index_of[after], "needs"))
            message = f"{consumer!r} reads {dataset!r} of {producer!r}, yet nothing orders them"
            yield Diagnostic(Code.IR_NEEDS_INCOMPLETE, message, where, f"add {before!r}")


def _memory(document: Document) -> Iterator[Diagnostic]:
    owner = {name: group.id for group in document.groups for name in group.nodes}
    in_memory = memory_bases(document.datasets)
    for producer, consumer, dataset in node_edges(document.nodes):
        if base_name(dataset) in in_memory and owner[producer] != owner[consumer]:
            message = (
                f"{dataset!r} stays in memory, but {producer!r} and {consumer!r} are two tasks"
            )
            yield Diagnostic(Code.IR_MEMORY_ACROSS_GROUPS, message, "$.groups")


def _settings(document: Document) -> Iterator[Diagnostic]:
    """Find nodes that share a task and disagree about how it is run."""
    by_node = document.deployment.run_config.nodes
    for group in document.groups:
        for conflict in settle(group.nodes, by_node)[1]:
            where = json_path(("deployment", "run_config", "nodes", conflict.nodes[1]))
            message = f"group {group.id!r}: {conflict.sentence}"
            yield Diagnostic(Code.IR_SETTINGS_CONFLICT, message, f"{where}.{conflict.key}")


def _finished(document: Document) -> Iterator[Diagnostic]:
    """Find what an export settles once and for all, and nobody after it looks at again."""
    here, config = ("deployment", "run_config"), document.deployment.run_config
    for name, found in config.resources.items():
        if found.inherit:
            where = json_path((*here, "resources", name, "inherit"))
            message = "found true, expected false: the classes of an IR are complete"
            yield Diagnostic(Code.IR_VALUE, message, where, "write out what it inherits")
    if config.mlflow is not None and (config.mlflow.disabled or not config.mlflow.tracking_uri):
        where = json_path((*here, "mlflow"))
        message = (
            "found no address of a server in use, expected tracking_uri, or null for no MLflow"
        )
        yield Diagnostic(Code.IR_VALUE, message, where)


def _custom_operators(document: Document) -> Iterator[Diagnostic]:
    """Find Spark groups without an operator, and operators for whatever is no Spark group."""
    written, spark = document.custom_operators, document.deployment.run_config.spark
    if written is None:
        return
    here = ("custom_operators",)
    if spark is None or spark.type != "custom":
        message = "found operators, expected null: run_config.spark.type is not custom"
        yield Diagnostic(Code.IR_VALUE, message, json_path(here))
    if (written.create_cluster is None) is not (written.delete_cluster is None):
        message = "found one of create_cluster and delete_cluster, expected both or neither"
        yield Diagnostic(Code.IR_VALUE, message, json_path(here))
    jobs = [group.id for group in document.groups if group.engine is Engine.SPARK]
    for name in written.submit:
        yield from _unknown_key(name, jobs, "Spark group", (*here, "submit", name))
    for name in jobs:
        if name not in written.submit:
            message = f"the operator of Spark group {name!r} is missing"
            yield Diagnostic(Code.IR_MISSING_KEY, message, json_path((*here, "submit")))
