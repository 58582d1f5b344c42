"""How a DAG file writes run-time values as the text of one `kedro run --params` argument.

The spelling is that of `kairflow.lower.airflow.kedro_run`, where the reasons for it are told.
"""

import json
import re
from collections.abc import Mapping
from typing import Any


def kedro_params(params: Mapping[str, Any]) -> str:
    """Write parameters as the text of one kedro run --params argument."""
    return ",".join(parameter_text(name, value) for name, value in params.items())


def kedro_0_19_params(params: Mapping[str, Any]) -> str:
    """Write parameters for Kedro 0.19, which always fills in dollar-brace."""
    text = kedro_params(params)
    for name, value in params.items():
        if has_dollar_brace(value):
            raise ValueError(f"Kedro 0.19 would fill in the dollar-brace in parameter {name!r}")
    return text


def has_dollar_brace(value: Any) -> bool:
    """Tell whether a text among the values has a dollar-brace; keys may."""
    if isinstance(value, Mapping):
        return any(has_dollar_brace(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_dollar_brace(item) for item in value)
    return "${" in str(value)


def from_variable(text: Any) -> Any:
    """Read an Airflow variable: JSON as its value, other text as it is."""
    try:
        value = json.loads(text)
        # Python reads NaN and Infinity too, but they are no JSON.
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return text
    return value


def parameter_text(name: str, value: Any) -> str:
    """Write a parameter without a comma, since Kedro splits at each."""
    try:
        return name + "=" + yaml_text(value, "").lstrip(" ")
    except ValueError as error:
        raise ValueError(f"Kedro cannot be given parameter {name!r}: {error}") from error


def yaml_text(value: Any, indent: str) -> str:
    """Write a value after its mark: on the same line or as a block."""
    # Airflow hands some of its macros over as proxies.
    value = getattr(value, "__wrapped__", value)
    if not isinstance(value, (Mapping, list, tuple)):
        return " " + scalar_text(value)
    if len(indent) >= 40:
        raise ValueError("it nests deeper than 40 levels")
    if not value:
        return " {}" if isinstance(value, Mapping) else " []"
    inner = indent + " "
    lines = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            lines.append(indent + "? " + quoted(str(key)))
            lines.append(indent + ":" + yaml_text(item, inner))
    else:
        for item in value:
            lines.append(indent + "-" + yaml_text(item, inner))
    return "\n" + "\n".join(lines)


def scalar_text(value: Any) -> str:
    """Write a value that is neither list nor mapping; dates in ISO format."""
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        # YAML reads an exponent only after a full stop.
        mantissa, mark, exponent = json.dumps(value, allow_nan=False).partition("e")
        return mantissa + ("" if "." in mantissa else ".0") + mark + exponent
    text = str(value.isoformat() if hasattr(value, "isoformat") else value)
    if text == "???":
        raise ValueError("??? means a missing value to Kedro")
    # Kedro fills in dollar-brace unless a backslash stands before it.
    return quoted(re.sub(r"(\\*)\$\{", r"\1\1\\${", text))


def quoted(text: str) -> str:
    """Write a YAML string in printable ASCII without a comma."""
    return '"' + "".join(escaped(character) for character in text) + '"'


def escaped(character: str) -> str:
    """Write one character of a YAML string."""
    if character in '\\"':
        return "\\" + character
    if character.isascii() and character.isprintable() and character != ",":
        return character
    code = ord(character)
    return "\\u" + format(code, "04x") if code <= 0xFFFF else "\\U" + format(code, "08x")
