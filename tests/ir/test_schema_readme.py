"""`schemas/README.md` is tried out: its example, its recipe, its table of codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from kairflow.errors import Code
from kairflow.ir import Document, digest, dump_document, read_document
from kairflow.ir.schema import document_schema
from tests.compat.test_compat import HERE as COMPAT
from tests.ir.json_schema import complaints
from tests.ir.write_schemas import SCHEMAS
from tests.ir_documents import documents, make_document, make_run_config

README = (SCHEMAS / "README.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    """Return the fenced text after a mark."""
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def recipe() -> Callable[[str, dict[str, Any]], str]:
    namespace: dict[str, Any] = {}
    exec(compile(block("recipe"), "README", "exec"), namespace)
    found = namespace["digest"]
    assert callable(found)
    return found  # type: ignore[no-any-return]


def test_the_example_is_a_document() -> None:
    text = block("example")
    document = read_document(text)
    assert complaints(document_schema(), json.loads(text)) == []
    assert [group.id for group in document.groups] == ["clean--train", "judge"]
    assert document.groups[1].needs == ("clean--train",)


def test_the_example_shows_every_section() -> None:
    assert set(json.loads(block("example"))) == set(document_schema()["properties"])


def test_the_recipe_gives_the_digest_of_the_example() -> None:
    """The example leaves out what has a default; what is written for it leaves out nothing."""
    document = read_document(block("example"))
    assert recipe()(block("example"), document_schema()) == digest(document)
    assert recipe()(dump_document(document), document_schema()) == digest(document)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_the_recipe_gives_the_digest_of_any_document(document: Document) -> None:
    assert recipe()(dump_document(document), document_schema()) == digest(document)


ON_DATAPROC = {"type": "dataproc", "region": "here", "artifacts_path": "gs://shop"}


@pytest.mark.parametrize(
    ("spark", "cluster", "matters"),
    [(ON_DATAPROC, {}, True), ({"type": "k8s"}, {"run_script": "/run.py"}, False)],
)
def test_the_recipe_takes_a_cluster_for_what_its_type_makes_it(
    spark: dict[str, Any], cluster: dict[str, Any], matters: bool
) -> None:
    """Dataproc may use a word of ours with another meaning: there it has no default."""
    defaults: dict[str, Any] = {"conf": {}, "image": None, "num_executors": 1}
    bare, stated = (
        make_document(run_config=make_run_config(spark={**spark, "cluster_config": config}))
        for config in (cluster, {**cluster, **defaults})
    )
    assert (digest(bare) != digest(stated)) is matters
    for document in (bare, stated):
        assert recipe()(dump_document(document), document_schema()) == digest(document)


@pytest.mark.parametrize("path", sorted(COMPAT.glob("*/*.json")), ids=lambda path: path.stem)
def test_the_recipe_gives_the_digest_of_a_frozen_document(path: Path) -> None:
    document = read_document(path.read_text(encoding="utf-8"))
    assert recipe()(dump_document(document), document_schema()) == digest(document)


def test_the_recipe_needs_nothing_of_ours() -> None:
    assert "kairflow" not in block("recipe")


def test_the_table_lists_every_code_of_the_ir() -> None:
    listed = re.findall(r"^\| (KF3\d\d) \| `(\w+)` \| \S", README, re.MULTILINE)
    assert listed == [(code.value, code.name) for code in Code if code.value.startswith("KF3")]
    assert len(listed) > 10


def test_the_example_of_invoking_kedro_names_fields_that_there_are() -> None:
    schema = document_schema()["$defs"]
    for model, prefix in (("Source", "source"), ("RunConfig", "run_config")):
        named = set(re.findall(rf"[`<]{prefix}\.(\w+)[`>.]", README))
        assert named
        assert named <= set(schema[model]["properties"])


def test_the_version_on_the_page_is_the_current_one() -> None:
    version = json.loads(block("example"))["ir_version"]
    assert document_schema()["properties"]["ir_version"]["const"] == version
    assert f"(ir/{version}.json)" in README
