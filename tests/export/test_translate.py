"""Nodes in the IR's words: functions, engines, names, and memory that nobody fills."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export.spark import ENGINE_TAGS, tag_reason
from kairflow.export.translate import function_name
from kairflow.ir.model import Engine, Selection
from tests.export.tiny import LINE, codes, copy_fixture, errors_of, export, make_project, nodes_file


def plain() -> None: ...


def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*arguments: Any) -> Any:
        return function(*arguments)

    return inner


@decorate
def decorated() -> None: ...


class Scaler:
    def __call__(self) -> None: ...

    def method(self) -> None: ...

    @classmethod
    def made(cls) -> None: ...


def outer() -> Callable[[], None]:
    def inner() -> None: ...

    return inner


HERE = __name__


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (plain, f"{HERE}.plain"),
        (decorated, f"{HERE}.decorated"),
        (functools.partial(plain), f"{HERE}.plain"),
        (functools.partial(functools.partial(plain)), f"{HERE}.plain"),
        (lambda: None, f"{HERE}.<lambda>"),
        (Scaler(), f"{HERE}.Scaler"),
        (functools.partial(Scaler()), f"{HERE}.Scaler"),
        (Scaler, f"{HERE}.Scaler"),
        (Scaler().method, f"{HERE}.Scaler.method"),
        (Scaler.made, f"{HERE}.Scaler.made"),
        (outer(), f"{HERE}.outer.<locals>.inner"),
        (len, "builtins.len"),
        (json.loads, "json.loads"),
        (str.upper, "builtins.str.upper"),
        ("text".upper, "builtins.str.upper"),
        (operator.itemgetter(1), "operator.itemgetter"),
        (functools.lru_cache(plain), f"{HERE}.plain"),
    ],
)
def test_functions_are_named_without_an_address(function: Callable[..., Any], name: str) -> None:
    assert function_name(function) == name


def test_nodes_stand_in_kedros_order_with_all_they_say(tmp_path: Path) -> None:
    files = {
        **nodes_file(
            "node(use, {'y': 'b', 'x': 'a'}, ['c', 'd'], name='late', tags=['z', 'a'])",
            "node(use, ['params:p', 'raw'], 'a', name='early', namespace='n.m')",
            "node(make, None, 'b', name='made')",
            head="def use(*args, **kwargs): ...",
        ),
        "conf/base/parameters.yml": "p: 1",
        "conf/base/catalog.yml": "raw: {type: text.TextDataset, filepath: r}",
    }
    files["src/tiny/pipeline_registry.py"] = files["src/tiny/pipeline_registry.py"].replace(
        "def use(*anything)", "def use(*anything, **named)"
    )
    document = export(make_project(tmp_path, files))
    late = document.nodes[-1]
    assert late.name == "late"
    assert (late.inputs, late.outputs, late.tags) == (("b", "a"), ("c", "d"), ("a", "z"))
    assert late.function == "tiny.pipeline_registry.use"
    assert late.namespace is None
    early = next(node for node in document.nodes if node.namespace is not None)
    assert (early.name, early.namespace) == ("n.m.early", "n.m")
    assert early.inputs == ("params:p", "raw")


def test_the_order_is_topological(tmp_path: Path) -> None:
    document = export(copy_fixture("apiary", tmp_path))
    made = {output: node.name for node in document.nodes for output in node.outputs}
    seen = set[str]()
    for node in document.nodes:
        assert seen.issuperset(made[name] for name in node.inputs if name in made)
        seen.add(node.name)
    assert len(seen) == 13


@pytest.mark.parametrize("tag", ENGINE_TAGS)
def test_a_tag_makes_a_spark_node(tag: str) -> None:
    assert tag_reason(["other", tag]) == f"tag {tag}"
    assert tag_reason(["other", tag + "x"]) is None


def test_spark_nodes_say_why(tmp_path: Path) -> None:
    document = export(copy_fixture("corners", tmp_path), pipeline="spark")
    assert {node.name: (node.engine, node.engine_reason) for node in document.nodes} == {
        "collect": (Engine.PYTHON, None),
        "crunch": (Engine.SPARK, "tag kairflow.engine.spark"),
        "add_up": (Engine.SPARK, "tag kairflow.group.pyspark"),
        "report": (Engine.PYTHON, None),
    }


def test_names_that_kedro_makes_are_taken_as_they_are(tmp_path: Path) -> None:
    names = [n.name for n in export(copy_fixture("corners", tmp_path), pipeline="unnamed").nodes]
    if LINE == "1":
        assert all(name.startswith(("start__", "note__")) for name in names)
    else:
        assert names[0] == "start(None) -> [disk_word]"


@pytest.mark.skipif(LINE == "1", reason="Kedro 1.x makes no node of such an object")
def test_a_name_made_of_a_memory_address_is_an_error(tmp_path: Path) -> None:
    head = "class Scaler:\n    def __call__(self):\n        return 1\n"
    registry = nodes_file("node(Scaler(), None, 'one')", head=head)
    (found,) = errors_of(make_project(tmp_path, registry))
    assert found.code is Code.NODE_NAME_UNSTABLE
    assert "name=" in found.hint
    named = nodes_file("node(Scaler(), None, 'one', name='scale')", head=head)
    document = export(make_project(tmp_path, named))
    assert document.nodes[0].function == "tiny.pipeline_registry.Scaler"


def test_memory_that_no_node_makes_is_told_for_each_reader(tmp_path: Path) -> None:
    files = {
        **nodes_file(
            "node(use, ['lost', 'lost', 'raw'], 'a', name='first')",
            "node(use, ['lost', 'a', 'other'], 'b', name='second')",
        ),
        "conf/base/catalog.yml": "raw: {type: text.TextDataset, filepath: r}",
    }
    found = errors_of(make_project(tmp_path, files))
    assert codes(found) == [Code.MEMORY_INPUT] * 3
    assert [diagnostic.where for diagnostic in found] == [
        "pipeline '__default__' > node 'first' > input 'lost'",
        "pipeline '__default__' > node 'second' > input 'lost'",
        "pipeline '__default__' > node 'second' > input 'other'",
    ]
    assert "no node makes it" in found[0].message
    assert "catalog" in found[0].hint


def test_memory_of_a_node_that_is_not_selected_names_that_node(tmp_path: Path) -> None:
    registry = nodes_file(
        "node(make, None, 'word', name='maker')",
        "node(use, 'word', 'two', name='reader')",
    )
    project = make_project(tmp_path, registry)
    (found,) = errors_of(project, selection=Selection(nodes=("reader",)))
    assert found.code is Code.MEMORY_INPUT
    assert "'maker', which makes it, is not selected" in found.message
    assert "select 'maker' too" in found.hint


def test_memory_of_another_pipeline_names_node_and_pipeline(tmp_path: Path) -> None:
    (found,) = errors_of(copy_fixture("corners", tmp_path), pipeline="half")
    assert "'make_word' of pipeline 'whole'" in found.message


def test_memory_with_its_content_in_the_catalog_needs_no_maker(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, 'given', 'one', name='n')"),
        "conf/base/catalog.yml": "given: {type: MemoryDataset, data: [1, 2]}",
    }
    assert len(export(make_project(tmp_path, files)).nodes) == 1


def test_a_transcoded_form_is_made_by_another_form(tmp_path: Path) -> None:
    files = {
        **nodes_file(
            "node(make, None, 'cars@pandas', name='maker')",
            "node(use, 'cars@spark', 'one', name='reader')",
        ),
        "conf/base/catalog.yml": """
            cars@pandas: {type: pandas.ParquetDataset, filepath: cars}
            cars@spark: {type: spark.SparkDataset, filepath: cars}
        """,
    }
    document = export(make_project(tmp_path, files))
    assert [node.name for node in document.nodes] == ["maker", "reader"]
