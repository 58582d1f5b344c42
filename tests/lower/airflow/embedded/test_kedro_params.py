"""Run-time values arrive at Kedro with their types: checked with the Kedro that is installed."""

from __future__ import annotations

import datetime
import math
from collections import UserDict
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader
from kedro.framework.cli.utils import _split_params

from kairflow.lower.airflow.embedded.kedro_params import (
    from_variable,
    kedro_0_19_params,
    kedro_params,
)
from kairflow.lower.airflow.kedro_run import MAX_DEPTH, check_params, params_text
from tests.export.tiny import LINE
from tests.ir_documents import encodable, make_source
from tests.strategies import json_values

# Kedro calls what the newest OmegaConf deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

CONTEXT, OPTION = click.Context(click.Command("run")), click.Option(["--params"])
FILTER = kedro_params if LINE == "1" else kedro_0_19_params
TRICKY = (
    *("null", "~", "true", "yes", "10:30", "1e5", "1_000", "0777", "0x1f", "2024-01-31", ".inf"),
    *(".nan", "<<", "=", "???", "-", "?", ":", "[]", "{}", "&", "*", "!", "|", ">", "", " ", "---"),
    *("a, b", "a: b", "# no", "C:\\new", "${a}", "\\${a}", "\\\\${b}", "\n", "x\r\n", "蜂蜜", "🐝"),
)


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("conf")
    for env in ("base", "local"):
        (root / env).mkdir()
    (root / "base" / "parameters.yml").write_text("model: {from_file: 1, a: 0}\n")
    return root


def received(conf: Path, text: str) -> dict[str, Any]:
    """Return the parameters that a run has which was given `text` as `--params`."""
    parsed = _split_params(CONTEXT, OPTION, text)
    loader = OmegaConfigLoader(
        str(conf), env="local", base_env="base", default_run_env="local", runtime_params=parsed
    )
    found: dict[str, Any] = loader["parameters"]
    return found


def arrives(conf: Path, value: Any) -> Any:
    return received(conf, FILTER({"value": value}))["value"]


def exact(value: Any) -> Any:
    """Spell a value so that type, sign and order of keys count: 1 is neither True nor 1.0."""
    if isinstance(value, dict):
        return {"mapping": [(key, exact(item)) for key, item in value.items()]}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return type(value).__name__, repr(value)


keys = st.from_regex(r"[a-z_][a-z0-9_-]{0,6}", fullmatch=True).map("p_".__add__)
values = st.one_of(
    json_values(12),
    st.sampled_from(TRICKY),
    st.recursive(
        st.text("${}\\,\"'\n\r\t :-?#&*!|>%@`~=[]", max_size=12),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(TRICKY), inner, max_size=3)
        ),
        max_leaves=6,
    ),
).map(encodable)


@settings(max_examples=600)
@given(params=st.dictionaries(keys, values, max_size=4))
@example(params={"a": 10**700, "b": -0.0, "c": 1e16, "d": 5e-324, "e": [[], {}, [[]], {"": {}}]})
def test_json_values_are_written_as_at_export_and_arrive_or_are_refused(
    conf: Path, params: dict[str, Any]
) -> None:
    if list(check_params(make_source(runtime_params=params, kedro_line=LINE))):
        with pytest.raises(ValueError, match="Kedro"):
            FILTER(params)
        return
    text = FILTER(params)
    assert text == params_text(params)
    arrived = received(conf, text)
    del arrived["model"]
    assert exact(arrived) == exact(params)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.date(2024, 1, 31), "2024-01-31"),
        (datetime.datetime(2024, 1, 31, tzinfo=datetime.timezone.utc), "2024-01-31T00:00:00+00:00"),
        (datetime.timedelta(hours=1), "1:00:00"),
        (Decimal("1.10"), "1.10"),
        ((1, ("a", ())), [1, ["a", []]]),
        (UserDict({"a": UserDict()}), {"a": {}}),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
        ([datetime.date(2024, 1, 31)], ["2024-01-31"]),
    ],
    ids=repr,
)
def test_objects_of_templates_arrive_as_their_texts(conf: Path, value: Any, expected: Any) -> None:
    assert exact(arrives(conf, value)) == exact(expected)


def test_a_deferred_text_of_airflow_is_a_text(conf: Path) -> None:
    class Deferred:
        """Looks like text to `isinstance` alone, as the proxies do of Airflow 2."""

        __class__ = str  # type: ignore[assignment]

        def __str__(self) -> str:
            return "2024-01-31"

    assert arrives(conf, Deferred()) == "2024-01-31"


@pytest.mark.parametrize("value", [None, 7, 0.5, True, "text", [1, None]], ids=repr)
def test_a_proxy_of_airflow_is_what_it_stands_for(value: Any) -> None:
    class Proxy:
        """Hands a value over later, as macros do that ask the database."""

        __wrapped__ = value

    assert kedro_params({"x": Proxy()}) == kedro_params({"x": value})


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]], ids=repr)
def test_a_number_that_is_not_finite_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValueError, match="parameter 'rate'"):
        kedro_params({"ok": 1, "rate": value})


def test_a_missing_value_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"parameter 'rate': \?\?\? means a missing value"):
        kedro_params({"ok": 1, "rate": {"a": ["???"]}})
    assert kedro_params({"a": {"???": "????"}})


@pytest.mark.parametrize("text", ["${a}", "x ${", "\\${a}", "\\\\${oc.env:HOME}", "$${x}"])
def test_an_interpolation_arrives_in_kedro_1_and_is_refused_for_0_19(conf: Path, text: str) -> None:
    for value in (text, [text], {"a": {"b": text}}):
        with pytest.raises(ValueError, match="dollar-brace in parameter 'rate'"):
            kedro_0_19_params({"ok": 1, "rate": value})
        if LINE == "1":
            assert arrives(conf, value) == value
    assert kedro_0_19_params({"a": {"$x {y} $$(z)": "$x {y} $$(z)"}, "b": {"\\${key}": 1}})


@pytest.mark.parametrize("kind", ["list", "mapping"])
def test_values_nest_as_deep_as_kedro_reads(conf: Path, kind: str) -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value] if kind == "list" else {"a": value}
    assert arrives(conf, value) == value
    with pytest.raises(ValueError, match="parameter 'deep': it nests deeper than 40"):
        kedro_params({"deep": [value]})
    value = []
    value.append(value)
    with pytest.raises(ValueError, match="nests deeper"):
        kedro_params({"endless": value})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:30", "10:30"),
        ("hello", "hello"),
        ("", ""),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("[1, NaN]", "[1, NaN]"),
        ("1e999", "1e999"),
        ("007", "007"),
        ("None", "None"),
        ("2024-01-31", "2024-01-31"),
        ("[1, 2", "[1, 2"),
        ("null", None),
        ("true", True),
        ("0.5", 0.5),
        ("10", 10),
        ('"10"', "10"),
        ('[1, "a", null]', [1, "a", None]),
        ('{"a": {"b": []}}', {"a": {"b": []}}),
        (None, None),
        (5, 5),
    ],
)
def test_a_variable_is_read_as_json_or_as_it_is(conf: Path, text: Any, value: Any) -> None:
    assert exact(from_variable(text)) == exact(value)
    assert exact(arrives(conf, from_variable(text))) == exact(value)


MERGED = {"from_file": 1, "a": 1, "depth": 5}


def test_a_part_of_a_mapping_given_at_run_time_joins_the_mapping_of_export(conf: Path) -> None:
    given_first = FILTER({"model": {"a": 1}, "model.depth": 5})
    given_last = FILTER({"model.depth": 5, "model": {"a": 1}})
    assert received(conf, given_first) == {"model": MERGED}
    assert received(conf, given_last) == {"model": MERGED}


def test_a_name_given_twice_has_its_last_value_but_mappings_merge(conf: Path) -> None:
    assert received(conf, f"{FILTER({'x': 1})},{FILTER({'x': [2]})}")["x"] == [2]
    assert received(conf, f"{FILTER({'x': {'a': 1}})},{FILTER({'x': {'b': 2}})}")["x"] == {
        "a": 1,
        "b": 2,
    }
    assert received(conf, FILTER({"model": 5, "model.depth": 1}))["model"]["depth"] == 1
    assert received(conf, FILTER({"model.depth": 1, "model": 5}))["model"] == 5
