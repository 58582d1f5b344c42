"""Canonical text and digest: what changes them, and what must not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, IRError
from kairflow.ir import Document, digest, dump_document, read_document
from kairflow.ir.codec import parse_json
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.model import Dataset, Git, Parameter, Producer
from kairflow.ir.pods import Volume
from tests.compat.test_compat import HERE as COMPAT
from tests.ir_documents import REQUIRED, documents, make_document, make_run_config, node


@settings(max_examples=120, deadline=None)
@given(documents())
def test_reading_what_was_written_gives_the_document_and_its_text(document: Document) -> None:
    text = dump_document(document)
    again = read_document(text)
    assert again == document
    assert dump_document(again) == text
    assert digest(again) == digest(document)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_the_text_is_the_indented_json_of_the_same_values(document: Document) -> None:
    text = dump_document(document)
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert "\r\n" not in text.replace("\\r\\n", "")
    assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text
    assert list(json.loads(text))[:2] == ["$schema", "ir_version"]


@given(st.permutations(["zebra", "Ant", "ant", "ä", "a b", "a"]), st.data())
def test_datasets_and_parameters_stand_sorted_whatever_their_order(
    names: list[str], data: st.DataObject
) -> None:
    asked = [f"params:{name}" for name in names]
    one = make_document([node("only", [*names, *asked])])
    shuffled = data.draw(st.permutations(sorted(one.datasets)))
    other = one.model_copy(
        update={
            "datasets": {name: one.datasets[name] for name in shuffled},
            "parameters": {name: one.parameters[name] for name in sorted(one.parameters)},
        }
    )
    raw = json.loads(dump_document(one))
    assert dump_document(other) == dump_document(one)
    assert list(raw["datasets"]) == sorted([*names, *asked])
    assert list(raw["parameters"]) == sorted(asked)


def test_the_users_own_mappings_keep_the_users_order() -> None:
    classes = {"z": {"requests": {"memory": "1Gi", "cpu": "1"}}, "a": {}}
    params = {"z": {"b": 1, "a": [{"y": 1, "x": 2}]}, "a": None}
    blocks = {"x-z": {"b": 1, "a": 2}, "x-a": 1}
    config = make_run_config(resources=classes, **blocks)
    document = make_document(run_config=config, runtime_params=params, extensions=blocks)
    raw = json.loads(dump_document(read_document(dump_document(document))))
    kept = raw["deployment"]["run_config"]
    assert list(kept["resources"]) == ["z", "a"]
    assert list(kept["resources"]["z"]["requests"]) == ["memory", "cpu"]
    assert json.dumps(raw["source"]["runtime_params"]) == json.dumps(params)
    assert [key for key in kept if key.startswith("x-")] == ["x-z", "x-a"]
    assert [key for key in raw if key.startswith("x-")] == ["x-z", "x-a"]
    assert list(raw["x-z"]) == ["b", "a"]


def test_the_order_of_the_users_mappings_is_no_part_of_the_digest() -> None:
    one = make_document(runtime_params={"a": 1, "b": 2})
    other = make_document(runtime_params={"b": 2, "a": 1})
    assert dump_document(one) != dump_document(other)
    assert digest(one) == digest(other)


PROVENANCE: dict[str, dict[str, Any]] = {
    "host": {"host": "https://elsewhere.example.com"},
    "output": {"output": "s3://elsewhere/dags"},
    "git": {"git": Git(commit="f" * 40, branch=None)},
}


@pytest.mark.parametrize("what", PROVENANCE)
def test_where_it_came_from_and_goes_to_is_outside_the_digest(what: str) -> None:
    document = make_document(**PROVENANCE[what])
    assert dump_document(document) != dump_document(make_document())
    assert digest(document) == digest(make_document())


def test_producer_and_schema_address_are_outside_the_digest() -> None:
    other = make_document().model_copy(
        update={"producer": Producer(kairflow="9", kedro="0.19.15"), "schema_url": "elsewhere"}
    )
    assert digest(other) == digest(make_document())


def leaves(value: Any, path: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """Yield the path of every value that holds no others, and of every empty container."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def changed(raw: Any, path: tuple[int | str, ...]) -> Any:
    raw = copy.deepcopy(raw)
    inner = raw
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "changed"
    return raw


OUTSIDE = (
    ("$schema",),
    ("ir_version",),
    ("producer",),
    ("source", "git"),
    ("deployment", "host"),
    ("deployment", "output"),
)


def test_every_other_leaf_changes_the_digest() -> None:
    """The model is bypassed, since most changes would break a rule; the hashing is the same."""
    raw = json.loads((COMPAT / "1.0" / "everything.json").read_text(encoding="utf-8"))
    document = cast("Document", Loose(raw))
    found = list(leaves(raw))
    assert len(found) > 250
    for path in found:
        broken = cast("Document", Loose(changed(raw, path)))
        outside = any(path[: len(prefix)] == prefix for prefix in OUTSIDE)
        assert (digest(broken) == digest(document)) is outside, path


class Loose:
    """Stands in for a document, with any content at all, to see what the digest looks at."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return copy.deepcopy(self.raw)


def test_a_default_that_is_spelt_out_is_no_part_of_the_digest() -> None:
    document = make_document(run_config=make_run_config(resources={"small": {}}))
    raw = json.loads(dump_document(document))
    config = raw["deployment"]["run_config"]
    for key in set(config) - {*REQUIRED, "resources"}:
        del config[key]
    config["resources"]["small"] = {"labels": {}, "retries": None}
    config["volume"] = {"size": "1Gi"}
    del raw["source"]["selection"]["tags"], raw["datasets"]["raw"]["uri"]
    again = read_document(json.dumps(raw))
    assert again == document
    assert digest(again) == digest(document)


def test_a_name_whose_settings_are_defaults_stays_in_the_digest() -> None:
    small = make_document(run_config=make_run_config(resources={"small": {}}))
    assert digest(small) != digest(make_document())


class LaterVolume(Volume):
    shiny: bool = False


class LaterRunConfig(RunConfig):
    volume: LaterVolume = LaterVolume()
    polish: str | None = None


class LaterDeployment(Deployment):
    run_config: LaterRunConfig


class LaterDocument(Document):
    deployment: LaterDeployment


@settings(max_examples=30, deadline=None)
@given(documents())
def test_a_later_versions_optional_field_changes_no_digest_until_it_is_used(
    document: Document,
) -> None:
    raw = json.loads(dump_document(document))
    later = LaterDocument.model_validate(raw)
    assert digest(later) == digest(document)
    raw["deployment"]["run_config"]["volume"]["shiny"] = True
    assert digest(LaterDocument.model_validate(raw)) != digest(document)


VALID_CHANGES: list[dict[str, Any]] = [
    {"env": "prod"},
    {"kedro_line": "0.19"},
    {"runtime_params": {"a": 1}},
    {"runtime_params": {"a": 1.0}},
    {"runtime_params": {"a": True}},
    {"run_config": make_run_config(catchup=True)},
    {"run_config": make_run_config(**{"x-a": 1})},
    {"extensions": {"x-a": 1}},
    {"nodes": [node("only", ["raw"], ["clean"], tags=["t"])]},
    {"datasets": {"raw": Dataset(kind="persistent", base="raw", uri="s3://raw")}},
    {"parameters": {"params:unused": Parameter(type="integer", value=1)}},
]


def test_documents_that_mean_different_things_have_different_digests() -> None:
    digests = [digest(make_document(**changes)) for changes in [{}, *VALID_CHANGES]]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("write", [dump_document, digest])
def test_half_a_character_is_refused_with_its_surroundings(write: Any) -> None:
    config = make_run_config().model_copy(update={"description": "half \ud83d"})
    with pytest.raises(IRError) as caught:
        write(make_document(run_config=config))
    (found,) = caught.value.diagnostics
    assert found.code is Code.IR_VALUE
    assert "half \\ud83d" in found.message


@pytest.mark.parametrize("value", [0, -0.0, 1e-07, 1e16, 5e-324, 1.7976931348623157e308, 10**700])
def test_numbers_come_back_exactly(value: float) -> None:
    text = dump_document(make_document(runtime_params={"n": value}))
    back = read_document(text).source.runtime_params["n"]
    assert repr(back) == repr(value)
    assert repr(parse_json(text)["source"]["runtime_params"]["n"]) == repr(value)


@settings(max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_comes_back_exactly(value: float) -> None:
    raw = json.loads(dump_document(make_document()))
    raw["source"]["runtime_params"] = {"n": value}
    back = read_document(json.dumps(raw)).source.runtime_params["n"]
    assert repr(back) == repr(value)
