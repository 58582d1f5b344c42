"""Whom to tell when a task fails: the configured text as a template of Airflow's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import FailureHandler
from kairflow.ir.validation import nearest
from kairflow.lower.airflow import names
from kairflow.lower.airflow.model import Message
from kairflow.lower.airflow.options import AirflowLine
from kairflow.lower.airflow.templates import as_typed, within_template

_WHEN = {
    True: "{{ dag_run.logical_date }}",
    # A run that an asset or a person started may have no logical date.
    False: "{{ dag_run.logical_date or dag_run.run_after }}",
}
_PLACEHOLDER = re.compile(r"\{(?P<name>[a-z_]+)\}")


def _filled(line: AirflowLine) -> dict[str, str]:
    return {
        "task": "{{ ti.task_id }}",
        "dag": "{{ ti.dag_id }}",
        "execution_time": _WHEN[line.is_2],
        "url": "{{ ti.log_url }}",
    }


def lower_handlers(handlers: tuple[FailureHandler, ...], line: AirflowLine) -> tuple[Message, ...]:
    """Return the messages that a failed task sends."""
    functions = names.different(("tell_slack" for _ in handlers), ())
    return tuple(
        Message(
            function, as_typed(handler.connection_id, ()), _template(handler.message_template, line)
        )
        for function, handler in zip(functions, handlers, strict=True)
    )


def _template(text: str, line: AirflowLine) -> str:
    """Fill in the documented placeholders; everything else arrives as it was written."""
    filled = _filled(line)
    pieces, end = list[str](), 0
    for found in _PLACEHOLDER.finditer(text):
        if found["name"] in filled:
            pieces += [within_template(text[end : found.start()]), filled[found["name"]]]
            end = found.end()
    last = within_template(text[end:])
    # Jinja eats the line feed at the end.
    return "".join((*pieces, last, "\n" if last.endswith("\n") else ""))


def check(handlers: tuple[FailureHandler, ...], line: AirflowLine) -> Iterator[Diagnostic]:
    """Warn about what looks like a placeholder and is none."""
    known = sorted(_filled(line))
    for index, handler in enumerate(handlers):
        for name in dict.fromkeys(_PLACEHOLDER.findall(handler.message_template)):
            if name not in known:
                yield Diagnostic(
                    Code.PLACEHOLDER_UNKNOWN,
                    f"'{{{name}}}' is no placeholder and stays as it is; there are: "
                    + ", ".join(f"{{{one}}}" for one in known),
                    f"run_config.failure_handlers[{index}].message_template",
                    nearest(name, known),
                    Severity.WARNING,
                )
