"""What one run is given, `--conf` and `--param`, as the JSON object that Airflow takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kairflow.errors import Code, Diagnostic, UsageError
from kairflow.export.json_values import as_json
from kairflow.ir.validation import nearest


def read_conf(conf: str | None, params: Sequence[str], declared: Sequence[str]) -> dict[str, Any]:
    """Put a run's parameters together; `--param` wins over `--conf`.

    `declared` are those that the DAG knows, `run_config.run_params`: any other `--param` would be
    lost. What `--conf` says beyond them is for templates that read `dag_run.conf`.

    Raises:
        UsageError: all that is misspelt or unknown.
    """
    found = dict[str, Any]()
    mistakes = list[Diagnostic]()
    if conf is not None:
        try:
            found = _object(conf)
        except ValueError as error:
            hint = """write it like --conf '{"rate": 0.2}'"""
            mistakes.append(Diagnostic(Code.RUN_CONF, str(error), "--conf", hint))
    for param in params:
        name, _, text = param.partition("=")
        mistakes += _mistakes(name, param, declared)
        try:
            found[name] = _value(text)
        except ValueError as error:
            mistakes.append(_misspelt(param, str(error)))
    if mistakes:
        raise UsageError(mistakes)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found = as_json(json.loads(text, parse_constant=_refuse))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"found {type(found).__name__}, expected a JSON object")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _mistakes(name: str, param: str, declared: Sequence[str]) -> Iterator[Diagnostic]:
    if not name or "=" not in param:
        yield _misspelt(param, "expected a name, an equals sign and a value")
    elif name not in declared:
        message = f"the DAG has no parameter {name!r}"
        hint = nearest(name, declared) or _listing(declared)
        yield Diagnostic(Code.RUN_PARAM_UNKNOWN, message, f"--param {param!r}", hint)


def _listing(declared: Iterable[str]) -> str:
    known = ", ".join(declared)
    return f"it has {known}" if known else "list it under run_config.run_params, and export again"


_OURS = ("timestamp", "int", "float")
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|\.[0-9_]+([eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*[eE][-+]?[0-9]+|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$"
)


def _value(text: str) -> Any:
    """Read a value as YAML 1.2 does numbers: `1e-3` is one, and `10:30` is text, as dates are."""
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML without dates, which JSON does not have, and without numbers to the base 60."""

        yaml_implicit_resolvers = {
            first: [(tag, found) for tag, found in known if tag.rpartition(":")[2] not in _OURS]
            for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    digits = list("-+.0123456789")
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, digits)
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, digits)
    try:
        return as_json(yaml.load(text, Loader))  # noqa: S506  a safe loader that knows less
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise ValueError(f"the value is no YAML: {problem}") from error
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None
    except (LookupError, AttributeError, TypeError) as error:  # such as `!!bool maybe`
        raise ValueError("the value does not fit its YAML tag") from error


def _misspelt(param: str, message: str) -> Diagnostic:
    hint = "write --param NAME=VALUE; the value is YAML: --param 'model.depth=[1, 2]'"
    return Diagnostic(Code.RUN_CONF, message, f"--param {param!r}", hint)
