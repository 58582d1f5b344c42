"""Documents that a release wrote, kept for ever: read, written again, and the same digest.

Nothing here is ever regenerated. A document that cannot be read any more is a broken promise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from kairflow.ir import digest, dump_document, read_document
from kairflow.ir.model import DatasetKind, Engine, ReasonKind
from kairflow.ir.spark import SparkType
from tests.ir.json_schema import complaints
from tests.ir.write_schemas import SCHEMAS

HERE = Path(__file__).parent
DOCUMENTS = sorted(HERE.glob("*/*.json"))
CURRENT = sorted(HERE.glob("1.0/*.json"))


def schema_of(path: Path) -> dict[str, Any]:
    text = (SCHEMAS / "ir" / f"{path.parent.name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def stated_digests(folder: Path) -> dict[str, str]:
    lines = (folder / "digests.txt").read_text(encoding="utf-8").splitlines()
    return {name: value for value, name in (line.split("  ") for line in lines)}


def test_every_document_has_its_digest_stated() -> None:
    for folder in {path.parent for path in DOCUMENTS}:
        assert sorted(stated_digests(folder)) == [
            path.name for path in sorted(folder.glob("*.json"))
        ]
    assert {"minimal.json", "everything.json"} <= {path.name for path in CURRENT}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_document_stays_readable_and_keeps_its_digest(path: Path) -> None:
    document = read_document(path.read_text(encoding="utf-8"))
    assert read_document(dump_document(document)) == document
    assert digest(document) == stated_digests(path.parent)[path.name]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_writing_a_document_again_only_adds_defaults(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    again = dump_document(read_document(text))
    old, new = (dict(_leaves(json.loads(one))) for one in (text, again))
    changed = {path for path in old if path not in new or new[path] != old[path]}
    # The list of macros was another spelling of the same.
    assert all("macro_params" in path for path in changed)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_document_obeys_the_schema_of_its_version(path: Path) -> None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    schema = schema_of(path)
    assert complaints(schema, raw) == []
    assert raw["$schema"] == schema["$id"]
    assert raw["ir_version"] == path.parent.name


def used_fields(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """Yield `Model.field` for every field of a document that is not at its default."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found = root["$defs"][name] if name else schema
    if isinstance(value, dict):
        for key, inner in value.items():
            field = found.get("properties", {}).get(key)
            if field is None:
                item = found.get("additionalProperties")
                yield from used_fields(inner, item, root) if isinstance(item, dict) else ()
                continue
            if inner not in [None, [], {}, *([field["default"]] if "default" in field else [])]:
                yield f"{name}.{key}"
            for option in (field, *field.get("anyOf", ())):
                yield from used_fields(inner, option, root)
    elif isinstance(value, list) and isinstance(found.get("items"), dict):
        for inner in value:
            yield from used_fields(inner, found["items"], root)


def test_the_frozen_documents_use_every_field_there_is() -> None:
    schema = schema_of(CURRENT[0])
    known = {
        f"{name}.{key}"
        for name, model in (*schema["$defs"].items(), ("", schema))
        for key in model.get("properties", ())
    }
    used = {
        field
        for path in CURRENT
        for field in used_fields(json.loads(path.read_text(encoding="utf-8")), schema, schema)
    }
    # What an IR cannot use: an export has settled both.
    settled = {"ResourceClass.inherit", "Mlflow.disabled"}
    assert known - used == {".$schema", ".ir_version", *settled}
    everything = json.loads((HERE / "1.0" / "everything.json").read_text(encoding="utf-8"))
    for block in (everything, everything["deployment"], everything["deployment"]["run_config"]):
        assert [key for key in block if key.startswith("x-")]


def test_the_frozen_documents_use_every_kind_there_is() -> None:
    read = [read_document(path.read_text(encoding="utf-8")) for path in CURRENT]
    reasons = {r.kind for one in read for group in one.groups for r in group.reasons}
    assert reasons == set(ReasonKind)
    assert {group.engine for one in read for group in one.groups} == set(Engine)
    assert {d.kind for one in read for d in one.datasets.values()} == set(DatasetKind)
    assert {one.source.kedro_line for one in read} == {"0.19", "1"}
    clusters = [one.deployment.run_config.spark for one in read]
    types = {spark.type for spark in clusters if spark is not None}
    # `k8s` is another name of `kubernetes`.
    assert types | {"k8s"} == set(get_args(SparkType))
