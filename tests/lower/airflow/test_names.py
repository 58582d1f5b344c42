"""Ids, variables and constants: legal whatever they are made of, and never merged."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.ir.name_lists import cut
from kairflow.lower.airflow import names
from tests.strategies import hostile_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("etl.clean", "etl.clean"),
        ("clean([raw]) -> [tidy]", "clean-raw---tidy"),
        ("a  b", "a-b"),
        ("a-/-b", "a---b"),
        ("-x", "x"),
        ("1_step", "1_step"),
        ("größe", "größe"),
        ("蜂蜜 1", "蜂蜜-1"),
        ("a\n", "a"),
        ("a🐝🐝b", "a-b"),
        ("a\U000105c0b", "a-b"),  # a letter of Unicode 16: older Pythons know no such letter
        ("", ""),
        ("...", ""),
        ("蜂蜜", ""),  # the pod operator would make an illegal label of it
        ("_", ""),
    ],
)
def test_an_id_keeps_what_airflow_takes(text: str, expected: str) -> None:
    assert names.airflow_id(text) == expected


@settings(max_examples=500)
@given(hostile_text() | st.text())
def test_an_id_is_legal_or_empty(text: str) -> None:
    made = names.airflow_id(text)
    assert made == "" or re.fullmatch(r"[\w.-]{1,250}", made)
    assert made == "" or re.search("[A-Za-z0-9]", made)
    assert names.airflow_id(made) == made


def test_a_long_text_is_cut_and_keeps_its_difference() -> None:
    one, two = (names.airflow_id("x" * 300 + end) for end in "ab")
    assert len(one) == len(two) == 250
    assert one[:241] == two[:241] == "x" * 241
    assert re.fullmatch("-[0-9a-f]{8}", one[241:])
    assert one != two
    assert cut("x" * 100, 100) == "x" * 100


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["etl.clean"], ["etl_clean"]),
        (["a.b", "a-b", "A b"], ["a_b", "a_b_2", "a_b_3"]),
        (["a_b_2", "a.b", "a-b"], ["a_b_2", "a_b", "a_b_3"]),
        (["1_step"], ["task_1_step"]),
        (["class", "match", "None"], ["class_task", "match_task", "none"]),
        (["蜂蜜", "🐝"], ["task", "task_2"]),
        (["größe", "ﬁx", "Ⅷ"], ["groe", "fix", "viii"]),
        (["os", "dag"], ["os_2", "dag"]),
        (["x" * 80], ["x" * 60]),
    ],
)
def test_variables(texts: list[str], expected: list[str]) -> None:
    assert list(names.variables(texts, {"os", "DAG"})) == expected


def test_constants() -> None:
    made = names.constants(["__default__", "big.machine", "2xl", "dag", "true"], {"DAG"})
    assert made == ("DEFAULT", "BIG_MACHINE", "CLASS_2XL", "DAG_2", "TRUE")


@settings(max_examples=500)
@given(
    st.lists(hostile_text(3) | st.text(max_size=4), max_size=8), st.sets(st.text("ab_", max_size=2))
)
def test_variables_are_identifiers_all_different_and_free(
    texts: list[str], taken: set[str]
) -> None:
    for make in (names.variables, names.constants):
        made = make(texts, taken)
        assert len(made) == len(set(made)) == len(texts)
        assert not taken & set(made)
        for name in made:
            assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)
            assert not keyword.iskeyword(name)
            assert not keyword.issoftkeyword(name)


def test_modifier_letters_of_newer_unicodes_count_for_nothing() -> None:
    # Since Unicode 14, which Python 3.10 lacks, U+A7F2 reads as a small capital C.
    assert names.variables(["a\ua7f2b"], ()) == ("ab",)
