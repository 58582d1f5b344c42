"""The README's table of configuration keys, written from the models; `make schemas` runs it."""

from __future__ import annotations

import datetime
import json
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kairflow.ir.deployment import Deployment, NodeSettings, RunConfig
from kairflow.ir.execution import EXECUTION_KEYS, Execution
from kairflow.ir.pods import Affinity, ResourceClass, Toleration
from kairflow.ir.spark import Cores, LocalStorage

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- keys -->", "<!-- end of keys -->"
ITEMS = {".resources": "class", ".nodes": "node", ".kubernetes_pod_templates": "template"}
LEAVES = (Affinity, Cores, LocalStorage, Toleration)
"""Models that one row stands for."""


def table() -> str:
    """Return the table: what every key says, and its default."""
    rows = [
        "| key | what it says | default |",
        "|---|---|---|",
        *(_row(name, Deployment.model_fields[name]) for name in ("host", "output")),
        *_rows(RunConfig, ""),
    ]
    return "\n".join(rows)


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    shared = EXECUTION_KEYS if issubclass(model, Execution) else ()
    for name in (name for name in model.model_fields if name not in shared):
        yield from _field_rows(f"{prefix}.{name}", model.model_fields[name])
    if model is RunConfig:
        yield from (_row(f".{name}", model.model_fields[name]) for name in EXECUTION_KEYS)
    elif issubclass(model, (ResourceClass, NodeSettings)):
        keys = ", ".join(f"`{name}`" for name in EXECUTION_KEYS)
        yield f"| `{prefix}.…` | For these tasks alone: {keys}. | |"


def _field_rows(path: str, field: FieldInfo) -> Iterator[str]:
    model = _model_in(field.annotation)
    if model is None or model in LEAVES:
        yield _row(path, field)
        return
    yield from _rows(model, f"{path}{_step(path, field)}")


def _step(path: str, field: FieldInfo) -> str:
    """Spell how one gets from a mapping or a list to its items."""
    kind = typing.get_origin(_unwrapped(field.annotation))
    if kind is dict:
        return f".<{ITEMS[path]}>"
    return "[]" if kind is tuple else ""


def _unwrapped(annotation: Any) -> Any:
    """Return the type without None beside it."""
    arguments = [one for one in typing.get_args(annotation) if one is not type(None)]
    optional = type(None) in typing.get_args(annotation)
    return arguments[0] if optional and len(arguments) == 1 else annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    found = _unwrapped(annotation)
    for one in (found, *typing.get_args(found)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _row(path: str, field: FieldInfo) -> str:
    text = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{path}` | {text} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default()
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, datetime.date):
        return f"`{value:%Y%m%d}`"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"


def with_table(readme: str) -> str:
    """Return the README with the table as it should be."""
    pattern = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
    assert len(pattern.findall(readme)) == 1
    return pattern.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", readme)


def main() -> None:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
