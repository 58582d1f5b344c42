"""`kairflow lower`: an IR becomes a DAG file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.dag_delivery import Build, deliver_dags
from kairflow.cli.option_groups import Answer, LoweringOptions, grouped


@reported
@grouped
def lower(
    *,
    ir: Annotated[
        str, typer.Argument(help="IR file, or `-` for standard input.", metavar="[IR]")
    ] = "-",
    output: options.Output = None,
    image: options.Image = None,
    target: LoweringOptions,
    artifacts: options.Artifacts = None,
    answer: Answer,
) -> None:
    """Lower an IR to a DAG file for Airflow.

    Needs neither Kedro nor Airflow nor the project. In a folder the file is named after its DAG.

    Examples:

    - `kairflow export | kairflow lower -o dags/`

    - `kairflow lower ir.json --image registry.example.com/apiary:1.2 -c "0 6 * * *"`

    - `kairflow lower ir.json --airflow 2 -o ~/airflow/dags/`

    - `kairflow lower ir.json --runtime local --project-dir /srv/apiary --python /venv/bin/python`

    - `kairflow lower ir.json --artifacts build/ -o dags/`
    """
    from kairflow.ir import read_document
    from kairflow.lower.airflow.dag_file import compile_dag

    document = read_document(_read(ir))
    dag = compile_dag(document, target.choose(image))
    deliver_dags([dag], output, Build(artifacts), as_json=answer.as_json, quiet=answer.quiet)


def _read(ir: str) -> str:
    from kairflow.deploy.local_files import read_stream, read_text
    from kairflow.errors import Code, Diagnostic, UsageError

    if ir != "-":
        return read_text(Path(ir))
    if sys.stdin.isatty():
        hint = "name a file, or write `kairflow export | kairflow lower`"
        raise UsageError([Diagnostic(Code.FILE_UNREADABLE, "no IR was given", hint=hint)])
    return read_stream(sys.stdin.buffer)
