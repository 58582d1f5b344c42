"""`run_config.run_params` against the parameters there are, and the nodes that read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kairflow.errors import Code, Diagnostic
from kairflow.export.config import Config
from kairflow.ir.model import Parameter
from kairflow.ir.run_params import covers, find_in
from kairflow.ir.validation import nearest

_PREFIX = "params:"


def check_run_params(
    config: Config,
    parameters: Mapping[str, Parameter],
    available: Mapping[str, Any],
    read_anywhere: Collection[str],
) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return the names that a run of this pipeline can set, and which names are mistakes.

    `parameters` are those of this pipeline, `available` the project's, and `read_anywhere` the
    inputs of all its pipelines: what only another pipeline reads is none of this one's business.
    """
    if config.deployment is None:
        return (), ()
    kept, faults = [], []
    for index, name in enumerate(config.deployment.run_config.run_params):
        found = find_in(parameters, name)
        if found is not None and found.type != "opaque":
            kept.append(name)
        elif complaint := _complaint(name, found, available, read_anywhere):
            message, hint = complaint
            where = config.where(("run_config", "run_params", index))
            faults.append(Diagnostic(Code.CONFIG_VALUE, message, where, hint))
    return tuple(kept), tuple(faults)


def _complaint(
    name: str, found: Parameter | None, available: Mapping[str, Any], read: Iterable[str]
) -> tuple[str, str] | None:
    if f"{_PREFIX}{name}" not in available:
        known = [key.removeprefix(_PREFIX) for key in available if key.startswith(_PREFIX)]
        hint = nearest(name, known) or "add it to the project's parameters, or drop it here"
        return f"no parameter is named {name!r}", hint
    if found is not None:
        return f"the value of parameter {name!r} is no JSON, so no form can ask for it", "drop it"
    if any(covers(dataset, name) for dataset in read):
        return None
    return f"no node reads parameter {name!r}, so to set it would change nothing", "drop it"
