"""Nodes that write down what reached them, and nodes that fail as planned: always, or once."""

import os
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline, node, pipeline

Seen = dict[str, Any]


def observe(parameters: dict[str, Any]) -> Seen:
    """Return what this process was given, by Kedro and by the system."""
    folders = [Path(folder) for folder in parameters["look_at"]]
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        "parameters": parameters,
        "environment": dict(os.environ),
        "files": {str(path): path.read_text(encoding="utf-8") for path in files},
        "groups": sorted(os.getgroups()),
        "mounts": Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines(),
    }


def compare(observed: Seen) -> Seen:
    """Return the environment of this process, and what the first one had of it."""
    return {"environment": dict(os.environ), "before": sorted(observed["environment"])}


def break_down(compared: Seen) -> None:
    """Fail in every try."""
    raise RuntimeError(f"planned, after {len(compared)} entries")


def draw() -> Seen:
    """Return something that is different in each try."""
    return {"by": os.getpid()}


def check_drawn(drawn: Seen) -> Seen:
    """Fail in the first try, once `drawn` is saved."""
    mark = Path("data/tried")
    if not mark.exists():
        mark.touch()
        raise RuntimeError("planned, in the first try")
    mark.unlink()
    return {"checked": drawn}


def use(drawn: Seen, checked: Seen) -> Seen:
    """Return what was read."""
    return {"drawn": drawn, **checked}


def register_pipelines() -> dict[str, Pipeline]:
    """Return the nodes that tell, and the nodes whose data have versions."""
    nodes = [
        node(observe, "parameters", "observed", name="observe", tags="resources.rich"),
        node(compare, "observed", "compared", name="compare", tags="k8s_template.side"),
        node(break_down, "compared", None, name="break_down"),
    ]
    together = "kairflow.group.producer"
    versioned = [
        node(draw, None, "drawn", name="draw", tags=together),
        node(check_drawn, "drawn", "checked", name="check_drawn", tags=together),
        node(use, ["drawn", "checked"], "used", name="use"),
    ]
    return {"__default__": pipeline(nodes), "versioned": pipeline(versioned)}
