"""The text of a pod template as plain values; what the predecessor evaluated, nobody evaluates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from kairflow.errors import Diagnostic
from kairflow.export.config_file import parse_file

UNIQUE_NAME = "\uf8ffname\uf8ff"
"""Stands for an expression that made a unique name for the pod; no keyboard has the character."""

CLAIM = "{{ claim_name }}"

_PLACE = "\uf8ff{}\uf8ff"
_NAME = re.compile(r"(?<!\{)\{\s*PodGenerator\.\w+\(.*\)\s*\}(?!\})")
_CLAIM = re.compile(r"(?<!\{)\{\s*self\._pvc_name\s*\}(?!\})")
_LITERAL = re.compile(r"""(?<!\{)\{\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\}(?!\})""")
_PYTHON = re.compile(r"(?<![{$])\{\s*(?:self|PodGenerator)\b[^{}]*\}(?!\})")
_CALL = re.compile(r"\s*\{(\s*[A-Za-z_]\w*(?:\.\w+)+\([^{}]*\)\s*)\}\s*")
"""All of a value: within one, shell and awk have braces and brackets of their own."""
_BARE_CALL = re.compile(r"^[^'\"]*:\s+\{[^{}:]*[(\[][^{}:]*\}")
_BARE_TEMPLATE = re.compile(r"""^\s*(?:-\s+)*(?:[^\s'"#][^'"#]*:\s+)?\{\{""")

_NOT_EVALUATED = "Python in templates is not evaluated"


class TemplateError(ValueError):
    """Text that is no pod; the message says what, the hint what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read_template(text: str) -> dict[str, Any]:
    """Parse a template, with the predecessor's three documented expressions understood.

    Raises:
        TemplateError: it is no YAML, no mapping, or holds an expression that is none of the three.
    """
    bare, literals = _without_python(text)
    _check_nodes(bare)
    parsed = parse_file("", bare)
    if isinstance(parsed, Diagnostic):
        raise _no_yaml(bare, parsed.where, parsed.message)
    tree: dict[str, Any] = _put_back(parsed.tree, literals)
    return tree


def check_python(value: Any, evaluated: bool) -> None:
    """Refuse text at any depth that was meant for the predecessor to evaluate.

    It `evaluated` calls of any kind in templates that are text, and nothing in mappings.

    Raises:
        TemplateError: there is such text.
    """
    if isinstance(value, dict):
        for item in value.items():
            check_python(list(item), evaluated)
    elif isinstance(value, list):
        for item in value:
            check_python(item, evaluated)
    elif isinstance(value, str) and UNIQUE_NAME in value:
        message = f"found PodGenerator elsewhere than as metadata.name, but {_NOT_EVALUATED}"
        raise TemplateError(message, "leave the name out: Airflow makes a unique one")
    elif isinstance(value, str) and (found := _PYTHON.search(value)):
        raise _evaluated(found[0])
    elif isinstance(value, str) and evaluated and _is_call(value):
        raise _evaluated(value.strip())


def _is_call(value: str) -> bool:
    found = _CALL.fullmatch(value)
    try:
        return found is not None and bool(ast.parse(found[1].strip(), mode="eval"))
    except (SyntaxError, ValueError):
        return False


def _without_python(text: str) -> tuple[str, list[str]]:
    """Replace the three expressions by words that mean nothing to YAML."""
    literals = [CLAIM]

    def keep(found: re.Match[str]) -> str:
        try:
            literals.append(str(ast.literal_eval(found[1])))
        except (SyntaxError, ValueError) as error:
            raise _evaluated(found[0]) from error
        return _PLACE.format(len(literals) - 1)

    lines = []
    for line in text.split("\n"):
        named = _CLAIM.sub(_PLACE.format(0), _NAME.sub(UNIQUE_NAME, line))
        lines.append(_LITERAL.sub(keep, named))
    return "\n".join(lines), literals


def _put_back(value: Any, literals: list[str]) -> Any:
    if isinstance(value, dict):
        return {_put_back(key, literals): _put_back(v, literals) for key, v in value.items()}
    if isinstance(value, list):
        return [_put_back(item, literals) for item in value]
    if isinstance(value, str):
        for number, literal in enumerate(literals):
            value = value.replace(_PLACE.format(number), literal)
    return value


def _check_nodes(text: str) -> None:
    """Find braces that YAML reads as a mapping, though they were meant for somebody else."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return
    for mapping in _flow_mappings(root):
        for key, value in mapping.value:
            if isinstance(key, yaml.MappingNode):
                raise _unquoted(text, mapping.start_mark.line + 1)
            after_key = text[key.end_mark.index : mapping.end_mark.index].lstrip()
            if value.start_mark.index == value.end_mark.index and after_key[:1] != ":":
                raise _evaluated(text[mapping.start_mark.index : mapping.end_mark.index])


def _flow_mappings(node: Any) -> Iterator[Any]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        if node.flow_style:
            yield node
        for key, value in node.value:
            yield from _flow_mappings(key)
            yield from _flow_mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _flow_mappings(item)


def _no_yaml(text: str, where: str, message: str) -> TemplateError:
    """Say why the text is no YAML, in the words of whoever wrote braces into it."""
    place = where.split(":")[1:2]
    reached = int(place[0]) if place else len(text.splitlines())
    for number, line in enumerate(text.split("\n")[:reached], 1):
        if _BARE_TEMPLATE.match(line):
            return _unquoted(text, number)
        if _BARE_CALL.search(line):
            return _evaluated(line.strip())
    return TemplateError(f"line {reached} of the template: {message}")


def _unquoted(text: str, number: int) -> TemplateError:
    shown = "'{{ … }}'" if '"' in text.split("\n")[number - 1] else '"{{ … }}"'
    message = f"line {number} of the template: found {{{{ without quotes"
    return TemplateError(message, f"put quotes around it: {shown}")


def _evaluated(expression: str) -> TemplateError:
    hint = 'write "{{ … }}" in quotes for what Airflow knows when the task runs'
    shown = expression if len(expression) <= 60 else f"{expression[:59]}…"
    return TemplateError(f"found {shown!r}, but {_NOT_EVALUATED}", hint)
