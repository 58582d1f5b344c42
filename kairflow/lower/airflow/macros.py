"""What Airflow fills in: the names that templates know on each line, and their successors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kairflow.errors import Code, Diagnostic
from kairflow.ir.validation import nearest
from kairflow.lower.airflow.options import AirflowLine
from kairflow.lower.airflow.template_blocks import TOKEN, unmatched
from kairflow.lower.airflow.templates import is_template

_BOTH = frozenset(
    (
        *("conn", "dag", "dag_run", "data_interval_end", "data_interval_start", "ds", "ds_nodash"),
        *("inlet_events", "inlets", "logical_date", "macros", "map_index_template"),
        *("outlet_events", "outlets", "params", "prev_data_interval_end_success"),
        *("prev_data_interval_start_success", "prev_end_date_success", "prev_start_date_success"),
        *("run_id", "task", "task_instance", "task_instance_key_str", "ti", "ts", "ts_nodash"),
        *("ts_nodash_with_tz", "var"),
    )
)

_YESTERDAY = "{{ macros.ds_add(ds, -1) }}"
_TOMORROW = "{{ macros.ds_add(ds, 1) }}"
_LOST = {
    "conf": None,
    "execution_date": "{{ logical_date }}",
    "expanded_ti_count": None,
    "next_ds": _TOMORROW,
    "next_ds_nodash": "{{ macros.ds_add(ds, 1) | replace('-', '') }}",
    "next_execution_date": "{{ logical_date + macros.timedelta(days=1) }}",
    "prev_ds": _YESTERDAY,
    "prev_ds_nodash": "{{ macros.ds_add(ds, -1) | replace('-', '') }}",
    "prev_execution_date": "{{ logical_date - macros.timedelta(days=1) }}",
    "prev_execution_date_success": "{{ prev_data_interval_start_success }}",
    "test_mode": None,
    "tomorrow_ds": _TOMORROW,
    "tomorrow_ds_nodash": "{{ macros.ds_add(ds, 1) | replace('-', '') }}",
    "triggering_dataset_events": "{{ triggering_asset_events }}",
    "yesterday_ds": _YESTERDAY,
    "yesterday_ds_nodash": "{{ macros.ds_add(ds, -1) | replace('-', '') }}",
}
"""Names of Airflow 2 that Airflow 3 lacks, and what means the same on a daily schedule."""

_ONLY_3 = frozenset({"triggering_asset_events"})
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\s*=[^=])")
_BOUND = re.compile(r"\{%-?\s*(?:set|for|macro)\s+(\w+(?:\s*,\s*\w+)*)")
"""Names that a template makes itself."""
_PULL = re.compile(r"\bxcom_pull\((?P<arguments>[^()]*)\)")


def check_name(name: str, where: str, line: AirflowLine) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a macro that the line does not have; dots lead into it."""
    known = _BOTH | (frozenset(_LOST) if line.is_2 else _ONLY_3)
    first = name.partition(".")[0]
    if first in known:
        return
    if first in _LOST:
        yield _lost(first, where, name if first == name else None)
        return
    message = f"Airflow {line.value} has no macro named {first!r}"
    hint = nearest(first, sorted(known)) or f'give it a template: {name}: "{{{{ … }}}}"'
    yield Diagnostic(Code.MACRO_UNKNOWN, message, where, hint)


def check_template(text: str, where: str, line: AirflowLine) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a template of the user's that has no end, or that has lost names."""
    if is_template(TOKEN.sub("", text)):
        message = f"a template begins in {text!r} and does not end"
        hint = "close it: {{ … }}, {% … %} or {# … #}"
        yield Diagnostic(Code.MACRO_UNKNOWN, message, where, hint)
    elif statement := unmatched(text):
        message = f"{statement!r} in {text!r} has no counterpart"
        hint = "every block needs its end: {% if … %} … {% endif %}"
        yield Diagnostic(Code.MACRO_UNKNOWN, message, where, hint)
    if line.is_2:
        return
    pieces = [_STRING.sub("''", markup) for markup in _MARKUP.findall(text)]
    bound = {
        name
        for code in pieces
        for names in _BOUND.findall(code)
        for name in re.findall(r"\w+", names)
    }
    for code in pieces:
        for name in dict.fromkeys(_NAME.findall(code)):
            if name in _LOST and name not in bound:
                yield _lost(name, where, None)
        for pull in _PULL.finditer(code):
            if pull["arguments"].lstrip().startswith("key") and "task_ids" not in pull["arguments"]:
                message = "`xcom_pull` without `task_ids` gives nothing on Airflow 3"
                hint = "name the task: {{ ti.xcom_pull(task_ids='start_mlflow_run') }}"
                yield Diagnostic(Code.MACRO_UNKNOWN, message, where, hint)


def _lost(name: str, where: str, parameter: str | None) -> Diagnostic:
    message = f"Airflow 3 has no {name!r}"
    instead = _LOST[name]
    if instead is None:
        return Diagnostic(Code.MACRO_UNKNOWN, message, where, "leave it out, or use --airflow 2")
    spelt = instead if parameter is None else f'{parameter}: "{instead}"'
    hint = f"with a daily schedule {spelt} means the same; or use --airflow 2"
    return Diagnostic(Code.MACRO_UNKNOWN, message, where, hint)
