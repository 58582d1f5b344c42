"""Complaints as diagnostics: paths that can be followed, and the key that was probably meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from kairflow.errors import Code, Diagnostic
from kairflow.ir.base import ClosedModel, ExtensibleModel
from kairflow.ir.deployment import Deployment
from kairflow.ir.pods import Volume
from kairflow.ir.validation import CONFIG_CODES, IR_CODES, diagnose, json_path, nearest
from tests.ir_documents import REQUIRED
from tests.strategies import hostile_text


class Leaf(ClosedModel):
    weight: int = 0
    colour: str = ""


class Branch(ClosedModel):
    leaves: tuple[Leaf, ...] = ()
    named: dict[str, Leaf] = {}
    maybe: Leaf | None = None
    deep: dict[str, tuple[dict[str, Leaf], ...]] = {}
    pair: tuple[Leaf, int] | None = None
    spelt: Leaf = Field(default=Leaf(), alias="$spelt")


class Tree(ExtensibleModel):
    trunk: Branch = Branch()


def complaints(raw: Any, root: str = "$") -> tuple[Diagnostic, ...]:
    with pytest.raises(ValidationError) as caught:
        Tree.model_validate(raw)
    return diagnose(caught.value, Tree, IR_CODES, root)


LEVELS: list[tuple[dict[str, Any], str]] = [
    ({"leaves": [{}, {"wieght": 1}]}, "$.trunk.leaves[1].wieght"),
    ({"named": {"a": {"wieght": 1}}}, "$.trunk.named.a.wieght"),
    ({"named": {"weight": {"wieght": 1}}}, "$.trunk.named.weight.wieght"),
    ({"named": {"named": {"wieght": 1}}}, "$.trunk.named.named.wieght"),
    ({"named": {"[key]": {"wieght": 1}}}, "$.trunk.named['[key]'].wieght"),
    ({"maybe": {"wieght": 1}}, "$.trunk.maybe.wieght"),
    ({"deep": {"a": [{"b": {"wieght": 1}}]}}, "$.trunk.deep.a[0].b.wieght"),
    ({"pair": [{"wieght": 1}, 1]}, "$.trunk.pair[0].wieght"),
    ({"$spelt": {"wieght": 1}}, "$.trunk.$spelt.wieght"),
]


@pytest.mark.parametrize(("trunk", "where"), LEVELS, ids=lambda value: str(value)[:40])
def test_the_nearest_key_is_found_at_every_level(trunk: dict[str, Any], where: str) -> None:
    (found,) = complaints({"trunk": trunk})
    assert found == Diagnostic(
        Code.IR_UNKNOWN_KEY, "unknown key 'wieght'", where, "did you mean 'weight'?"
    )


def test_when_no_key_is_near_all_are_named() -> None:
    (found,) = complaints({"trunk": {"named": {"a": {"zzz": 1}}}})
    assert found.hint == "known keys: colour, weight"


def test_the_hint_spells_a_key_as_the_user_must() -> None:
    (found,) = complaints({"trunk": {"spelt": {}}})
    assert found.hint == "did you mean '$spelt'?"


def test_a_model_that_is_open_to_extensions_still_knows_its_keys() -> None:
    (found,) = complaints({"trnk": 1})
    assert found == Diagnostic(
        Code.IR_UNKNOWN_KEY, "unknown key 'trnk'", "$.trnk", "did you mean 'trunk'?"
    )


@pytest.mark.parametrize("key", ["x", "X-a", "-x", "xx-", " x-a", ""])
def test_only_x_and_a_hyphen_make_an_extension(key: str) -> None:
    (found,) = complaints({key: 1})
    assert found.code is Code.IR_UNKNOWN_KEY


def test_a_wrong_value_says_what_was_found_in_one_short_line() -> None:
    (found,) = complaints({"trunk": {"maybe": {"weight": "x\n" * 100}}})
    assert found.where == "$.trunk.maybe.weight"
    assert found.message.startswith("input should be a valid integer")
    assert "\n" not in found.message
    assert found.message.endswith("…")
    assert len(found.message) < 200


QUANTITIES = {
    "1GB": "write 1G or 1Gi",
    "1.5 gb": "write 1.5G or 1.5Gi",
    "16 Gi": "write 16Gi",
    "2GiB": "write 2Gi",
    "3kb": "write 3k or 3Ki",
    "5K": "write 5k or 5Ki",
    "many": "",
    "1..5G": "",
    "-1Gi": "",
}


def _refused(key: str, value: object) -> Diagnostic:
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate({"run_config": {**REQUIRED, key: value}})
    (found,) = diagnose(caught.value, Deployment, CONFIG_CODES, "")
    return found


@pytest.mark.parametrize(("text", "hint"), QUANTITIES.items())
def test_a_quantity_that_is_none_has_a_hint(text: str, hint: str) -> None:
    found = _refused("volume", {"size": text})
    assert found.message == f"expected a quantity such as 500m, 1.5 or 16Gi, found {text!r}"
    assert found.hint == hint
    with_unit = [word for word in hint.split() if word[0].isdigit()]
    assert all(Volume(size=word).size == word for word in with_unit)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("command", "a", "expected a list, found 'a'"),
        ("secrets", {"a": 1}, "expected a list, found {'a': 1}"),
        ("volume", [], "expected a mapping, found []"),
        ("resources", "a", "expected a mapping, found 'a'"),
        ("resources", {"a": 1}, "expected a mapping, found 1"),
        ("mlflow", "a", "expected a mapping, found 'a'"),
    ],
)
def test_the_words_are_those_of_yaml(key: str, value: object, message: str) -> None:
    assert _refused(key, value).message == message


def test_a_value_of_a_few_has_the_nearest_as_hint() -> None:
    assert _refused("image_pull_policy", "always").hint == "did you mean 'Always'?"
    assert _refused("on_finish_action", "delete").hint == "did you mean 'delete_pod'?"
    assert _refused("versions", 5).hint == ""


def test_codes_and_root_are_the_callers() -> None:
    raw = {"run_config": {**REQUIRED, "resources": {"huge": {"request": {}}}}}
    with pytest.raises(ValidationError) as caught:
        Deployment.model_validate(raw)
    (found,) = diagnose(caught.value, Deployment, CONFIG_CODES, "")
    assert found == Diagnostic(
        Code.CONFIG_UNKNOWN_KEY,
        "unknown key 'request'",
        "run_config.resources.huge.request",
        "did you mean 'requests'?",
    )


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ((), "$"),
        (("nodes", 3, "inputs", 0), "$.nodes[3].inputs[0]"),
        (("a_b-c", "$schema"), "$.a_b-c.$schema"),
        (("params:rate",), "$['params:rate']"),
        (("a.b", "c"), "$['a.b'].c"),
        (("it's",), '$["it\'s"]'),
        (("",), "$['']"),
        (("--",), "$['--']"),
        (("ä",), "$['ä']"),
        (("a\nb", "\u202e"), "$['a\\nb']['\\u202e']"),
        (("0", 0), "$.0[0]"),
    ],
)
def test_a_path_can_be_followed(location: tuple[int | str, ...], expected: str) -> None:
    assert json_path(location) == expected


def test_a_path_without_root_starts_with_its_first_key() -> None:
    assert json_path(("run_config", "image"), "") == "run_config.image"
    assert json_path(("odd key",), "") == "['odd key']"


@given(st.lists(st.one_of(st.integers(0, 99), hostile_text(2)), min_size=1, max_size=4))
def test_any_path_stays_printable_on_its_line(location: list[int | str]) -> None:
    assert json_path(location).isprintable()


@given(
    st.lists(st.one_of(st.integers(0, 3), st.text("ab.'[]", max_size=4)), max_size=3),
    st.lists(st.one_of(st.integers(0, 3), st.text("ab.'[]", max_size=4)), max_size=3),
)
def test_different_places_have_different_paths(
    one: list[int | str], other: list[int | str]
) -> None:
    assert (json_path(one) == json_path(other)) == (one == other)


@pytest.mark.parametrize(
    ("word", "hint"),
    [("requets", "did you mean 'requests'?"), ("Limits", "did you mean 'limits'?"), ("zzz", "")],
)
def test_the_nearest_word_is_near(word: str, hint: str) -> None:
    assert nearest(word, ["limits", "requests"]) == hint
