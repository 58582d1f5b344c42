"""The published schema: what it is, what it says of every field, what it takes and refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from kairflow.errors import IRError
from kairflow.ir import IR_VERSION, Document, dump_document, read_document
from kairflow.ir.schema import document_schema, dump_schema
from kairflow.ir.version import SCHEMA_URL
from tests.ir.json_schema import check_schema, complaints
from tests.ir.write_schemas import CURRENT
from tests.ir_documents import documents, make_document, make_run_config, node

SCHEMA = document_schema()


def test_the_published_schema_is_that_of_the_models() -> None:
    assert CURRENT.read_text(encoding="utf-8") == dump_schema(SCHEMA), "run `make schemas`"


def test_the_schema_names_itself_and_its_draft() -> None:
    check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == SCHEMA_URL
    assert SCHEMA["title"] == f"Kairflow IR {IR_VERSION}"
    assert CURRENT.name == f"{IR_VERSION}.json"
    assert SCHEMA_URL.endswith(f"/ir/{CURRENT.name}")


def models() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Document", SCHEMA
    for name, schema in SCHEMA["$defs"].items():
        if schema.get("type") == "object":
            yield name, schema


def test_every_property_at_every_level_is_described() -> None:
    bare = [
        f"{name}.{key}"
        for name, model in models()
        for key, field in model["properties"].items()
        if not field.get("description")
    ]
    assert bare == []
    assert len(list(models())) > 15


@pytest.mark.parametrize("name", sorted(SCHEMA["$defs"]))
def test_every_definition_is_described_and_closed(name: str) -> None:
    schema = SCHEMA["$defs"][name]
    if name == "JsonValue":
        assert schema == {}
        return
    assert schema["description"]
    assert schema.get("type") == "string" or schema["additionalProperties"] is False


def test_only_documents_deployment_and_run_config_are_open_to_extensions() -> None:
    extensible = [name for name, model in models() if "^x-" in model.get("patternProperties", {})]
    assert extensible == ["Document", "Deployment", "RunConfig"]


@settings(max_examples=60, deadline=None)
@given(documents())
def test_it_takes_every_document_that_is_written(document: Document) -> None:
    assert complaints(SCHEMA, json.loads(dump_document(document))) == []


def valid() -> dict[str, Any]:
    classes = {"big": {"labels": {"team": "a"}, "tolerations": [{"key": "k"}]}}
    config = make_run_config(resources=classes, secrets=[{"secret": "s"}])
    document = make_document([node("a", ["params:p"], ["x"]), node("b", ["x"])], None, config)
    raw: dict[str, Any] = json.loads(dump_document(document))
    return raw


def put(raw: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set or add the value at a path such as `nodes.0.name`."""
    raw = copy.deepcopy(raw)
    *steps, last = path.split("/")
    inner: Any = raw
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[int(last) if isinstance(inner, list) else last] = value
    return raw


UNKNOWN_AT = [
    "",
    "producer/",
    "source/",
    "source/selection/",
    "datasets/x/",
    "parameters/params:p/",
    "nodes/0/",
    "groups/0/",
    "deployment/",
    "deployment/run_config/",
    "deployment/run_config/volume/",
    "deployment/run_config/authentication/",
    "deployment/run_config/resources/big/",
    "deployment/run_config/resources/big/tolerations/0/",
    "deployment/run_config/secrets/0/",
]


@pytest.mark.parametrize("place", UNKNOWN_AT)
def test_an_unknown_key_is_refused_by_schema_and_reader(place: str) -> None:
    raw = put(valid(), f"{place}surprise", 1)
    assert complaints(SCHEMA, raw)
    with pytest.raises(IRError):
        read_document(json.dumps(raw))


@pytest.mark.parametrize("place", ["", "deployment/", "deployment/run_config/"])
def test_an_extension_is_taken_by_schema_and_reader(place: str) -> None:
    raw = put(valid(), f"{place}x-surprise", {"any": [None, 1.5]})
    assert complaints(SCHEMA, raw) == []
    assert json.loads(dump_document(read_document(json.dumps(raw)))) == raw


WRONG = [
    ("ir_version", "1.1"),
    ("ir_version", 1.0),
    ("$schema", None),
    ("producer/kairflow", 1),
    ("source/kedro_line", "0.18"),
    ("source/env", 1),
    ("source/runtime_params", []),
    ("source/selection/tags", "a"),
    ("source/git", {"commit": None}),
    ("datasets", []),
    ("datasets/x/kind", "disk"),
    ("datasets/x/versioned", 1),
    ("datasets/x/credentials", [None]),
    ("parameters/params:p/type", "text"),
    ("nodes", []),
    ("nodes/0/name", ""),
    ("nodes/0/name", None),
    ("nodes/0/tags", {}),
    ("nodes/0/engine", "ray"),
    ("groups", []),
    ("groups/0/id", "x" * 201),
    ("groups/0/nodes", []),
    ("groups/0/reasons", [{"kind": "memory", "nodes": [], "name": "x"}]),
    ("groups/0/reasons", [{"kind": "fate", "nodes": ["a"], "name": "x"}]),
    ("groups/0/reasons", [{"kind": "between", "nodes": ["a"], "name": None, "between": ["a"]}]),
    ("deployment/host", 1),
    ("deployment/run_config/image", "two words"),
    ("deployment/run_config/image", ""),
    ("deployment/run_config/image_pull_policy", "Sometimes"),
    ("deployment/run_config/image_pull_secrets", ["A"]),
    ("deployment/run_config/startup_timeout", 0),
    ("deployment/run_config/startup_timeout", 1.5),
    ("deployment/run_config/startup_timeout", True),
    ("deployment/run_config/namespace", "a.b"),
    ("deployment/run_config/namespace", "a" * 64),
    ("deployment/run_config/service_account_name", "-a"),
    ("deployment/run_config/experiment_name", ""),
    ("deployment/run_config/run_name", ""),
    ("deployment/run_config/start_date", "2024-1-1"),
    ("deployment/run_config/start_date", None),
    ("deployment/run_config/timetable", None),
    ("deployment/run_config/command", "sh"),
    ("deployment/run_config/versions", "all"),
    ("deployment/run_config/volume", None),
    ("deployment/run_config/volume/size", "1 Gi"),
    ("deployment/run_config/volume/size", "-1Gi"),
    ("deployment/run_config/volume/owner", -1),
    ("deployment/run_config/volume/access_modes", ["ReadOnly"]),
    ("deployment/run_config/resources/big/labels", {"a b": "c"}),
    ("deployment/run_config/resources/big/labels", {"a": "b c"}),
    ("deployment/run_config/resources/big/labels", {"a" * 64: "c"}),
    ("deployment/run_config/resources/big/requests", {"cpu": "much"}),
    ("deployment/run_config/resources/big/tolerations/0/effect", "NoSleep"),
    ("deployment/run_config/secrets/0/secret", "My_Secret"),
    ("deployment/run_config/secrets/0/deploy_type", "file"),
    ("deployment/run_config/spark", {"type": "emr"}),
    ("deployment/run_config/authentication/type", "Basic"),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda value: str(value)[:40])
def test_what_the_reader_refuses_the_schema_refuses_at_the_same_place(
    path: str, value: object
) -> None:
    raw = put(valid(), path, value)
    assert complaints(SCHEMA, valid()) == []
    found = complaints(SCHEMA, raw)
    assert found
    place = path.split("/", maxsplit=1)[0]
    assert all(place in complaint for complaint in found)
    with pytest.raises(IRError):
        read_document(json.dumps(raw))


REQUIRED = ["ir_version", "producer", "source", "datasets", "parameters", "nodes", "groups"]


@pytest.mark.parametrize("key", [*REQUIRED, "deployment"])
def test_a_missing_section_is_refused(key: str) -> None:
    raw = valid()
    del raw[key]
    assert complaints(SCHEMA, raw) == ["$: required"]
    with pytest.raises(IRError):
        read_document(json.dumps(raw))


@pytest.mark.parametrize("raw", [None, [], "text", 1, True, {}])
def test_what_is_no_document_at_all_is_refused(raw: object) -> None:
    assert complaints(SCHEMA, raw)


def test_the_schema_is_free_of_generated_noise() -> None:
    text = dump_schema(SCHEMA)
    assert text.count('"title"') == 1
    assert "\\n" not in text
    assert text.endswith("}\n")
    assert json.loads(text) == SCHEMA
