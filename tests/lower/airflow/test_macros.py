"""Macros by line: what each Airflow knows, and what to write instead of what Airflow 3 lost."""

from __future__ import annotations

import pytest

from kairflow.errors import Code, Diagnostic
from kairflow.lower.airflow.macros import check_name, check_template
from kairflow.lower.airflow.options import AirflowLine

TWO, THREE = AirflowLine.AIRFLOW_2, AirflowLine.AIRFLOW_3
THREES = (THREE, AirflowLine.AIRFLOW_3_0)
WHERE = "run_config.macro_params.x"


def of_name(name: str, line: AirflowLine = THREE) -> list[Diagnostic]:
    return list(check_name(name, WHERE, line))


def of_template(text: str, line: AirflowLine = THREE) -> list[Diagnostic]:
    return list(check_template(text, WHERE, line))


@pytest.mark.parametrize("line", AirflowLine)
@pytest.mark.parametrize(
    "name",
    [
        *("ds", "ds_nodash", "ts", "ts_nodash", "run_id", "logical_date", "data_interval_start"),
        *(
            "data_interval_end",
            "dag_run.conf",
            "var.value.x",
            "macros",
            "params.rate",
            "ti.task_id",
        ),
        "prev_data_interval_start_success",
    ],
)
def test_what_all_lines_know(name: str, line: AirflowLine) -> None:
    assert of_name(name, line) == []


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("prev_ds", "{{ macros.ds_add(ds, -1) }}"),
        ("yesterday_ds", "{{ macros.ds_add(ds, -1) }}"),
        ("tomorrow_ds", "{{ macros.ds_add(ds, 1) }}"),
        ("next_ds", "{{ macros.ds_add(ds, 1) }}"),
        ("execution_date", "{{ logical_date }}"),
        ("next_execution_date", "{{ logical_date + macros.timedelta(days=1) }}"),
        ("prev_execution_date", "{{ logical_date - macros.timedelta(days=1) }}"),
    ],
)
def test_what_airflow_3_lost_has_a_successor(name: str, instead: str) -> None:
    assert of_name(name, TWO) == []
    for line in THREES:
        (refusal,) = of_name(name, line)
        assert (refusal.code, refusal.where) == (Code.MACRO_UNKNOWN, WHERE)
        assert repr(name) in refusal.message
        assert f'{name}: "{instead}"' in refusal.hint
        assert "--airflow 2" in refusal.hint


@pytest.mark.parametrize("name", ["conf", "test_mode", "expanded_ti_count"])
def test_what_has_no_successor_is_to_be_left_out(name: str) -> None:
    (refusal,) = of_name(name)
    assert "leave it out" in refusal.hint
    assert of_name(name, TWO) == []


def test_a_misspelt_macro_is_refused_with_the_one_that_was_meant() -> None:
    for line in AirflowLine:
        (refusal,) = of_name("data_interval_strat", line)
        assert refusal.code is Code.MACRO_UNKNOWN
        assert "'data_interval_start'" in refusal.hint


def test_a_name_that_is_like_no_macro_is_to_be_given_a_template() -> None:
    (refusal,) = of_name("quux")
    assert "quux: " in refusal.hint
    assert "{{" in refusal.hint


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("{{ prev_ds }}", ["prev_ds"]),
        ("{% if execution_date %}x{% endif %}", ["execution_date"]),
        ("{{ prev_ds }}{{ next_ds }}", ["prev_ds", "next_ds"]),
        ("{{ prev_ds or prev_ds }}", ["prev_ds"]),
        ("prev_ds", []),
        ("{{ 'prev_ds' }}", []),
        ("{% set conf = 1 %}{{ conf }}", []),
        ("{% for prev_ds, next_ds in [] %}{{ prev_ds }}{{ next_ds }}{% endfor %}", []),
        ("{{ x.prev_ds }}", []),
        ("{{ f(prev_ds=1) }}", []),
        ("{{ ds }} prev_ds", []),
    ],
)
def test_a_template_says_nothing_that_airflow_3_lost(text: str, lost: list[str]) -> None:
    found = of_template(text)
    assert [one.code for one in found] == [Code.MACRO_UNKNOWN] * len(lost)
    assert all(repr(name) in one.message for name, one in zip(lost, found, strict=True))
    assert of_template(text, TWO) == []


@pytest.mark.parametrize(
    "text", ["{{ ti.xcom_pull(key='x') }}", "{{ task_instance.xcom_pull( key='x', default=1) }}"]
)
def test_xcom_pull_names_a_task_on_airflow_3(text: str) -> None:
    (refusal,) = of_template(text)
    assert refusal.code is Code.MACRO_UNKNOWN
    assert "task_ids='start_mlflow_run'" in refusal.hint
    assert of_template(text, TWO) == []


@pytest.mark.parametrize(
    "text",
    ["{{ ti.xcom_pull(task_ids='a', key='x') }}", "{{ ti.xcom_pull(key='x', task_ids='a') }}"],
)
def test_xcom_pull_with_a_task_is_fine(text: str) -> None:
    assert of_template(text) == []


@pytest.mark.parametrize("line", AirflowLine)
def test_a_block_without_an_end_is_refused(line: AirflowLine) -> None:
    (found,) = of_template("{% if ds %}{{ ds }}", line)
    assert (found.code, found.where) == (Code.MACRO_UNKNOWN, WHERE)
    assert "{% if ds %}" in found.message
    assert "{% endif %}" in found.hint
    assert of_template("{% if ds %}{{ ds }}{% endif %}", line) == []
