"""Reading is strict: no JSON, no IR, or an IR with a slip is refused, and only by `IRError`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, Diagnostic, IRError, IRVersionError, Severity
from kairflow.ir import Document, dump_document, read_document
from tests.ir_documents import make_document, make_run_config, node
from tests.strategies import hostile_text, json_values


def small() -> Document:
    classes = {"big": {"requests": {"cpu": "1"}, "tolerations": [{"key": "k"}]}, "labels": {}}
    config = make_run_config(resources=classes, nodes={"resources": {"resources": "big"}})
    return make_document([node("a", ["params:p"], ["x"]), node("b", ["x"])], None, config)


TEXT = dump_document(small())
AT_RUN_CONFIG = "$.deployment.run_config"


def raw() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TEXT)
    return found


def refused(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(IRError) as caught:
        read_document(text)
    return caught.value.diagnostics


def refused_once(text: str) -> Diagnostic:
    (found,) = refused(text)
    return found


NO_JSON = {
    "empty": "",
    "blank": " \n",
    "truncated": TEXT[: len(TEXT) // 2],
    "trailing comma": TEXT.rstrip()[:-1] + ",}",
    "two documents": TEXT + TEXT,
    "byte order mark": "\ufeff" + TEXT,
    "comment": "// IR\n" + TEXT,
    "single quotes": TEXT.replace('"', "'"),
    "nan": TEXT.replace("600", "NaN"),
    "infinity": TEXT.replace("600", "-Infinity"),
    "overflow": TEXT.replace("600", "1e999"),
    "negative overflow": TEXT.replace("600", "-1e999"),
    "duplicate key": TEXT.replace('"groups":', '"groups": [], "groups":'),
    "duplicate version": TEXT.replace('"ir_version"', '"ir_version": "1.0", "ir_version"'),
    "deep": TEXT.replace("600", "[" * 100_000),
    "deep and closed": TEXT.replace("600", "[" * 100_000 + "]" * 100_000),
    "deep objects": TEXT.replace("600", '{"a":' * 100_000),
    "long integer": TEXT.replace("600", "9" * 5000),
    "raw control character": TEXT.replace('"shop"', '"sh\x00op"'),
    "escaped half character": TEXT.replace('"shop"', '"\\ud800"'),
    "escaped half key": TEXT.replace('"x"', '"\\udc00"'),
    "raw half character": TEXT.replace('"shop"', '"\ud800"'),
    "nul after the end": TEXT + "\x00",
    "leading zero": TEXT.replace("600", "0600"),
    "plus sign": TEXT.replace("600", "+600"),
}


@pytest.mark.parametrize("case", NO_JSON)
def test_what_is_no_json_is_refused_as_such(case: str) -> None:
    assert NO_JSON[case] != TEXT
    found = refused_once(NO_JSON[case])
    assert found.code is Code.IR_SYNTAX
    assert found.message.startswith("not valid JSON: ")
    assert len(found.message) < 200
    assert found.hint == "an IR is the JSON that `kairflow export` writes"


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ('{\n  "a": 1,\n}', "double quotes", "line 2 column 9"),
        ('{"a": 1, "a": 2}', "key 'a' stands twice in one object", ""),
        ('{"a": NaN}', "NaN is not JSON", ""),
        ('{"a": 1e999}', "number 1e999 is too large", ""),
        ("[" * 100_000, "nested too deeply", ""),
        ('"\ud800"', "the text holds half a character", ""),
    ],
)
def test_a_refusal_says_what_and_where(text: str, message: str, where: str) -> None:
    found = refused_once(text)
    assert message in found.message
    assert found.where.startswith(where) or "line 3" in found.where  # 3.13 points at the bracket
    assert where or not found.where


def test_what_only_the_second_parser_refuses_has_its_place_too() -> None:
    found = refused_once(TEXT.replace('"shop"', '"\\ud800"', 1))
    assert found.where.startswith("line ")


def test_as_deep_as_a_person_would_nest_is_fine() -> None:
    nested: Any = 1
    for _ in range(50):
        nested = {"a": [nested]}
    document = make_document(runtime_params={"deep": nested})
    assert read_document(dump_document(document)) == document


@pytest.mark.parametrize(
    "text", ["[]", "null", "1", '"1.0"', "{}", "true", '[{"ir_version": "1.0"}]']
)
def test_what_is_json_but_no_document_lacks_a_version(text: str) -> None:
    found = refused_once(text)
    assert (found.code, found.where) == (Code.IR_VERSION, "$.ir_version")
    assert found.message == "found no version of an IR, expected version '1.0'"
    assert found.hint == "is this file the output of `kairflow export`?"


@pytest.mark.parametrize("version", [None, 1.0, 1, True, ["1.0"], {}])
def test_a_version_is_text(version: object) -> None:
    found = refused_once(json.dumps({**raw(), "ir_version": version}))
    assert found.code is Code.IR_VERSION
    assert "found no version" in found.message


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("1.1", "upgrade Kairflow, or export again with this one"),
        ("2.0", "upgrade Kairflow, or export again with this one"),
        ("1.10", "upgrade Kairflow, or export again with this one"),
        ("9999.9999", "upgrade Kairflow, or export again with this one"),
        ("0.9", "export again"),
        ("0.0", "export again"),
        ("1", "a version is two numbers with a full stop between"),
        ("1.0.0", "a version is two numbers with a full stop between"),
        ("", "a version is two numbers with a full stop between"),
        (" 1.0", "a version is two numbers with a full stop between"),
        ("1.0\n", "a version is two numbers with a full stop between"),
        ("٠.٩", "a version is two numbers with a full stop between"),
        ("9" * 4000 + ".0", "a version is two numbers with a full stop between"),
    ],
)
def test_another_version_says_what_to_do(version: str, hint: str) -> None:
    with pytest.raises(IRVersionError) as caught:
        read_document(json.dumps({**raw(), "ir_version": version, "unknown": 1}))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where, found.hint) == (Code.IR_VERSION, "$.ir_version", hint)
    assert found.message == f"found version {version!r}, expected version '1.0'"


UNKNOWN = [
    (("group",), "$.group", "did you mean 'groups'?"),
    (("schema_url",), "$.schema_url", ""),
    (("producer", "kairfow"), "$.producer.kairfow", "did you mean 'kairflow'?"),
    (("source", "enviroment"), "$.source.enviroment", ""),
    (("source", "selection", "tag"), "$.source.selection.tag", "did you mean 'tags'?"),
    (("datasets", "x", "version"), "$.datasets.x.version", "did you mean 'versioned'?"),
    (("parameters", "params:p", "typ"), "$.parameters['params:p'].typ", "did you mean 'type'?"),
    (("nodes", 1, "input"), "$.nodes[1].input", "did you mean 'inputs'?"),
    (("groups", 0, "need"), "$.groups[0].need", "did you mean 'needs'?"),
    (("deployment", "hosts"), "$.deployment.hosts", "did you mean 'host'?"),
    (
        ("deployment", "run_config", "start_up_timeout"),
        f"{AT_RUN_CONFIG}.start_up_timeout",
        "did you mean 'startup_timeout'?",
    ),
    (
        ("deployment", "run_config", "resources", "big", "request"),
        f"{AT_RUN_CONFIG}.resources.big.request",
        "did you mean 'requests'?",
    ),
    (
        ("deployment", "run_config", "resources", "labels", "request"),
        f"{AT_RUN_CONFIG}.resources.labels.request",
        "did you mean 'requests'?",
    ),
    (
        ("deployment", "run_config", "resources", "big", "tolerations", 0, "efect"),
        f"{AT_RUN_CONFIG}.resources.big.tolerations[0].efect",
        "did you mean 'effect'?",
    ),
    (
        ("deployment", "run_config", "nodes", "resources", "resource"),
        f"{AT_RUN_CONFIG}.nodes.resources.resource",
        "did you mean 'resources'?",
    ),
    (
        ("deployment", "run_config", "volume", "sise"),
        f"{AT_RUN_CONFIG}.volume.sise",
        "did you mean 'size'?",
    ),
    (("deployment", "run_config", "x"), f"{AT_RUN_CONFIG}.x", ""),
    (("deployment", "run_config", "X-team"), f"{AT_RUN_CONFIG}.X-team", ""),
    (("odd key\n",), "$['odd key\\n']", ""),
]


def inserted(steps: tuple[Any, ...], value: object) -> str:
    whole = raw()
    inner: Any = whole
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = value
    return json.dumps(whole)


@pytest.mark.parametrize(("steps", "where", "hint"), UNKNOWN, ids=lambda value: str(value)[-40:])
def test_an_unknown_key_is_an_error_with_the_nearest_one(
    steps: tuple[Any, ...], where: str, hint: str
) -> None:
    found = refused_once(inserted(steps, 1))
    assert (found.code, found.where) == (Code.IR_UNKNOWN_KEY, where)
    assert found.message == f"unknown key {steps[-1]!r}"
    assert found.hint == hint or (not hint and found.hint.startswith(("did you", "known keys: ")))


MISSING = [
    (("producer",), "$.producer"),
    (("source", "env"), "$.source.env"),
    (("datasets", "x", "base"), "$.datasets.x.base"),
    (("nodes", 0, "engine"), "$.nodes[0].engine"),
    (("groups", 1, "reasons"), "$.groups[1].reasons"),
    (("deployment", "run_config"), AT_RUN_CONFIG),
    (("deployment", "run_config", "image"), f"{AT_RUN_CONFIG}.image"),
]


@pytest.mark.parametrize(("steps", "where"), MISSING, ids=str)
def test_a_missing_key_is_named_at_its_place(steps: tuple[Any, ...], where: str) -> None:
    whole = raw()
    inner: Any = whole
    for step in steps[:-1]:
        inner = inner[step]
    del inner[steps[-1]]
    found = refused_once(json.dumps(whole))
    assert (found.code, found.where) == (Code.IR_MISSING_KEY, where)
    assert found.message == f"required key {steps[-1]!r} is missing"


WRONG = [
    (("nodes",), {}, "$.nodes"),
    (("nodes", 1, "inputs", 0), 5, "$.nodes[1].inputs[0]"),
    (("nodes", 0), "a", "$.nodes[0]"),
    (("datasets", "x"), None, "$.datasets.x"),
    (("datasets", "x", "versioned"), "yes", "$.datasets.x.versioned"),
    (("groups", 0, "reasons"), [{"kind": "fate"}], "$.groups[0].reasons[0].kind"),
    (("source", "kedro_line"), 1, "$.source.kedro_line"),
    (("deployment", "run_config", "startup_timeout"), "600", f"{AT_RUN_CONFIG}.startup_timeout"),
    (("deployment", "run_config", "catchup"), 0, f"{AT_RUN_CONFIG}.catchup"),
]


@pytest.mark.parametrize(("steps", "value", "where"), WRONG, ids=str)
def test_a_wrong_type_is_an_error_at_its_place(
    steps: tuple[Any, ...], value: object, where: str
) -> None:
    found = [one for one in refused(inserted(steps, value)) if one.code is Code.IR_VALUE]
    assert [one.where for one in found] == [where]
    assert f"found {value!r}"[:30] in found[0].message or "'fate'" in found[0].message


def test_all_mistakes_are_reported_at_once() -> None:
    whole = raw()
    whole["surprise"] = 1
    whole["nodes"][0]["name"] = 5
    whole["nodes"][1]["inpts"] = whole["nodes"][1].pop("inputs")
    del whole["deployment"]["run_config"]["image"]
    found = {(one.code, one.where) for one in refused(json.dumps(whole))}
    assert found == {
        (Code.IR_UNKNOWN_KEY, "$.surprise"),
        (Code.IR_VALUE, "$.nodes[0].name"),
        (Code.IR_UNKNOWN_KEY, "$.nodes[1].inpts"),
        (Code.IR_MISSING_KEY, "$.nodes[1].inputs"),
        (Code.IR_MISSING_KEY, f"{AT_RUN_CONFIG}.image"),
    }


def read_or_refuse(text: str) -> None:
    """Read; any exception but `IRError` is a bug, and so is a document that cannot be written."""
    try:
        document = read_document(text)
    except IRError as error:
        found = error.diagnostics
    else:
        assert read_document(dump_document(document)) == document
        return
    assert all(str(one) and one.severity is Severity.ERROR for one in found)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), hostile_text(), json_values().map(json.dumps)))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 30), hostile_text(2))
def test_any_edit_of_a_document_is_read_or_refused(start: int, length: int, new: str) -> None:
    read_or_refuse(TEXT[:start] + new + TEXT[start + length :])


@settings(max_examples=400, deadline=None)
@given(st.data(), json_values(5))
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject, value: Any) -> None:
    whole = raw()
    inner: Any = whole
    while True:
        keys: list[Any] = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        step = data.draw(st.sampled_from(keys))
        if not isinstance(inner[step], (dict, list)) or not inner[step] or data.draw(st.booleans()):
            break
        inner = inner[step]
    inner[step] = value
    read_or_refuse(json.dumps(whole))
