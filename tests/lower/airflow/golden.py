"""The golden cases: an IR each, and what becomes of it on every runtime.

A case is a folder of `tests/golden` with an `ir.json`. Beside it stands `dag-<runtime>.py`, or, for
a runtime that cannot run it, `refused-<runtime>.txt` with the reasons.
"""

from __future__ import annotations

from pathlib import Path

from kairflow.errors import LoweringError
from kairflow.ir import Document, read_document
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import Options, Runtime

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/ir.json"))
RUNS = [(case, runtime) for case in CASES for runtime in Runtime]


def document_of(case: str) -> Document:
    return read_document((GOLDEN / case / "ir.json").read_text(encoding="utf-8"))


def options_for(runtime: Runtime) -> Options:
    if runtime is Runtime.KUBERNETES:
        return Options()
    return Options(runtime=runtime, project_dir="/srv/kedro", python="/srv/venv/bin/python")


def product(case: str, runtime: Runtime) -> tuple[str, str]:
    """Return the name and the text of the file that stands for a run of the lowering."""
    try:
        text = compile_dag(document_of(case), options_for(runtime)).text
    except LoweringError as error:
        return f"refused-{runtime.value}.txt", f"{error}\n"
    return f"dag-{runtime.value}.py", text


def dag_paths() -> list[Path]:
    """Return every golden DAG file."""
    return sorted(GOLDEN.glob("*/dag-*.py"))
