"""`--conf` and `--param`: typed as Kedro types them, and always JSON."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.errors import Code, ExitCode, UsageError
from kairflow.export.run_conf import read_conf

DECLARED = ("rate", "model.depth", "t")


def param(text: str) -> Any:
    return read_conf(None, [f"t={text}"], DECLARED)["t"]


def mistakes(conf: str | None, params: list[str]) -> list[tuple[Code, str, str]]:
    with pytest.raises(UsageError) as caught:
        read_conf(conf, params, DECLARED)
    assert caught.value.exit_code == ExitCode.USAGE
    assert all(one.hint for one in caught.value.diagnostics)
    return [(one.code, one.where, one.message) for one in caught.value.diagnostics]


def test_nothing_is_asked_for() -> None:
    assert read_conf(None, [], DECLARED) == {}
    assert read_conf("{}", [], ()) == {}


def test_conf_and_parameters_are_put_together() -> None:
    conf = '{"rate": 0.2, "region": "eu", "deep": {"a": [1, null, true]}}'
    assert read_conf(conf, ["rate=0.3", "model.depth=[1, 2]"], DECLARED) == {
        "rate": 0.3,
        "region": "eu",
        "deep": {"a": [1, None, True]},
        "model.depth": [1, 2],
    }


def test_the_last_of_a_name_wins() -> None:
    assert read_conf(None, ["rate=1", "rate=2"], DECLARED) == {"rate": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("1.5e+3", 1500.0),
        ("true", True),
        ("null", None),
        ("", None),
        ("eu-west", "eu-west"),
        ("a=b=c", "a=b=c"),
        ("a,b", "a,b"),
        ("'10:30'", "10:30"),
        ("'1'", "1"),
        ("[1, two, [3.0]]", [1, "two", [3.0]]),
        ("{a: {b: null}}", {"a": {"b": None}}),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("größe: 蜂蜜", {"größe": "蜂蜜"}),
        ("gs://bucket/file", "gs://bucket/file"),
        ("{{ ds }}x", None),
    ],
)
def test_a_value_keeps_its_type(text: str, value: Any) -> None:
    if text.startswith("{{"):
        ((code, where, _),) = mistakes(None, [f"t={text}"])
        assert (code, where) == (Code.RUN_CONF, f"--param 't={text}'")
        return
    found = param(text)
    assert (found, type(found)) == (value, type(value))


def kedro_value(text: str) -> Any:
    """Parse as `kedro run --params` does."""
    from kedro.framework.cli.utils import _split_params

    found = _split_params(click.Context(click.Command("run")), click.Option(["--p"]), f"t={text}")
    return found["t"]


@pytest.mark.parametrize(
    "text",
    [
        *("1", "1.5", "true", "yes", "off", "null", "~", "", "x", "0x1f", "017", "0o17", "1_000"),
        *("2024-01-01", "2024-01-01 10:30:00", "[1]", "{a: 1}", "'1'"),
        *(".5", "1.", "+1", "-1", "1.5e+3", "1e5", "1e-3", "1.5e3", "2E6", "-1.5e-3"),
    ],
)
def test_a_value_is_read_as_kedro_reads_it(text: str) -> None:
    found, expected = param(text), kedro_value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["10:30", "1:30:00", "-1:30", "1:30.5"])
def test_a_time_is_text_and_no_number_to_the_base_60(text: str) -> None:
    """Kedro's command line makes 630 of 10:30; whoever types a time means one."""
    assert param(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch /tmp/kairflow-was-here']",
        "!!python/name:os.system",
        "!!python/tuple [1]",
        "!unknown 1",
        "!!binary aGk=",
        "!!set {a}",
        "!!timestamp 2024-01-01",
        "!!timestamp nonsense",
        "!!bool maybe",
        "!!int ''",
        "!!int x",
        "!!float x",
        "!!omap [1]",
        "{1: a}",
        "{[a]: b}",
        "{null: b}",
        ".nan",
        ".inf",
        "[-.inf]",
        "&a [*a]",
        "&a {b: *a}",
        "*a",
        "[1",
        "{",
        "a: b: c",
        "'",
        "\t1",
        "a\x00b",
        "\x07",
        '"\\ud800"',
        "--- 1\n--- 2",
        "0b_",
        "1" * 5000,
        "[" * 1200,
        "=",
    ],
)
def test_what_json_does_not_have_is_refused(text: str) -> None:
    ((code, where, message),) = mistakes(None, [f"t={text}"])
    assert (code, where) == (Code.RUN_CONF, f"--param {f't={text}'!r}")
    assert message


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        ('{"\\ud800": 1}', "half a character"),
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("{'a': 1}", "Expecting property name"),
        ("[1]", "found list, expected a JSON object"),
        ("null", "found NoneType, expected a JSON object"),
        ('"a"', "found str, expected a JSON object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ('{"a": 1e999}', "no JSON value"),
        ('{"a": [{"b": "\\ud800"}]}', "half a character"),
        ('{"a": ' + "1" * 5000 + "}", "digits"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a":' * 700 + "1" + "}" * 700, "nested too deeply"),
    ],
)
def test_a_conf_that_is_no_json_object_is_refused(conf: str, said: str) -> None:
    ((code, where, message),) = mistakes(conf, [])
    assert (code, where) == (Code.RUN_CONF, "--conf")
    assert said in message


def test_all_mistakes_are_told_at_once() -> None:
    assert [found[:2] for found in mistakes("[]", ["rat=1", "=1", "rate", "", "t=[1"])] == [
        (Code.RUN_CONF, "--conf"),
        (Code.RUN_PARAM_UNKNOWN, "--param 'rat=1'"),
        (Code.RUN_CONF, "--param '=1'"),
        (Code.RUN_CONF, "--param 'rate'"),
        (Code.RUN_CONF, "--param ''"),
        (Code.RUN_CONF, "--param 't=[1'"),
    ]


@pytest.mark.parametrize(
    ("name", "declared", "hint"),
    [
        ("rat", DECLARED, "rate"),
        ("model", ("rate", "model.depth"), "model.depth"),
        ("zzzzzz", DECLARED, "it has rate, model.depth, t"),
        ("rate", (), "run_config.run_params"),
        (" rate", DECLARED, "rate"),
    ],
)
def test_a_parameter_that_the_dag_has_not_is_told(
    name: str, declared: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_conf(None, [f"{name}=1"], declared)
    (found,) = caught.value.diagnostics
    assert found.code is Code.RUN_PARAM_UNKNOWN
    assert hint in found.hint


def test_conf_may_say_more_than_was_declared() -> None:
    """Templates may read it from `dag_run.conf`."""
    assert read_conf('{"other": 1}', [], DECLARED) == {"other": 1}


def is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_json, value))
    return value is None or type(value) in (str, bool, int) or math.isfinite(value)


PIECES = st.sampled_from(
    [*"abc.=, :[]{}'\"10-&*!|%#~\n\t", "null", "!!", "10:30", "1e3", "?", "<<: ", "!!int ", "é"]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=12))
def test_any_text_is_a_value_or_a_mistake(text: str) -> None:
    for conf, params in ((text, []), (None, [f"t={text}"])):
        with contextlib.suppress(UsageError):
            found = read_conf(conf, params, DECLARED)
            assert is_json(found)
            # It can be sent, and arrives as it was.
            assert json.loads(json.dumps(found, ensure_ascii=False).encode()) == found
