"""The `kairflow` command: it registers the verbs and answers `--version`, nothing more."""

from __future__ import annotations

from typing import Annotated

import typer

from kairflow import __version__
from kairflow.cli.compile import compile_project
from kairflow.cli.export import export
from kairflow.cli.lower import lower
from kairflow.cli.spark_runner import spark_runner

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
    """Compile Kedro pipelines to Airflow DAGs for Kubernetes and Spark.

    `kairflow export | kairflow lower -o dags/` makes a DAG file of the project in this folder.
    """


app.command()(export)
app.command()(lower)
app.command("compile")(compile_project)
app.command()(spark_runner)


def main() -> None:
    """Run the command line; the console script's entry point."""
    app()
