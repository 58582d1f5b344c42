"""Which nodes of a registered pipeline are asked for, by Kedro's own filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from kairflow.errors import Code, Diagnostic, ProjectError
from kairflow.export.project import KedroLine
from kairflow.ir.graph import base_name
from kairflow.ir.model import Selection
from kairflow.ir.validation import nearest

_FILTERS = ("tags", "from_nodes", "to_nodes", "nodes", "from_inputs", "to_outputs")
_KEDRO_SPELLING = {"nodes": "node_names"}


def find_pipeline(registered: Mapping[str, Any], name: str) -> Any:
    """Return a registered pipeline that has nodes.

    Raises:
        ProjectError: code `PIPELINE_NOT_FOUND` or `SELECTION_EMPTY`.
    """
    if name not in registered:
        known = f"registered: {', '.join(registered) or 'none'}"
        hint = nearest(name, list(registered)) or known
        found = Diagnostic(Code.PIPELINE_NOT_FOUND, f"no pipeline is named {name!r}", "", hint)
        raise ProjectError([found])
    if not registered[name].nodes:
        hint = "see register_pipelines in pipeline_registry.py"
        message = "the pipeline has no nodes"
        raise ProjectError([Diagnostic(Code.SELECTION_EMPTY, message, f"pipeline {name!r}", hint)])
    return registered[name]


def select(pipeline: Any, selection: Selection, line: KedroLine, name: str) -> Any:
    """Return the part of a pipeline that `kedro run` would choose with the same options.

    Several namespaces are a union, on Kedro 0.19 too, whose own option takes one.

    Raises:
        ProjectError: code `SELECTION_UNKNOWN` for all names that the pipeline does not have, or
            `SELECTION_EMPTY` when each filter leaves nodes, but not the same ones.
    """
    unknown = tuple(_find_unknown(pipeline, selection, line, name))
    if unknown:
        raise ProjectError(unknown)
    parts = dict(_parts(pipeline, selection, line, name))
    chosen = pipeline
    for part in parts.values():
        chosen &= part
    if not chosen.nodes:
        raise ProjectError([_empty({o: len(part.nodes) for o, part in parts.items()}, name)])
    return chosen


def _parts(
    pipeline: Any, selection: Selection, line: KedroLine, name: str
) -> Iterator[tuple[str, Any]]:
    """Yield what each filter that is in use leaves of the pipeline."""
    for option in _FILTERS:
        if values := getattr(selection, option):
            keyword = _KEDRO_SPELLING.get(option, option)
            yield option, _filter(pipeline, option, name, **{keyword: list(values)})
    if selection.namespaces:
        # One by one: Kedro 0.19 takes one only, and 1.x trips over one within another.
        each = [_filter_namespace(pipeline, value, line) for value in selection.namespaces]
        yield "namespaces", reduce(or_, each)


def _filter_namespace(pipeline: Any, namespace: str, line: KedroLine) -> Any:
    if line == "0.19":
        return pipeline.filter(node_namespace=namespace)
    return pipeline.filter(node_namespaces=[namespace])


def _filter(pipeline: Any, option: str, name: str, **arguments: list[str]) -> Any:
    """Apply one filter; all its names are known, so Kedro only refuses what leaves no node."""
    try:
        return pipeline.filter(**arguments)
    except ValueError as error:
        raise ProjectError([_empty({option: 0}, name)]) from error


def _find_unknown(
    pipeline: Any, selection: Selection, line: KedroLine, name: str
) -> Iterator[Diagnostic]:
    nodes = [node.name for node in pipeline.nodes]
    datasets = _spelt_datasets(pipeline)
    namespaces = sorted(_namespaces(pipeline))
    known: dict[str, tuple[str, Sequence[str]]] = {
        "nodes": ("node", nodes),
        "from_nodes": ("node", nodes),
        "to_nodes": ("node", nodes),
        "from_inputs": ("dataset", datasets),
        "to_outputs": ("dataset", datasets),
        "namespaces": ("namespace", namespaces),
    }
    for option, (what, names) in known.items():
        for value in getattr(selection, option):
            # Kedro 0.19 takes the first letters of a namespace for the namespace.
            partial = option == "namespaces" and line == "0.19"
            if value not in names and not (partial and any(n.startswith(value) for n in names)):
                yield _unknown(option, what, value, names, name)
    tags = sorted({tag for node in pipeline.nodes for tag in node.tags})
    # Kedro asks for one of the tags only, so one that exists is enough.
    if selection.tags and not set(tags).intersection(selection.tags):
        for value in selection.tags:
            yield _unknown("tags", "tag", value, tags, name)


def _spelt_datasets(pipeline: Any) -> list[str]:
    """Return the datasets' names, with and without the form that transcoding adds."""
    names = set(pipeline.datasets())
    return sorted(names | {base_name(name) for name in names})


def _namespaces(pipeline: Any) -> Iterable[str]:
    """Return all namespaces, the outer ones of nested ones included."""
    for namespace in {node.namespace for node in pipeline.nodes if node.namespace}:
        parts = namespace.split(".")
        yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


def _unknown(option: str, what: str, value: str, names: Sequence[str], name: str) -> Diagnostic:
    ends = [known for known in names if known.endswith(f".{value}")]
    hint = f"did you mean {ends[0]!r}?" if ends else nearest(value, names)
    message = f"the pipeline has no {what} {value!r}"
    return Diagnostic(
        Code.SELECTION_UNKNOWN, message, f"pipeline {name!r} > {_spelt(option)}", hint
    )


def _empty(counts: Mapping[str, int], name: str) -> Diagnostic:
    left = [f"{_spelt(option)} leaves {_counted(count)}" for option, count in counts.items()]
    message = f"the selection is empty: {', '.join(left)}"
    hint = "a node must pass every filter; drop or mend one"
    return Diagnostic(Code.SELECTION_EMPTY, message, f"pipeline {name!r}", hint)


def _spelt(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _counted(count: int) -> str:
    return "1 node" if count == 1 else f"{count or 'no'} nodes"
