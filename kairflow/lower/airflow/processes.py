"""The local runtime: what the child processes of a DAG share."""

from __future__ import annotations

from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document
from kairflow.lower.airflow import arguments, mlflow, pods
from kairflow.lower.airflow.model import Processes, Text
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed


def lower_processes(document: Document, options: Options) -> Processes:
    """Decide what every child process gets."""
    config = document.deployment.run_config
    return Processes(
        python=options.python or "python",
        project_dir=options.project_dir or ".",
        arguments=arguments.process_arguments(document, options.line),
        literal_nodes=arguments.has_literal_nodes(document),
        environment=environment(config),
    )


def environment(config: RunConfig) -> dict[str, Text]:
    """Return what every child process finds in its environment, beside the worker's own."""
    return {
        **pods.environment(config, in_pod=False),
        "PYTHONUNBUFFERED": as_typed("1"),
        **mlflow.environment(config),
    }
