"""Messages about failures: the configured text with its placeholders filled in, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.errors import Code, Severity
from kairflow.lower.airflow.options import AirflowLine, Options
from tests.ir_documents import free_text
from tests.lower.airflow.lowered import EVERYWHERE, document, name_of, text_of, warnings
from tests.lower.airflow.reading import read_dag
from tests.lower.airflow.rendering import context_of, templated

FILLED = {"task": "the_task", "dag": "shop", "url": "https://airflow/log"}


def messages(*texts: str, options: Options | None = None) -> list[str]:
    """Return what Slack gets, from a run of real Jinja."""
    handlers = [
        {"type": "slack", "connection_id": f"c{number}", "message_template": text}
        for number, text in enumerate(texts)
    ]
    text = text_of(document(failure_handlers=handlers), options)
    context = context_of()
    context["dag_run"].logical_date = context["dag_run"].run_after = "the moment"
    sent = (one for one in templated(text) if one.operator == "SlackWebhookNotifier")
    return [one.arrive(context) for one in sent if one.field == "text"]


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
def test_the_placeholders_of_the_documentation_are_filled_in(options: Options) -> None:
    (text,) = messages("{task} of {dag} at {execution_time}, see {url}", options=options)
    assert text == "the_task of shop at the moment, see https://airflow/log"


pieces = st.lists(st.sampled_from(["{task}", "{dag}", "{url}", "{", "}", "{x}"]) | free_text())


@settings(max_examples=200)
@given(pieces.map("".join).map(lambda text: text.replace("\0", "")))
def test_everything_else_arrives_as_it_was_written(text: str) -> None:
    expected = text
    for name, value in FILLED.items():
        expected = expected.replace(f"{{{name}}}", value)
    expected = expected.replace("{execution_time}", "the moment")
    assert messages(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "{{ task }}",
        "{{task}}",
        '{"text": "{task}"}',
        "a\r\nb",
        "a\n",
        "\n\n",
        "{% raw %}",
        "{#",
        "",
    ],
)
def test_braces_and_line_ends_stay(text: str) -> None:
    assert messages(text) == [text.replace("{task}", "the_task")]


def test_without_words_of_ones_own_the_message_is_the_predecessors() -> None:
    handlers = [{"type": "slack", "connection_id": "slack"}]
    text = text_of(document(failure_handlers=handlers))
    assert "Task failed!" in [one.text for one in templated(text)]


def test_a_run_without_a_logical_date_has_a_moment_on_airflow_3() -> None:
    handlers = [{"type": "slack", "connection_id": "slack", "message_template": "{execution_time}"}]
    text = text_of(document(failure_handlers=handlers), Options(AirflowLine.AIRFLOW_3))
    context = context_of()
    context["dag_run"].logical_date, context["dag_run"].run_after = None, "after"
    assert "after" in [one.arrive(context) for one in templated(text) if one.field == "text"]


def test_every_handler_sends_a_message_of_its_own() -> None:
    assert messages("one", "two", "three") == ["one", "two", "three"]
    handlers = [{"type": "slack", "connection_id": name} for name in ("a", "b")]
    text = text_of(document(failure_handlers=handlers))
    callbacks = read_dag(text).keywords["default_args"]["on_failure_callback"]
    assert len(set(callbacks)) == 2
    found = {one.text for one in templated(text) if one.field == "slack_webhook_conn_id"}
    assert found == {"a", "b"}


@pytest.mark.parametrize("name", ["slack {{ x }}", "a{#", "a{% b"])
def test_the_name_of_a_connection_is_no_template(name: str) -> None:
    text = text_of(document(failure_handlers=[{"type": "slack", "connection_id": name}]))
    (found,) = (one for one in templated(text) if one.field == "slack_webhook_conn_id")
    assert (found.text, found.literal) == (name, True)


def test_what_looks_like_a_placeholder_and_is_none_is_a_warning() -> None:
    handlers = [
        {"type": "slack", "connection_id": "slack", "message_template": "{tsk} {tsk} {task}"}
    ]
    (warning,) = warnings(document(failure_handlers=handlers))
    assert (warning.code, warning.severity) == (Code.PLACEHOLDER_UNKNOWN, Severity.WARNING)
    assert warning.where == "run_config.failure_handlers[0].message_template"
    assert "'task'" in warning.hint
