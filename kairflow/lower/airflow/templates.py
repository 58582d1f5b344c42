"""Which text survives Airflow's rendering unchanged; everything else is marked literal."""

from __future__ import annotations

from kairflow.lower.airflow.model import Text

_MARKUP = ("{{", "{%", "{#")
POD_TEMPLATE_EXTENSIONS = (".json", ".yaml", ".yml")
"""A text that ended so was read as a file by the pod operator of older providers."""


def as_typed(text: str, extensions: tuple[str, ...] = POD_TEMPLATE_EXTENSIONS) -> Text:
    """Return the text so marked that a templated field gets it exactly as it is.

    Jinja takes markup, eats one line feed at the end and makes every carriage return a line feed;
    Airflow reads a file for a text that ends in one of the operator's extensions.
    """
    altered = any(mark in text for mark in _MARKUP) or "\r" in text or text.endswith("\n")
    return Text(text, literal=altered or text.endswith(extensions))


def as_typed_in_pod(text: str) -> Text:
    """Return the text so that a container gets it as it is: Kubernetes reads dollars, too.

    In arguments it fills in `$(NAME)` and makes `$$` one dollar; to double all of them undoes both.
    """
    escaped = text.replace("$", "$$") if "$(" in text or "$$" in text else text
    return as_typed(escaped)
