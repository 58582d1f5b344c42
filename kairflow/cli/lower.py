"""`kairflow lower`: an IR becomes a DAG file."""

from __future__ import annotations

from typing import Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.dag_delivery import Build, deliver_dags
from kairflow.cli.option_groups import Answer, LoweringOptions, ScheduleOptions, grouped


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
    schedule: ScheduleOptions,
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
    from kairflow.cli.reading import read_ir
    from kairflow.ir import read_document
    from kairflow.lower.airflow.dag_file import compile_dag

    document = read_document(read_ir(ir))
    dag = compile_dag(document, target.choose(image, schedule))
    deliver_dags([dag], output, Build(artifacts), as_json=answer.as_json, quiet=answer.quiet)
