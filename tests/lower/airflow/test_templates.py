"""The rules of `literal`: what Jinja, Airflow or Kubernetes would change on its way to a pod."""

from __future__ import annotations

import pytest

from kairflow.lower.airflow.model import Text
from kairflow.lower.airflow.templates import as_typed, as_typed_in_pod


@pytest.mark.parametrize(
    "text",
    [
        *("{{ ds }}", "x {{", "{% raw", "{# note", "{{}}", "a\r\nb", "\r", "a\n", "\n"),
        *("job.json", "a.yaml", "b.yml", ".json"),
    ],
)
def test_what_would_be_altered_is_literal(text: str) -> None:
    assert as_typed(text) == Text(text, literal=True)


@pytest.mark.parametrize(
    "text",
    [
        *("", "plain", "}}", "%}", "#}", "{", "{ {", "# x", "a\nb", "\nb", "100 %", "\x00"),
        *("a.json ", "a.JSON", "json", "a.sh", "a.md", "\u2028", "🐝", "$(X)"),
    ],
)
def test_the_rest_is_plain(text: str) -> None:
    assert as_typed(text) == Text(text, literal=False)


def test_the_endings_are_those_of_the_operator() -> None:
    assert as_typed("run.sh", (".sh",)) == Text("run.sh", literal=True)
    assert as_typed("run.json", ()) == Text("run.json", literal=False)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$HOME", "$HOME"),
        ("5 $", "5 $"),
        ("${x}", "${x}"),
        ("$(HOME)", "$$(HOME)"),
        ("$$", "$$$$"),
        ("$a $(b)", "$$a $$(b)"),
        ("$$$(x", "$$$$$$(x"),
    ],
)
def test_dollars_are_doubled_where_kubernetes_reads_them(text: str, written: str) -> None:
    assert as_typed_in_pod(text).value == written
