"""Short ways to a DAG file for tests that look at one part of it."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Diagnostic, LoweringError
from kairflow.ir import Document
from kairflow.ir.model import Node
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime
from tests.ir_documents import make_document, make_run_config, node

NO_VOLUME = {"volume": {"disabled": True}}
CHAIN = (node("a", ["raw"], ["x"]), node("b", ["x"], ["y"]), node("c", ["x", "y"], ["z"]))
LINES = tuple(AirflowLine)


def pods(line: AirflowLine = AirflowLine.AIRFLOW_3) -> Options:
    return Options(line)


def local(line: AirflowLine = AirflowLine.AIRFLOW_3) -> Options:
    return Options(line, Runtime.LOCAL, project_dir="/srv/it", python="python3")


EVERYWHERE = tuple(make(line) for make in (pods, local) for line in LINES)
"""Every runtime on every line."""


def name_of(options: Options) -> str:
    return f"{options.runtime.value}-{options.line.value}"


def document(*nodes: Node, volume: Any = None, **settings: Any) -> Document:
    """Return a document without a volume unless one is asked for."""
    shared = {"volume": volume} if volume is not None else NO_VOLUME
    return make_document(nodes, run_config=make_run_config(**{**shared, **settings}))


def text_of(doc: Document, options: Options | None = None) -> str:
    return compile_dag(doc, options or Options()).text


def refusals(doc: Document, options: Options | None = None) -> list[Diagnostic]:
    with pytest.raises(LoweringError) as caught:
        compile_dag(doc, options or Options())
    return list(caught.value.diagnostics)


def warnings(doc: Document, options: Options | None = None) -> list[Diagnostic]:
    return list(compile_dag(doc, options or Options()).warnings)
