"""The `kairflow` command: it registers the verbs and answers `--version`, nothing more."""

from __future__ import annotations

from typing import Annotated

import typer

from kairflow import __version__
from kairflow.cli.compile import compile_project
from kairflow.cli.deploy import deploy
from kairflow.cli.destroy import destroy
from kairflow.cli.export import export
from kairflow.cli.follow import follow
from kairflow.cli.init import init
from kairflow.cli.list_pipelines import list_pipelines
from kairflow.cli.lower import lower
from kairflow.cli.run_once import run_once
from kairflow.cli.schedule import schedule
from kairflow.cli.spark_runner import spark_runner
from kairflow.cli.ui import ui

app = typer.Typer(
    name="kairflow",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kairflow {__version__}")
        raise typer.Exit


@app.callback()
def kairflow(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Compile Kedro pipelines to Airflow DAGs for Kubernetes and Spark, and get them running.

    `kairflow init URL` writes a configuration for the project in this folder, `kairflow compile`
    makes a DAG file of it, and `kairflow run-once --wait` runs it in Airflow.
    """


_TO_FILES, _TO_AIRFLOW = "To files", "To Airflow"

app.command(rich_help_panel=_TO_FILES)(init)
app.command(rich_help_panel=_TO_FILES)(export)
app.command(rich_help_panel=_TO_FILES)(lower)
app.command("compile", rich_help_panel=_TO_FILES)(compile_project)
app.command(rich_help_panel=_TO_FILES)(spark_runner)
app.command(rich_help_panel=_TO_AIRFLOW)(deploy)
app.command("upload-pipeline", hidden=True)(deploy)
app.command(rich_help_panel=_TO_AIRFLOW)(run_once)
app.command(rich_help_panel=_TO_AIRFLOW)(schedule)
app.command(rich_help_panel=_TO_AIRFLOW)(follow)
app.command(rich_help_panel=_TO_AIRFLOW)(list_pipelines)
app.command(rich_help_panel=_TO_AIRFLOW)(ui)
app.command(rich_help_panel=_TO_AIRFLOW)(destroy)


def main() -> None:
    """Run the command line; the console script's entry point."""
    app()
