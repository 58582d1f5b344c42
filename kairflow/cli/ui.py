"""`kairflow ui`: Airflow in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import Answer, ConfigurationOptions, ServerOptions, grouped

if TYPE_CHECKING:
    from kairflow.errors import Diagnostic


@reported
@grouped
def ui(
    *,
    dag_name: Annotated[
        str | None, typer.Option("--dag-name", "-d", help="Open the page of this DAG.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open nothing.")
    ] = False,
    server: ServerOptions,
    source: ConfigurationOptions,
    answer: Answer,
) -> None:
    """Open Airflow, or one DAG, in the browser; print the address where there is none.

    Examples:

    - `kairflow ui`

    - `kairflow ui --dag-name apiary`
    """
    import webbrowser

    from kairflow.cli.places import configured_by, find_host
    from kairflow.cli.report import print_json, print_line
    from kairflow.cli.server import connected
    from kairflow.deploy.airflow_protocol import dag_page

    configured = configured_by(source)
    warnings: tuple[Diagnostic, ...] = ()
    address = find_host(server.host, configured)
    if dag_name is not None:
        with connected(server, configured, answer) as airflow:
            address += dag_page(airflow.client.line, dag_name)
            warnings = airflow.warnings
    opened = not no_browser and webbrowser.open_new_tab(address)
    if answer.as_json:
        facts = {"address": address, "opened": opened, "diagnostics": warnings}
        print_json({"ok": True, **facts})
    elif opened:
        if not answer.quiet:
            print_line(f"opened {address}")
    else:
        typer.echo(address)
