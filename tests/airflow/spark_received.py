"""What the runner of a Spark job hands to Kedro, read from the task that Airflow rendered."""

from __future__ import annotations

import ast
from typing import Any

from kairflow.ir import Document
from kairflow.lower.airflow.arguments import DATASET_VERSION, THREADS
from kairflow.lower.spark.artefacts import spark_artefacts


def kedro_arguments(task: dict[str, Any], document: Document) -> tuple[str, ...] | None:
    """Return the arguments after `kedro`; None when the project wrote the operator itself."""
    fields = task["fields"]
    if document.custom_operators is not None and "arguments" not in fields:
        return None
    match task["operator"]:
        case "KedroOperator":
            received = _after_dashes(fields["arguments"], document)
        case "DataprocSubmitJobOperator":
            job = fields["job"]["pyspark_job"]
            received = _run_by(job["main_python_file_uri"], job["args"], document)
        case "DataprocCreateBatchOperator":
            job = fields["batch"]["pyspark_batch"]
            received = _run_by(job["main_python_file_uri"], job["args"], document)
        case "SparkSubmitOperator":
            received = [_expanded(text) for text in fields["application_args"]]
        case "SparkKubernetesOperator":
            spec = fields["template_spec"]["spec"]
            received = [_expanded(text) for text in spec["arguments"]]
        case other:
            raise AssertionError(f"no Spark operator: {other}")
    assert THREADS in received
    return _in_order(text for text in received if text != THREADS)


def _after_dashes(arguments: list[str], document: Document) -> list[str]:
    """The launcher takes what stands before two hyphens; a version comes first behind them."""
    assert arguments[0] == "-c"
    behind = arguments[arguments.index("--") + 1 :]
    return behind[1:] if document.deployment.run_config.versions else behind


def _run_by(address: str, given: list[str], document: Document) -> list[str]:
    """Join what stands in the runner's file and what the job adds, less the environment."""
    (runner,) = (one.text for one in spark_artefacts(document) if one.address == address)
    (own,) = (
        ast.literal_eval(statement.value)
        for statement in ast.parse(runner).body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == "ARGUMENTS"
        and statement.value is not None
    )
    return [*own, *(text for text in given if text.startswith("-"))]


def _in_order(arguments: Any) -> tuple[str, ...]:
    """Options may come in any order: put the nodes last, the parameters before them."""
    known = [text for text in arguments if not text.startswith(DATASET_VERSION)]
    last = ("--load-versions=", "--params=", "--nodes=")
    rank = {
        text: max((i + 1 for i, o in enumerate(last) if text.startswith(o)), default=0)
        for text in known
    }
    return tuple(sorted(known, key=rank.__getitem__))


def _expanded(argument: str) -> str:
    """Do to a container's argument what Kubernetes does when no variable of that name is set."""
    return argument.replace("$$", "$")
