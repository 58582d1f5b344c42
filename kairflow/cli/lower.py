"""`kairflow lower`: an IR becomes a DAG file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime

if TYPE_CHECKING:
    from kairflow.lower.airflow.dag_file import DagFile


@reported
def lower(
    ir: Annotated[
        str, typer.Argument(help="IR file, or `-` for standard input.", metavar="[IR]")
    ] = "-",
    output: options.Output = None,
    runtime: options.RuntimeChoice = Runtime.KUBERNETES,
    airflow: options.Airflow = AirflowLine.AIRFLOW_3,
    dag_name: options.DagName = None,
    image: options.Image = None,
    cron_expression: options.Cron = None,
    project_dir: options.ProjectDir = None,
    python: options.Python = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Lower an IR to a DAG file for Airflow.

    Needs neither Kedro nor Airflow nor the project. In a folder the file is named after its DAG.

    Examples:

    - `kairflow export | kairflow lower -o dags/`

    - `kairflow lower ir.json --image registry.example.com/apiary:1.2 -c "0 6 * * *"`

    - `kairflow lower ir.json --airflow 2 -o ~/airflow/dags/`

    - `kairflow lower ir.json --runtime local --project-dir /srv/apiary --python /venv/bin/python`
    """
    from kairflow.ir import read_document
    from kairflow.lower.airflow.dag_file import compile_dag

    document = read_document(_read(ir))
    chosen = Options(airflow, runtime, image, dag_name, cron_expression, project_dir, python)
    _deliver(compile_dag(document, chosen), output, as_json, quiet)


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
