"""Macros, variables and parameters of the run: what Airflow renders is what Kedro is to read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code
from kairflow.ir import Document
from kairflow.ir.model import Parameter
from kairflow.lower.airflow.kedro_run import params_text
from kairflow.lower.airflow.options import Options
from tests.ir_documents import encodable, free_text, make_document, make_run_config, node
from tests.lower.airflow.lowered import (
    EVERYWHERE,
    NO_VOLUME,
    document,
    local,
    name_of,
    pods,
    refusals,
    text_of,
)
from tests.lower.airflow.plan_settings import MARKUP
from tests.lower.airflow.reading import operator_keywords, read_dag
from tests.lower.airflow.rendering import arguments, context_of, expanded_by_kubernetes
from tests.strategies import json_values

everywhere = pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
TYPES = {
    "flag": Parameter(type="boolean", value=True),
    "size": Parameter(type="integer", value=7),
    "rate": Parameter(type="number", value=0.5),
    "name": Parameter(type="string", value="{{ ds }}"),
    "lines": Parameter(type="string", value="a\nb"),
    "names": Parameter(type="array", value=["a", "b"]),
    "mixed": Parameter(type="array", value=[1, "b"]),
    "empty": Parameter(type="array", value=[]),
    "model": Parameter(type="object", value={"depth": 3}),
    "nothing": Parameter(type="null", value=None),
}


def with_params(values: dict[str, Parameter], given: dict[str, Any], **config: Any) -> Document:
    """Return a document whose node reads these parameters; `given` came with the export."""
    return make_document(
        [node("only", [f"params:{name}" for name in values])],
        run_config=make_run_config(**NO_VOLUME, **config),
        parameters={f"params:{name}": value for name, value in values.items()},
        runtime_params=given,
    )


def received(doc: Document, options: Options, **context: Any) -> str:
    """Return what Kedro gets as `--params`, from a run of real Jinja."""
    (found,) = (one for one in arguments(text_of(doc, options)) if "--params=" in one.text)
    text = found.arrive(context_of(**context))
    arrived = expanded_by_kubernetes(text) if found.operator == "KubernetesPodOperator" else text
    return arrived.removeprefix("--params=")


@everywhere
def test_all_values_of_a_run_arrive_in_one_argument(options: Options) -> None:
    doc = with_params(
        {"size": TYPES["size"]},
        {"baked": "{{ $(x) ${y}", "size": 1, "day": "old"},
        macro_params={"ds": None, "day": "{{ ds }}", "file": "day-{{ ds }}.csv", "text": "10:30"},
        variables_params=["plain", "listed"],
        run_params=["size"],
    )
    variables = {"plain": "a, $(b) $$ ${c}", "listed": '[1, "x"]'}
    expected: dict[str, Any] = {
        "baked": "{{ $(x) ${y}",
        "ds": "2024-01-31",
        "day": "2024-01-31",
        "file": "day-2024-01-31.csv",
        "text": "10:30",
        "plain": "a, $(b) $$ ${c}",
        "listed": [1, "x"],
        "size": 9,
    }
    assert received(doc, options, variables=variables, params={"size": 9}) == params_text(expected)


names = st.text("ab é\"'-_#{}%$", min_size=1, max_size=6).map(lambda name: f"p{name}q")
plain = free_text().map(lambda text: MARKUP.sub("", text.replace("\0", "")))
values = json_values(6).map(encodable)


@settings(max_examples=120)
@given(
    st.dictionaries(names, values, max_size=3),
    st.dictionaries(names, values, max_size=2),
    plain,
    st.dictionaries(names, plain, max_size=2),
    st.sampled_from([pods(), local()]),
)
def test_any_value_is_spelt_as_one_that_was_baked_in(
    run: dict[str, Any],
    baked: dict[str, Any],
    macro: str,
    variables: dict[str, str],
    options: Options,
) -> None:
    alone = {name: text for name, text in variables.items() if name not in run}
    expected = {
        **{name: value for name, value in baked.items() if name not in {*run, *alone}},
        "mine": macro,
        **{name: f"v{text}" for name, text in alone.items()},
        **run,
    }
    doc = with_params(
        {name: Parameter(type="null") for name in run},
        baked,
        macro_params={"mine": macro},
        variables_params=list(alone),
        run_params=list(run),
    )
    if has_missing_mark(expected):
        return
    found = {name: f"v{text}" for name, text in alone.items()}
    assert received(doc, options, variables=found, params=run) == params_text(expected)


def has_missing_mark(value: Any) -> bool:
    """Tell whether a text is what Kedro's loader takes for a missing value, which is refused."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return any(has_missing_mark(item) for item in items)
    return bool(value == "???")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ ds }}", "2024-01-31"),
        (" {{- ds -}} ", "2024-01-31"),
        ("{{ 1 + 1 }}", 2),
        ("{{ {'a': [1]} }}", {"a": [1]}),
        ("{{ ds }}{{ ds }}", "2024-01-312024-01-31"),
        ("{{ ds }}{", "2024-01-31{"),
        ("{{ ds }} % }", "2024-01-31 % }"),
        ("{% if ds %}yes{% endif %}", "yes"),
        ("no template", "no template"),
        ("", ""),
        ("50 %} {", "50 %} {"),
        ('it\'s "both" \\ \n', 'it\'s "both" \\ \n'),
    ],
)
def test_a_macro_is_an_expression_mixed_text_or_plain_text(template: str, expected: Any) -> None:
    doc = document(macro_params={"x": template})
    assert received(doc, pods()) == params_text({"x": expected})


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("[1]", [1]), ("yes", "yes"), ("NaN", "NaN"), ('"a"', "a")]
)
def test_a_variable_that_is_json_keeps_its_type(text: str, value: Any) -> None:
    doc = document(variables_params=["v"])
    assert received(doc, pods(), variables={"v": text}) == params_text({"v": value})


def test_without_run_values_there_is_no_filter_and_no_form() -> None:
    text = text_of(make_document(run_config=make_run_config(**NO_VOLUME), runtime_params={"a": 1}))
    assert "kedro_params" not in text
    assert not {"params", "user_defined_filters"} & set(read_dag(text).keywords)
    assert "--params=a=1" in operator_keywords(text)["arguments"]


def test_kedro_0_19_gets_its_own_filter() -> None:
    doc = document(macro_params=["ds"])
    old = doc.model_copy(update={"source": doc.source.model_copy(update={"kedro_line": "0.19"})})
    for one, function in ((doc, "kedro_params"), (old, "kedro_0_19_params")):
        filters = read_dag(text_of(one)).keywords["user_defined_filters"]
        assert filters == {"kedro_params": function}


@everywhere
def test_the_trigger_form_knows_types_and_defaults(options: Options) -> None:
    text = text_of(with_params(TYPES, {}, run_params=list(TYPES)), options)
    types = ["null", "boolean", "integer", "number", "string", "array", "object"]
    # The form of Airflow 2 makes strings of the items where it sees the word among types.
    items = {"anyOf": [{"type": one} for one in types]} if options.line.is_2 else {"type": types}
    assert read_dag(text).keywords["params"] == {
        "flag": "Param(True, type='boolean')",
        "size": "Param(7, type='integer')",
        "rate": "Param(0.5, type='number')",
        "name": "Param('{{ ds }}', type='string')",
        "lines": "Param('a\\nb', type='string', format='multiline')",
        "names": "Param(['a', 'b'], type='array', items={'type': 'string'})",
        "mixed": f"Param([1, 'b'], type='array', items={items})",
        "empty": f"Param([], type='array', items={items})",
        "model": "Param({'depth': 3}, type='object')",
        "nothing": "Param(None)",
    }


def test_a_dotted_name_leads_into_a_parameter() -> None:
    doc = with_params({"model": TYPES["model"]}, {}, run_params=["model.depth"])
    assert read_dag(text_of(doc)).keywords["params"] == {"model.depth": "Param(3, type='integer')"}
    assert received(doc, pods(), params={"model.depth": 4}) == "model.depth=4"


@pytest.mark.parametrize("value", [None, Parameter(type="opaque", value=None)])
def test_a_run_parameter_without_a_known_value_is_refused(value: Parameter | None) -> None:
    known = {"other": value} if value is not None else {}
    name = "other" if value is not None else "missing"
    (refusal,) = refusals(with_params(known, {}, run_params=[name]))
    assert refusal.code is Code.PARAMETER_UNTRANSPORTABLE
    assert repr(name) in refusal.where
    assert refusal.hint


@pytest.mark.parametrize(
    "config",
    [
        {"variables_params": ["a=b"]},
        {"variables_params": ["a,b"]},
        {"variables_params": [" a"]},
        {"variables_params": ["a..b"]},
        {"variables_params": ["a[0]"]},
    ],
)
def test_a_name_that_kedro_takes_apart_is_refused(config: dict[str, Any]) -> None:
    found = refusals(document(**config))
    assert {one.code for one in found} == {Code.PARAMETER_UNTRANSPORTABLE}


def test_a_default_that_kedro_would_change_is_refused() -> None:
    doc = with_params({"a": Parameter(type="string", value="???")}, {}, run_params=["a"])
    assert [one.code for one in refusals(doc)] == [Code.PARAMETER_UNTRANSPORTABLE]
