"""`kairflow lower`: an IR becomes a DAG file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli.boundary import reported
from kairflow.cli.options import Debug, Image, Json, Output, Quiet
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime

if TYPE_CHECKING:
    from kairflow.lower.airflow.dag_file import DagFile


@reported
def lower(
    ir: Annotated[
        str, typer.Argument(help="IR file, or `-` for standard input.", metavar="[IR]")
    ] = "-",
    output: Output = None,
    runtime: Annotated[
        Runtime,
        typer.Option(help="Run tasks as pods on Kubernetes, or as processes of the worker."),
    ] = Runtime.KUBERNETES,
    airflow: Annotated[
        AirflowLine, typer.Option(help="Airflow line that the DAG is for; `3` is 3.1 and later.")
    ] = AirflowLine.AIRFLOW_3,
    dag_name: Annotated[str | None, typer.Option("--dag-name", "-d", help="Id of the DAG.")] = None,
    image: Image = None,
    cron_expression: Annotated[
        str | None,
        typer.Option(
            "--cron-expression", "-c", help="Schedule, or an empty text for none.", metavar="CRON"
        ),
    ] = None,
    project_dir: Annotated[
        str | None,
        typer.Option(
            help="Local runtime: the project's folder as the worker sees it.", metavar="DIR"
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            help="Local runtime: the interpreter that has the project's requirements.",
            metavar="PATH",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Lower an IR to a DAG file for Airflow.

    Needs neither Kedro nor Airflow nor the project. In a folder the file is named after its DAG.

    Examples:

    - `kairflow export | kairflow lower -o dags/`

    - `kairflow lower ir.json --image registry.example.com/apiary:1.2 -c "0 6 * * *"`

    - `kairflow lower ir.json --runtime local --project-dir /srv/apiary --python /venv/bin/python`
    """
    from kairflow.ir import read_document
    from kairflow.lower.airflow.dag_file import compile_dag

    document = read_document(_read(ir))
    options = Options(airflow, runtime, image, dag_name, cron_expression, project_dir, python)
    _deliver(compile_dag(document, options), output, as_json, quiet)


def _read(ir: str) -> str:
    from kairflow.deploy.local_files import read_stream, read_text
    from kairflow.errors import Code, Diagnostic, UsageError

    if ir != "-":
        return read_text(Path(ir))
    if sys.stdin.isatty():
        hint = "name a file, or write `kairflow export | kairflow lower`"
        raise UsageError([Diagnostic(Code.FILE_UNREADABLE, "no IR was given", hint=hint)])
    return read_stream(sys.stdin.buffer)


def _deliver(dag: DagFile, output: Path | None, as_json: bool, quiet: bool) -> None:
    from kairflow.cli.delivery import Product, deliver
    from kairflow.cli.report import counted

    summary = f"DAG {dag.dag_id!r} with {counted(dag.tasks, 'task')}"
    step = f"put it into Airflow's DAG folder, then: airflow dags test {dag.dag_id}"
    product = Product(dag.name, dag.text, summary, step)
    facts = {
        "dag_id": dag.dag_id,
        "tasks": dag.tasks,
        "ir_digest": dag.ir_digest,
        "dag_digest": dag.dag_digest,
    }
    deliver([(product, facts)], output, dag.warnings, as_json=as_json, quiet=quiet)
