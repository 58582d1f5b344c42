"""What only the run knows: macros, variables and parameters set for it, as templates for Kedro."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document
from kairflow.ir.run_params import find_parameter
from kairflow.lower.airflow import kedro_run, macros
from kairflow.lower.airflow.model import Parameter
from kairflow.lower.airflow.options import AirflowLine
from kairflow.lower.airflow.templates import (
    expression_in,
    is_template,
    quoted,
    within_template,
)

_TYPE_OF = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def has_run_values(config: RunConfig) -> bool:
    """Tell whether anything is left for the run to say."""
    return bool(config.macro_params or config.variables_params or config.run_params)


def params_template(document: Document, *, in_pod: bool) -> str:
    """Return the argument `--params=…` with templates for what only the run knows.

    Parameters that were given at export come first, so that those of the run win.
    """
    blocks = list[str]()
    expressions = _expressions(document, blocks)
    entries = [
        f"{quoted(name)}: {expression}"
        # What leads into a mapping comes after the mapping: Kedro lets the last one win.
        for name, expression in sorted(expressions, key=lambda entry: entry[0].count("."))
    ]
    given = kedro_run.params_text(exported_params(document))
    dollars = " | replace('$', '$$')" if in_pod else ""
    baked = given.replace("$", "$$") if in_pod else given
    separator = "," if baked else ""
    filled = "{{ {" + ", ".join(entries) + "} | kedro_params" + dollars + " }}"
    return "".join(("--params=", *blocks, within_template(baked), separator, filled))


def filters(document: Document) -> dict[str, str]:
    """Return the filters that the template needs, and the functions that they are."""
    config = document.deployment.run_config
    if not has_run_values(config):
        return {}
    old = document.source.kedro_line == "0.19"
    found = {"kedro_params": "kedro_0_19_params" if old else "kedro_params"}
    return {**found, **({"from_variable": "from_variable"} if config.variables_params else {})}


def exported_params(document: Document) -> dict[str, Any]:
    """Return the parameters given at export, less those that a run says anew."""
    config = document.deployment.run_config
    said = {*config.macro_params, *config.variables_params, *config.run_params}
    given = document.source.runtime_params
    return {name: value for name, value in given.items() if name not in said}


def _expressions(document: Document, blocks: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each parameter's name, and the expression for its value."""
    config = document.deployment.run_config
    for name, template in config.macro_params.items():
        yield name, name if template is None else _expression(template, blocks)
    for name in config.variables_params:
        yield name, f"var.value.get({quoted(name)}) | from_variable"
    for name in config.run_params:
        yield name, f"params[{quoted(name)}]{_restored(_default(document, name))}"


def _restored(default: JsonValue) -> str:
    """Undo what a form does: it hands an empty text back as null, and 1.0 as 1."""
    if default == "":
        return " or ''"
    return " | float" if isinstance(default, float) else ""


def _expression(template: str, blocks: list[str]) -> str:
    """Return the expression for a template; mixed text is put together before."""
    if not is_template(template):
        return quoted(template)
    if (expression := expression_in(template)) is not None:
        return f"({expression})"
    block = f"text_{len(blocks) + 1}"
    text = template.rstrip("{")
    # A brace at the end would become part of the mark that follows.
    braces = "{{ " + quoted(template[len(text) :]) + " }}" if text != template else ""
    blocks.append(f"{{% set {block} %}}{text}{braces}{{% endset %}}")
    return block


def parameters(document: Document, line: AirflowLine) -> tuple[Parameter, ...]:
    """Return the parameters of Airflow's trigger form, with the values of the export."""
    names = document.deployment.run_config.run_params
    values = ((name, _default(document, name)) for name in names)
    return tuple(Parameter(name, value, _schema(value, line)) for name, value in values)


def _default(document: Document, name: str) -> JsonValue:
    found = find_parameter(document, name)
    return found.value if found is not None else None


def _schema(value: JsonValue, line: AirflowLine) -> Mapping[str, JsonValue]:
    """Describe a value to Airflow's form.

    Without a type of its items a list would come back as a list of strings; without a type at all
    anything goes, which suits a parameter that has no value yet.
    """
    if isinstance(value, list):
        return {"type": "array", "items": _items_schema(value, line)}
    if value == "":
        # The form insists on text unless null is allowed.
        return {"type": ["null", "string"]}
    if isinstance(value, str) and "\n" in value:
        return {"type": "string", "format": "multiline"}
    return {} if value is None else {"type": _TYPE_OF[type(value)]}


def _items_schema(items: list[JsonValue], line: AirflowLine) -> dict[str, JsonValue]:
    """Describe the items of a list; the form of Airflow 2 looks for the word string among types."""
    if items and all(isinstance(item, str) for item in items):
        return {"type": "string"}
    return {"anyOf": [{"type": one} for one in _TYPES]} if line.is_2 else {"type": list(_TYPES)}


def check(document: Document, line: AirflowLine) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each value of the run that could not reach Kedro."""
    config = document.deployment.run_config
    for name, template in config.macro_params.items():
        where = f"run_config.macro_params.{name}"
        if template is None:
            yield from macros.check_name(name, where, line)
        else:
            yield from macros.check_template(template, where, line)
    for key in ("macro_params", "variables_params", "run_params"):
        for name in getattr(config, key):
            yield from kedro_run.check_path(name, f"run_config.{key}: {name!r}")
    for name in config.run_params:
        where = f"run_config.run_params: {name!r}"
        if inner := [one for one in config.run_params if one.startswith(f"{name}.")]:
            message = f"{inner[0]!r} lies in it, so what a run says of it would be overruled"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, "keep one of the two")
        found = find_parameter(document, name)
        if found is None or found.type == "opaque":
            message = f"no value of parameter {name!r} is in the IR, so no run can be offered it"
            yield Diagnostic(Code.PARAMETER_UNTRANSPORTABLE, message, where, "name another one")
        else:
            yield from kedro_run.check_value(found.value, where, document.source.kedro_line)
