"""The golden cases: an IR each, and what becomes of it on every runtime and Airflow line.

A case is a folder of `tests/golden` with an `ir.json`. Beside it stands `dag-<runtime>.py`, or, for
a runtime that cannot run it, `refused-<runtime>.txt` with the reasons. That is line 3; the files of
line 2 bear `-airflow-2` after the runtime.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kairflow.errors import LoweringError
from kairflow.ir import Document, read_document
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/ir.json"))


class Run(NamedTuple):
    """One lowering of a golden case."""

    case: str
    runtime: Runtime
    line: AirflowLine

    @property
    def place(self) -> str:
        """What the file's name says of runtime and line."""
        return f"{self.runtime.value}{'-airflow-2' if self.line.is_2 else ''}"

    @property
    def names(self) -> tuple[str, str]:
        """The names of the file when there is a DAG, and when there is none."""
        return f"dag-{self.place}.py", f"refused-{self.place}.txt"


RUNS = [
    Run(case, runtime, line)
    for case in CASES
    for line in (AirflowLine.AIRFLOW_3, AirflowLine.AIRFLOW_2)
    for runtime in Runtime
]


def document_of(case: str) -> Document:
    return read_document((GOLDEN / case / "ir.json").read_text(encoding="utf-8"))


def options_for(runtime: Runtime, line: AirflowLine) -> Options:
    if runtime is Runtime.KUBERNETES:
        return Options(line, allow_custom_operators=True)
    return Options(line, runtime, project_dir="/srv/kedro", python="/srv/venv/bin/python")


def product(run: Run) -> tuple[str, str]:
    """Return the name and the text of the file that stands for a run of the lowering."""
    dag, refused = run.names
    try:
        text = compile_dag(document_of(run.case), options_for(run.runtime, run.line)).text
    except LoweringError as error:
        return refused, f"{error}\n"
    return dag, text


def dag_paths(line: str = "*") -> list[Path]:
    """Return the golden DAG files of a line, `2` or `3`, or of both."""
    found = sorted(GOLDEN.glob("*/dag-*.py"))
    lines = {path: "2" if path.stem.endswith("-airflow-2") else "3" for path in found}
    return [path for path in found if line in ("*", lines[path])]
