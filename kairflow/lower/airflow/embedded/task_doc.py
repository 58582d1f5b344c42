"""What Airflow's pages say about a task."""

from __future__ import annotations

import shlex

# Lowering writes this.
REPEAT = "kedro run --env=prod"


def task_doc(nodes: list[str], notes: str) -> str:
    """Say which nodes a task runs, why, and how to repeat it."""
    names = "`, `".join(nodes)
    command = REPEAT + " " + shlex.quote("--nodes=" + ",".join(nodes))
    return f"Runs `{names}`.\n\n{notes}\nRepeat it with:\n\n~~~sh\n{command}\n~~~\n"
