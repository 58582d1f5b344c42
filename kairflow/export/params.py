"""Kedro's spelling of run-time parameters, `name=value,outer.inner=value`, as JSON values."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from kairflow.errors import Code, Diagnostic, ProjectError
from kairflow.export.json_values import as_json
from kairflow.export.project import kedro_missing

_HINT = "write --params name=value,outer.inner=value; a value is YAML and holds no comma"


def parse_params(text: str) -> dict[str, JsonValue]:
    """Read `--params` as `kedro run` does: split at commas, values are YAML, dots nest.

    Raises:
        ProjectError: code `PARAMS_SYNTAX`, for every item that Kedro would refuse or that holds
            something JSON does not have; `KEDRO_MISSING` without Kedro's OmegaConf.
    """
    items = [item.strip() for item in text.split(",") if item.strip()]
    faults = [(item, fault) for item in items if (fault := _find_fault(item))]
    if faults:
        raise ProjectError(_describe(item, fault) for item, fault in faults)
    # Items that are fine one by one may still contradict each other: `a=[1],a.b=2`.
    if fault := _find_type_fault(items):
        raise ProjectError([_describe(text, fault)])
    return {str(name): as_json(value) for name, value in _read(items).items()}


def _describe(item: str, fault: str) -> Diagnostic:
    return Diagnostic(Code.PARAMS_SYNTAX, fault, f"--params {item!r}", _HINT)


def _find_fault(item: str) -> str:
    name, separator, _ = item.partition("=")
    if not separator:
        return "expected name=value, found no equals sign"
    if not name.strip():
        return "the name before the equals sign is empty"
    return _find_type_fault([item])


def _find_type_fault(items: list[str]) -> str:
    from yaml import YAMLError

    try:
        as_json(_read(items))
    except YAMLError as error:
        return f"the value is no YAML: {getattr(error, 'problem', None) or error}"
    except ValueError as error:
        return str(error)
    except ProjectError:
        raise
    except Exception as error:  # noqa: BLE001  OmegaConf raises of its own tree, and TypeError
        return f"Kedro cannot read it: {str(error).splitlines()[0]}"
    return ""


def _read(items: list[str]) -> dict[object, object]:
    try:
        from omegaconf import OmegaConf
    except ModuleNotFoundError as error:
        raise kedro_missing() from error
    spelt = [f"{name.strip()}={value}" for name, _, value in (i.partition("=") for i in items)]
    read: Any = OmegaConf.to_container(OmegaConf.from_dotlist(spelt))
    return dict(read)
