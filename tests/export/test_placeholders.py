"""`${name}` is filled from the environment by rules that lose nothing of what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.export.config_file import ConfigFile
from kairflow.export.interpolation import resolve
from kairflow.export.placeholders import Placeholders, restore
from kairflow.ir.validation import json_path

ENVIRON = {
    "KEDRO_CONFIG_NAME": "value",
    "KEDRO_CONFIG_EMPTY": "",
    "KEDRO_CONFIG_NUMBER": "1.10",
    "KEDRO_CONFIG_WILD": "${name} $${x} $HOME {{ ds }} \\${y}",
    "kedro_config_lower": "low",
    "NAME": "not this one",
}


def fill(text: str, environ: dict[str, str] = ENVIRON) -> object:
    tree, faults = resolve(ConfigFile("f.yml", {"key": text}, {}), Placeholders(environ))
    assert faults == []
    return tree["key"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${name}", "value"),
        ("${NAME}", "value"),
        ("a-${name}-${name}", "a-value-value"),
        ("${lower}", "low"),
        ("${number}", "1.10"),
        ("${empty}", ""),
        ("${empty|default}", ""),
        ("${ name }", "value"),
        ("${name|default}", "value"),
        ("${other|default}", "default"),
        ("${other|}", ""),
        ("${other|600}", "600"),
        ("${other|null}", None),
        ("${other|~}", None),
        ("a${other|null}", "anull"),
        ("${other|a b: c, d}", "a b: c, d"),
        ("${other|${name}}", "value"),
        ("${other|${another|x}}", "x"),
        ("${commit_id}", None),
        ("${branch_name}", None),
        ("${commit_id|latest}", "latest"),
        ("image:${commit_id|latest}", "image:latest"),
        ("$${name}", "${name}"),
        ("$${not closed", "${not closed"),
        ("$${VAR:-x}", "${VAR:-x}"),
        ("\\${name}", "${name}"),
        ("costs $5", "costs $5"),
        ("$name", "$name"),
        ("{name}", "{name}"),
        ("${wild}", ENVIRON["KEDRO_CONFIG_WILD"]),
        ("$${x} and ${name} and $5", "${x} and value and $5"),
    ],
)
def test_text_is_filled(text: str, filled: object) -> None:
    assert fill(text) == filled


def test_what_the_environment_knows_beats_null() -> None:
    environ = {"KEDRO_CONFIG_COMMIT_ID": "abc"}
    assert fill("${commit_id}", environ) == "abc"
    assert fill("${commit_id|latest}", environ) == "abc"


@given(st.text())
def test_a_value_arrives_as_it_is(value: str) -> None:
    if "\0" not in value:
        assert fill("${name}", {"KEDRO_CONFIG_NAME": value}) == value
        assert fill("<${name}>", {"KEDRO_CONFIG_NAME": value}) == f"<{value}>"


@given(st.text().filter(lambda text: "\0" not in text and "${" not in text))
def test_text_without_a_placeholder_is_left_alone(text: str) -> None:
    assert restore(Placeholders({}).fill(text)) == text


def test_keys_are_filled_and_everything_else_is_kept() -> None:
    tree = {"${name}": [1, None, True, 2.5, {"x": "${name}"}]}
    resolved, faults = resolve(ConfigFile("f.yml", tree, {}), Placeholders(ENVIRON))
    assert (resolved, faults) == ({"value": [1, None, True, 2.5, {"x": "value"}]}, [])


def test_a_key_of_the_same_file_is_a_value_like_any() -> None:
    tree = {
        "a": 5,
        "b": {"c": [1, 2], "d": "$${x}"},
        "number": "${a}",
        "list": "${b.c}",
        "text": "is ${a}",
        "literal": "${b.d}",
        "near": {"one": 1, "two": "${.one}"},
    }
    resolved, faults = resolve(ConfigFile("f.yml", tree, {}), Placeholders({}))
    assert faults == []
    assert (resolved["number"], resolved["list"], resolved["text"]) == (5, [1, 2], "is 5")
    assert (resolved["literal"], resolved["near"]["two"]) == ("${x}", 1)


@pytest.mark.parametrize(
    "text", ["${other}", "a ${other}", "a:${commit_id}", "${", "${no_resolver:x}", "${VAR:-x}"]
)
def test_what_has_no_value_is_a_fault_with_its_place(text: str) -> None:
    tree = {"top": ["fine", {"key": text}], "also": "${missing}"}
    file = ConfigFile("f.yml", tree, {("top",): 1, ("top", 1, "key"): 3, ("also",): 4})
    resolved, faults = resolve(file, Placeholders({}))
    assert resolved["top"] == ["fine", {"key": text}]
    places = {json_path(path): found.where for path, found in faults}
    assert places == {
        "$.top[1].key": "f.yml:3: top[1].key",
        "$.also": "f.yml:4: also",
    }
    for _, found in faults:
        assert "KEDRO_CONFIG_" in found.hint
        assert "\0" not in found.message
