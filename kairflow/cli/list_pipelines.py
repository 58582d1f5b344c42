"""`kairflow list-pipelines`: the DAGs on the server that Kairflow made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import Answer, ConfigurationOptions, ServerOptions, grouped

if TYPE_CHECKING:
    from kairflow.deploy.airflow_pipelines import Deployed


@reported
@grouped
def list_pipelines(*, server: ServerOptions, source: ConfigurationOptions, answer: Answer) -> None:
    """List the pipelines on the Airflow server that Kairflow made.

    On a terminal they are a table; in a pipe a line each, with tabulators between the columns.

    Examples:

    - `kairflow list-pipelines`

    - `kairflow list-pipelines --host https://airflow.example.com --json`
    """
    from kairflow.cli.places import configured_by
    from kairflow.cli.report import print_json, print_product_table, working
    from kairflow.cli.server import connected
    from kairflow.deploy.airflow_pipelines import list_deployed

    with (
        connected(server, configured_by(source), answer) as airflow,
        working("Asking for pipelines and their last runs", quiet=answer.is_silent),
    ):
        found = [_facts(one) for one in list_deployed(airflow.client)]
    if answer.as_json:
        print_json({"ok": True, "pipelines": found, "diagnostics": airflow.warnings})
        return
    title = f"Pipelines on {airflow.client.host}"
    columns = ("Name", "ID", "Schedule", "Paused", "Last run", "State", "Digest", "Kairflow")
    print_product_table(title, columns, [_row(one) for one in found])


def _facts(one: Deployed) -> dict[str, Any]:
    run = one.last_run
    return {
        "name": one.name,
        "dag_id": one.dag.dag_id,
        "schedule": one.dag.schedule,
        "paused": one.dag.is_paused,
        "last_run": None if run is None else {"run_id": run.run_id, "start": run.start},
        "state": None if run is None else run.state,
        "dag_digest": one.digest,
        "kairflow": one.version,
    }


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    last = facts["last_run"] or {}
    start = (last.get("start") or "").replace("T", " ")[:16]
    return (
        facts["name"],
        facts["dag_id"],
        facts["schedule"] or "",
        "yes" if facts["paused"] else "",
        start,
        facts["state"] or "",
        facts["dag_digest"],
        facts["kairflow"],
    )
