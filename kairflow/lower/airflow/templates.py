"""Airflow's templates: which text survives them unchanged, and how text enters one safely."""

from __future__ import annotations

import re

from pydantic import JsonValue

from kairflow.lower.airflow.model import Setting, Text

_MARKUP = ("{{", "{%", "{#")
POD_TEMPLATE_EXTENSIONS = (".json", ".yaml", ".yml")
"""A text that ended so was read as a file by the pod operator of older providers."""

_BRACE = re.compile("[{}]")
_EXPRESSION = re.compile(r"\s*\{\{-?(?P<inner>(?:(?!\{\{|\}\}).)*?)-?\}\}\s*", re.DOTALL)


def as_typed(text: str, extensions: tuple[str, ...] = POD_TEMPLATE_EXTENSIONS) -> Text:
    """Return the text so marked that a templated field gets it exactly as it is.

    Jinja takes markup, eats one line feed at the end and makes every carriage return a line feed;
    Airflow reads a file for a text that ends in one of the operator's extensions.
    """
    return Text(text, literal=_is_altered(text) or text.endswith(extensions))


def as_typed_in_pod(text: str) -> Text:
    """Return the text so that a container gets it as it is: Kubernetes reads dollars, too."""
    return as_typed(doubled_dollars(text))


def doubled_dollars(text: str) -> str:
    """Undo what Kubernetes does to arguments, where `$(NAME)` is filled in and `$$` is a dollar."""
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def as_written(value: JsonValue) -> Setting:
    """Keep what the user's configuration says as typed, unless it is a template.

    Jinja eats the line feed at the end of a template, so that one gets a second.
    """
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(map(as_written, value))
    if isinstance(value, str) and is_template(value):
        return Text(value + "\n" if value.endswith("\n") else value, literal=False)
    return as_typed(value, ()) if isinstance(value, str) else value


def within_template(text: str) -> str:
    """Return what stands for the text inside a longer template, where other text follows."""
    return "{{ " + quoted(text) + " }}" if _BRACE.search(text) or "\r" in text else text


def quoted(text: str) -> str:
    """Write text as a string of Jinja's, which reads the escapes of Python's strings."""
    return ascii(text)


def expression_in(template: str) -> str | None:
    """Return the expression when a template is one and nothing else; its value keeps its type."""
    found = _EXPRESSION.fullmatch(template)
    return found["inner"].strip() if found is not None else None


def is_template(text: str) -> bool:
    """Tell whether text has something that Airflow would fill in."""
    return any(mark in text for mark in _MARKUP)


def _is_altered(text: str) -> bool:
    return is_template(text) or "\r" in text or text.endswith("\n")
