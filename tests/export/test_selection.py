"""Selections choose what `kedro run` chooses; names that lead nowhere are told, all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, ProjectError
from kairflow.export.selection import select
from kairflow.ir.model import Selection
from tests.export.tiny import LINE, codes, copy_fixture, errors_of, export

NAMESPACED = LINE == "1"


def make(*anything: Any) -> None: ...


def sample() -> Any:
    """Return a pipeline with tags, namespaces, transcoding and two ends."""
    from kedro.pipeline import Pipeline, node

    return Pipeline(
        [
            node(make, "raw", "a", name="load", tags=["io"]),
            node(make, "a", "b@x", name="clean", namespace="prep", tags=["fast"]),
            node(make, "b@y", "c", name="shape", namespace="prep.deep"),
            node(make, ["b@x", "c"], "d", name="train", namespace="prepare", tags=["slow", "io"]),
            node(make, "raw", "e", name="side", tags=["fast"]),
        ]
    )


NAMES = ["load", "prep.clean", "prep.deep.shape", "prepare.train", "side"]
DATASETS = ["raw", "a", "b@x", "b@y", "b", "c", "d", "e"]
NAMESPACES = ["prep", "prep.deep", "prepare"]
TAGS = ["io", "fast", "slow", "absent"]


def chosen_by_kedro(pipeline: Any, selection: Selection) -> list[str] | None:
    """Apply what the session of `kedro run` applies; None when Kedro refuses."""
    options: dict[str, Any] = {
        "tags": selection.tags,
        "from_nodes": selection.from_nodes,
        "to_nodes": selection.to_nodes,
        "node_names": selection.nodes,
        "from_inputs": selection.from_inputs,
        "to_outputs": selection.to_outputs,
    }
    if NAMESPACED:
        options["node_namespaces"] = list(selection.namespaces)
    elif selection.namespaces:
        (options["node_namespace"],) = selection.namespaces
    try:
        return [node.name for node in pipeline.filter(**options).nodes]
    except ValueError:
        return None


def are_apart(selection: Selection) -> bool:
    """Tell whether no namespace lies within another: Kedro 1.x refuses such a pair."""
    return not {"prep", "prep.deep"}.issubset(selection.namespaces)


def some(values: list[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    known = st.lists(st.sampled_from([*values, "nowhere"]), max_size=most, unique=True)
    return st.just(()) | known.map(tuple)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Selection,
        tags=some(TAGS),
        nodes=some(NAMES),
        from_nodes=some(NAMES),
        to_nodes=some(NAMES),
        from_inputs=some(DATASETS),
        to_outputs=some(DATASETS),
        namespaces=some(NAMESPACES, 2 if NAMESPACED else 1),
    ).filter(are_apart)
)
def test_any_selection_is_that_of_kedro(selection: Selection) -> None:
    pipeline = sample()
    expected = chosen_by_kedro(pipeline, selection)
    if expected is not None:
        assert [node.name for node in select(pipeline, selection, LINE, "p").nodes] == expected
        return
    with pytest.raises(ProjectError) as caught:
        select(pipeline, selection, LINE, "p")
    told = {diagnostic.code for diagnostic in caught.value.diagnostics}
    assert told <= {Code.SELECTION_EMPTY, Code.SELECTION_UNKNOWN}


def single_filters() -> Iterator[tuple[str, str]]:
    for option, values in {
        "tags": TAGS,
        "nodes": NAMES,
        "from_nodes": NAMES,
        "to_nodes": NAMES,
        "from_inputs": DATASETS,
        "to_outputs": DATASETS,
        "namespaces": [*NAMESPACES, "pre", "prep.d"],
    }.items():
        yield from itertools.product([option], values)


@pytest.mark.parametrize(("option", "value"), list(single_filters()))
def test_each_filter_is_that_of_kedro(option: str, value: str) -> None:
    selection = Selection(**{option: (value,)})
    pipeline = sample()
    expected = chosen_by_kedro(pipeline, selection)
    if expected is None:
        with pytest.raises(ProjectError):
            select(pipeline, selection, LINE, "p")
    else:
        assert [node.name for node in select(pipeline, selection, LINE, "p").nodes] == expected


def test_several_namespaces_are_a_union_on_both_lines() -> None:
    apart = Selection(namespaces=("prep.deep", "prepare"))
    found = [node.name for node in select(sample(), apart, LINE, "p").nodes]
    assert found == ["prep.deep.shape", "prepare.train"]
    nested = Selection(namespaces=("prep.deep", "prep", "prep.deep"))
    found = [node.name for node in select(sample(), nested, LINE, "p").nodes]
    # Kedro 0.19 takes `prep` for the first letters of `prepare` as well.
    assert found == ["prep.clean", "prep.deep.shape", *([] if NAMESPACED else ["prepare.train"])]


def test_names_that_lead_nowhere_are_told_all_at_once(tmp_path: Path) -> None:
    selection = Selection(
        nodes=("trian",), from_inputs=("hivs",), namespaces=("liner",), tags=("resource.big",)
    )
    found = errors_of(copy_fixture("apiary", tmp_path), selection=selection)
    assert codes(found) == [Code.SELECTION_UNKNOWN] * 4
    by_option = {d.where.rsplit(" > ", 1)[1]: d.hint for d in found}
    assert by_option["--from-inputs"] == "did you mean 'hives'?"
    assert by_option["--namespaces"] == "did you mean 'linear'?"
    assert set(by_option) == {"--nodes", "--from-inputs", "--namespaces", "--tags"}


def test_a_node_without_its_namespace_is_answered_with_the_full_name() -> None:
    with pytest.raises(ProjectError) as caught:
        select(sample(), Selection(nodes=("shape",)), LINE, "p")
    assert caught.value.diagnostics[0].hint == "did you mean 'prep.deep.shape'?"


def test_filters_that_exclude_each_other_are_counted() -> None:
    with pytest.raises(ProjectError) as caught:
        select(sample(), Selection(nodes=("load",), tags=("fast",)), LINE, "p")
    (found,) = caught.value.diagnostics
    assert found.code is Code.SELECTION_EMPTY
    assert "--tags leaves 2 nodes" in found.message
    assert "--nodes leaves 1 node" in found.message


@pytest.mark.parametrize(("option", "value"), [("to_outputs", "raw"), ("from_inputs", "d")])
def test_a_filter_that_leaves_nothing_is_named(option: str, value: str) -> None:
    with pytest.raises(ProjectError) as caught:
        select(sample(), Selection(**{option: (value,)}), LINE, "p")
    (found,) = caught.value.diagnostics
    assert found.code is Code.SELECTION_EMPTY
    assert f"--{option.replace('_', '-')} leaves no nodes" in found.message


def test_the_selection_is_recorded_and_only_its_data_are_described(tmp_path: Path) -> None:
    selection = Selection(namespaces=("linear",))
    document = export(copy_fixture("apiary", tmp_path), pipeline="forecasting", selection=selection)
    assert document.source.selection == selection
    assert all(node.namespace == "linear" for node in document.nodes)
    named = {name for node in document.nodes for name in (*node.inputs, *node.outputs)}
    assert set(document.datasets) == named
