"""`kairflow follow`: watch a run that was started before."""

from __future__ import annotations

from typing import Annotated

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import Answer, ConfigurationOptions, ServerOptions, grouped


@reported
@grouped
def follow(
    *,
    dag_id: Annotated[str, typer.Argument(help="Id of the DAG.", metavar="DAG_ID")],
    run_id: Annotated[str, typer.Argument(help="Id of the run.", metavar="RUN_ID")],
    timeout: options.Timeout = None,
    server: ServerOptions,
    source: ConfigurationOptions,
    answer: Answer,
) -> None:
    """Follow a run of a DAG to its end.

    The exit code is 0 when it succeeds, 5 when it fails, 4 when it takes longer than `--timeout`.
    Ctrl-C stops the watching, not the run.

    Example:

    - `kairflow follow apiary kairflow__2026-01-31T12:00:00__1a2b3c4d`
    """
    from kairflow.cli.following import follow_to_end
    from kairflow.cli.places import configured_by
    from kairflow.cli.report import print_json
    from kairflow.cli.server import connected
    from kairflow.deploy.airflow_run import RunName

    seconds = None if timeout is None else timeout * 60
    with connected(server, configured_by(source), answer) as airflow:
        facts = follow_to_end(airflow.client, RunName(dag_id, run_id), seconds, answer)
    if answer.as_json:
        print_json({"ok": True, "run": facts, "diagnostics": airflow.warnings})
