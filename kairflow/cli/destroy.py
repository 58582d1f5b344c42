"""`kairflow destroy`: what was deployed goes away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import Answer, ConfigurationOptions, ServerOptions, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kairflow.cli.server import Server
    from kairflow.deploy.deployed import Removal
    from kairflow.errors import Diagnostic, KairflowError


@reported
@grouped
def destroy(
    *,
    dag_id: Annotated[str, typer.Argument(help="Id of the DAG.", metavar="DAG_ID")],
    record: Annotated[
        bool,
        typer.Option("--record", help="Also delete Airflow's record of the DAG and all its runs."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    output: options.Place = None,
    server: ServerOptions,
    source: ConfigurationOptions,
    answer: Answer,
) -> None:
    """Remove an uploaded DAG file, and what its Spark jobs fetch.

    Only files that Kairflow wrote are removed. Scripts and archives that another DAG in the same
    folder fetches stay; DAGs elsewhere are not looked at.

    Examples:

    - `kairflow destroy apiary`

    - `kairflow destroy apiary-try --record --yes`
    """
    from kairflow.cli.places import configured_by, find_output
    from kairflow.cli.server import connected

    configured = configured_by(source)
    place = find_output(output, configured)
    if not record:
        _destroy(dag_id, place, None, answer, yes=yes)
        return
    with connected(server, configured, answer) as airflow:
        _destroy(dag_id, place, airflow, answer, yes=yes)


def _destroy(
    dag_id: str,
    place: str,
    airflow: Server | None,
    answer: Answer,
    *,
    yes: bool,
) -> None:
    from kairflow.cli.report import print_json, print_line
    from kairflow.errors import AirflowError

    # Before anything goes: whoever may not ask shall not get half the way.
    known = airflow is not None and airflow.client.dag(dag_id) is not None
    found = _find(dag_id, place)
    _confirm(dag_id, found.goes, record=airflow is not None, yes=yes)
    facts: dict[str, Any] = {"removed": _remove(found.goes, answer), "kept": found.stays}
    facts["record"] = False
    if airflow is not None:
        try:
            # A server that took its time has deleted it before the request was repeated.
            facts["record"] = airflow.client.delete_dag(dag_id) or known
        except AirflowError as error:
            raise error.with_facts({"dag_id": dag_id, **facts}) from error
    if answer.as_json:
        warnings = () if airflow is None else airflow.warnings
        print_json({"ok": True, "dag_id": dag_id, **facts, "diagnostics": warnings})
    elif not answer.quiet:
        for address in found.stays:
            print_line(f"kept {address}, which another DAG fetches")
        host = None if airflow is None else airflow.client.host
        print_line(_summary(dag_id, facts, place, host))


def _find(dag_id: str, place: str) -> Removal:
    """Return what is to go.

    Raises:
        FileError: the file is not one that Kairflow wrote.
        UsageError: no file can be named so.
    """
    from kairflow.deploy.addresses import join
    from kairflow.deploy.deployed import plan_removal
    from kairflow.errors import Code, Diagnostic, UsageError
    from kairflow.lower.airflow.names import airflow_id

    if not dag_id or dag_id.startswith(".") or airflow_id(dag_id) != dag_id:
        message, hint = f"{dag_id!r} is no DAG id", "kairflow list-pipelines shows them"
        raise UsageError([Diagnostic(Code.NAME_INVALID, message, "DAG_ID", hint)])
    return plan_removal(join(place, f"{dag_id}.py"), place)


def _confirm(dag_id: str, remove: tuple[str, ...], *, record: bool, yes: bool) -> None:
    from kairflow.cli.report import print_line
    from kairflow.deploy.addresses import shown
    from kairflow.errors import Code, Diagnostic, UsageError

    if yes or not (remove or record):
        return
    if not sys.stdin.isatty():
        message, hint = "nobody is here to be asked", "add --yes"
        raise UsageError([Diagnostic(Code.NOT_CONFIRMED, message, "--yes", hint)])
    for address in remove:
        print_line(f"will remove {shown(address)}")
    if record:
        print_line(f"will delete Airflow's record of {dag_id!r} with all its runs")
    if not typer.confirm("Go on?", err=True):
        message, hint = "nothing was removed: the answer was no", "add --yes to be asked nothing"
        raise UsageError([Diagnostic(Code.NOT_CONFIRMED, message, "--yes", hint)])


def _remove(addresses: tuple[str, ...], answer: Answer) -> list[str]:
    """Remove files in order; when one cannot be, say which are left.

    Raises:
        FileError, UploadError: a file cannot be removed.
    """
    from kairflow.cli.report import print_line
    from kairflow.deploy.addresses import shown
    from kairflow.deploy.upload import remove_file
    from kairflow.errors import FileError, UploadError

    removed = list[str]()
    for index, address in enumerate(addresses):
        try:
            found = remove_file(address)
        except (FileError, UploadError) as error:
            left = [shown(one) for one in addresses[index:]]
            facts = {"removed": removed, "left": left}
            raise error.with_facts(facts, *_orphans(error, left, removed)) from error
        if found:
            removed.append(shown(address))
            if not answer.is_silent:
                print_line(f"removed {shown(address)}")
    return removed


def _orphans(error: KairflowError, left: list[str], removed: list[str]) -> Iterator[Diagnostic]:
    """Name the files that nobody finds again, for the DAG that named them has gone."""
    from kairflow.errors import Diagnostic

    if removed:
        message = f"the DAG is gone, and what its jobs fetched is left: {', '.join(left)}"
        yield Diagnostic(error.diagnostics[0].code, message, hint="remove it by hand")


def _summary(dag_id: str, facts: dict[str, Any], place: str, host: str | None) -> str:
    from kairflow.cli.places import is_shared

    found = "" if facts["removed"] else f"there was no file of DAG {dag_id!r}"
    if host is None:
        return found or f"DAG {dag_id!r} is gone; Airflow keeps its record: see --record"
    if not facts["record"]:
        return f"{found or 'the file is gone'}; Airflow had no record of {dag_id!r}"
    gone = f"DAG {dag_id!r} is gone, with all its runs"
    if is_shared(place, host):
        return gone
    return f"{gone}; if Airflow still has a copy of the file, it lists the DAG anew until that goes"
