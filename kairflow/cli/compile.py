"""`kairflow compile`: a Kedro project becomes a DAG file, and all that its Spark jobs fetch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.exporting import export_project, read_selection, show_groups
from kairflow.export.group_by import GroupBy
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime

if TYPE_CHECKING:
    from kairflow.export.request import Exported, Request


@reported
def compile_project(
    project: options.Project = Path(),
    pipeline: options.Pipeline = "__default__",
    every: options.All = False,
    env: options.Env = None,
    conf_source: options.ConfSource = None,
    params: options.Params = "",
    group_by: options.Group = GroupBy.NONE,
    image: options.Image = None,
    tags: options.Tags = "",
    nodes: options.Nodes = "",
    from_nodes: options.FromNodes = "",
    to_nodes: options.ToNodes = "",
    from_inputs: options.FromInputs = "",
    to_outputs: options.ToOutputs = "",
    namespaces: options.Namespaces = "",
    runtime: options.RuntimeChoice = Runtime.KUBERNETES,
    airflow: options.Airflow = AirflowLine.AIRFLOW_3,
    dag_name: options.DagName = None,
    cron_expression: options.Cron = None,
    project_dir: options.ProjectDir = None,
    python: options.Python = None,
    output: options.Dags = Path("dags"),
    artifacts: options.AllArtifacts = None,
    allow_custom_operators: options.AllowCustom = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Export a Kedro pipeline and lower it to a DAG file, in one go.

    Examples:

    - `kairflow compile --env prod -o ~/airflow/dags/`

    - `kairflow compile --artifacts build/`
    """
    from kairflow.export import Request, parse_params

    lists = (tags, nodes, from_nodes, to_nodes, from_inputs, to_outputs, namespaces)
    selection, values = read_selection(*lists), parse_params(params)
    place = (project, pipeline, env or None, conf_source)
    request = Request(*place, values, selection, group_by, image, artifacts is not None)
    local = (project_dir, python)
    chosen = Options(
        airflow, runtime, None, dag_name, cron_expression, *local, allow_custom_operators
    )
    _check_name(dag_name, every=every)
    exported = export_project(_for(runtime, request), output, every=every, quiet=quiet or as_json)
    _deliver(exported, chosen, output, artifacts, as_json=as_json, quiet=quiet)


def _for(runtime: Runtime, request: Request) -> Request:
    """Ask for what the runtime has a use for: jobs on the worker's own machine fetch nothing."""
    on_cluster = runtime is not Runtime.LOCAL
    return replace(
        request,
        archive=request.archive and on_cluster,
        only_if_fetched=True,
        operators=on_cluster,
    )


def _check_name(dag_name: str | None, *, every: bool) -> None:
    from kairflow.errors import Code, Diagnostic, UsageError

    if every and dag_name is not None:
        message, hint = "--all makes several DAGs, and one name is for one", "leave one out"
        raise UsageError([Diagnostic(Code.RUNTIME_OPTION, message, "--dag-name", hint)])


def _deliver(
    exported: tuple[Exported, ...],
    chosen: Options,
    output: Path,
    artifacts: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the archive, then the scripts, then the DAGs; nothing when one cannot be made."""
    from kairflow.cli.archive_delivery import describe_archive, place_archive
    from kairflow.cli.dag_delivery import Build, deliver_dags
    from kairflow.cli.report import print_line
    from kairflow.deploy.local_files import make_folder
    from kairflow.lower.airflow.dag_file import compile_dag

    dags = [compile_dag(one.document, chosen) for one in exported]
    if len(exported) == 1 and not (quiet or as_json):
        show_groups(exported[0])
    facts, packed = None, next((one.archive for one in exported if one.archive), None)
    if packed is not None and artifacts is not None:
        facts = place_archive(packed, artifacts)
        if not (quiet or as_json):
            print_line(describe_archive(facts))
    if len(dags) > 1:
        make_folder(output)
    warnings = [warning for one in exported for warning in one.warnings]
    build = Build(artifacts, facts)
    deliver_dags(dags, output, build, warnings, as_json=as_json, quiet=quiet)
