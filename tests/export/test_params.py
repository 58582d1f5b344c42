"""`--params` gives what Kedro's own command line gives, and mistakes are told in place."""

from __future__ import annotations

import math
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, ProjectError
from kairflow.export import parse_params


def kedro_params(text: str) -> Any:
    """Parse as Kedro's own option does, or raise what it raises."""
    from kedro.framework.cli.utils import _split_params

    command = click.Command("run")
    option = click.Option(["--params"])
    return _split_params(click.Context(command), option, text)


def is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not any(0xD800 <= ord(character) < 0xE000 for character in value)
    return value is None or isinstance(value, (bool, int))


def agrees_with_kedro(text: str) -> None:
    try:
        expected = kedro_params(text)
    except Exception:  # noqa: BLE001  whatever Kedro's command would end with
        expected = None
    if expected is not None and is_json(expected):
        found: Any = parse_params(text)
        assert found == expected
        assert repr(found) == repr(expected)
        return
    with pytest.raises(ProjectError) as caught:
        parse_params(text)
    assert {d.code for d in caught.value.diagnostics} == {Code.PARAMS_SYNTAX}


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "a=1",
        " a = 1 , b = two ",
        "a.b=1,a.c=x",
        "a=1,a.b=2",
        "a.b=1,a=2",
        "x.0=5",
        "x=[1]",
        "x=[1],x.a=2",
        "x=[1],x.0=2",
        "x={a: 1}",
        "x={a: {b: 2}}",
        "x={1: a}",
        "t=10:30",
        "flag=true",
        "flag=yes",
        "n=null",
        "n=",
        "d=2024-01-01",
        "e=1e5",
        "o=0o17",
        "h=0x1f",
        "q='a b'",
        'q="a: b"',
        "q='a,b'",
        "a=b=c",
        "a b=1",
        "a..b=1",
        ".a=1",
        "a[0]=1",
        "x=${y}",
        "x=${",
        "x=[1",
        "x=*a",
        "x=&a [*a]",
        "x=!!python/object/apply:os.system [true]",
        "x=.nan",
        "x=.inf",
        "x=!!binary aGk=",
        "x=!!set {a}",
        "x='\\ud800'",
        'x="\\ud800"',
        "x=\t1",
        "x=a\x00b",
        "no_equals",
        "=1",
        " =1",
        "größe=蜂蜜",
    ],
)
def test_params_agree_with_kedro(text: str) -> None:
    agrees_with_kedro(text)


PIECES = st.sampled_from(
    [
        *("a", "b", ".", "=", ",", " ", ":", "[", "]", "{", "}", "'", '"', "1", "0", "-"),
        *("null", "true", "${", "\\", "#", "&", "*", "!", "|", "%", "é", "\n", "1e3", "10:30"),
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=12))
def test_params_agree_with_kedro_on_anything(text: str) -> None:
    agrees_with_kedro(text)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,3}){0,2}", fullmatch=True),
        st.integers() | st.booleans() | st.from_regex(r"[a-z]{1,5}", fullmatch=True),
        min_size=1,
        max_size=4,
    )
)
def test_params_agree_with_kedro_on_ordinary_input(pairs: dict[str, object]) -> None:
    agrees_with_kedro(",".join(f"{name}={value}" for name, value in pairs.items()))


def test_all_mistakes_are_told_at_once_with_their_item() -> None:
    with pytest.raises(ProjectError) as caught:
        parse_params("good=1,bad,=2,worse=[1,nan=.nan")
    found = caught.value.diagnostics
    assert [diagnostic.where for diagnostic in found] == [
        "--params 'bad'",
        "--params '=2'",
        "--params 'worse=[1'",
        "--params 'nan=.nan'",
    ]
    assert all(diagnostic.hint for diagnostic in found)
    assert "no equals sign" in found[0].message
    assert "no JSON value" in found[3].message
