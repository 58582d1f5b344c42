"""The printed file is a fixed point of `ruff format`, so it never churns in a formatted repository.

The random trees are the same in every run. When a new release of ruff changes its mind, these
tests say so, with the first difference.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from kairflow.lower.codegen import nodes
from kairflow.lower.codegen.printer import print_module
from tests.lower.codegen.checking import examples, lint, reformatted
from tests.lower.codegen.random_modules import CORPORA, assigned, drawn
from tests.lower.codegen.source_nodes import imports


@pytest.mark.parametrize("corpus", CORPORA)
def test_ruff_leaves_it_alone(corpus: str, tmp_path: Path) -> None:
    texts = {text for _, text in drawn(corpus)}
    assert len(texts) > CORPORA[corpus][1] * 0.6
    changed = sorted(reformatted(texts, tmp_path), key=lambda pair: len(pair[0]))
    for before, after in changed[:1]:
        difference = difflib.unified_diff(before.split("\n"), after.split("\n"), "ours", "ruff")
        pytest.fail(f"{len(changed)} changed, the shortest:\n" + "\n".join(difference))


def test_imports_are_sorted_as_ruff_sorts_them(tmp_path: Path) -> None:
    single = examples(imports(), 2000)
    groups = [tuple(single[start : start + 8]) for start in range(0, len(single), 8)]
    bodies_ = ((nodes.Pass(),), (nodes.FunctionDef("f", body=(nodes.Pass(),)),))
    texts = [print_module(nodes.Module((), group, body)) for group in groups for body in bodies_]
    assert len(set(texts)) > 300
    assert lint(texts, tmp_path, "I") == ""
    assert reformatted(texts, tmp_path) == []


@pytest.mark.parametrize("character", ["a", "漢", "é", "e\u0301", "🙂", "한", "\u1112\u1161"])
def test_the_width_of_a_line_is_what_ruff_measures(character: str, tmp_path: Path) -> None:
    """Go over the edge column by column, with narrow, wide and combining characters."""
    texts = [
        print_module(assigned([character * times, "b" * pad]))
        for times in range(10, 90, 7)
        for pad in range(60)
    ]
    assert len({text.count("\n") for text in texts}) == 2
    assert reformatted(texts, tmp_path) == []
