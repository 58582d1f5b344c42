"""Options that verbs take together, as values: a command names the groups that it takes."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from kairflow.cli import options
from kairflow.export.group_by import GroupBy
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime

if TYPE_CHECKING:
    from kairflow.export.request import Request


@dataclass(frozen=True)
class ProjectOptions:
    """Which pipeline of which project, and which of its nodes; as in `kedro run`."""

    project: options.Project = Path()
    pipeline: options.Pipeline = "__default__"
    env: options.Env = None
    conf_source: options.ConfSource = None
    params: options.Params = ""
    group_by: options.Group = GroupBy.NONE
    tags: options.Tags = ""
    nodes: options.Nodes = ""
    from_nodes: options.FromNodes = ""
    to_nodes: options.ToNodes = ""
    from_inputs: options.FromInputs = ""
    to_outputs: options.ToOutputs = ""
    namespaces: options.Namespaces = ""

    def request(self, image: str | None, *, archive: bool) -> Request:
        """Spell out what is asked of an export.

        Raises:
            ExportError: `--params` is not written as in `kedro run`.
        """
        from kairflow.cli.exporting import read_selection
        from kairflow.export import Request, parse_params

        lists = (self.tags, self.nodes, self.from_nodes, self.to_nodes)
        more = (self.from_inputs, self.to_outputs, self.namespaces)
        return Request(
            project=self.project,
            pipeline=self.pipeline,
            env=self.env or None,
            conf_source=self.conf_source,
            runtime_params=parse_params(self.params),
            selection=read_selection(*lists, *more),
            group_by=self.group_by,
            image=image,
            archive=archive,
        )


@dataclass(frozen=True)
class ConfigurationOptions:
    """Whose `airflow-k8s.yml` says where things are."""

    project: options.Project = Path()
    env: options.Env = None
    conf_source: options.ConfSource = None


@dataclass(frozen=True)
class ScheduleOptions:
    """When the DAG runs."""

    cron_expression: options.Cron = None
    timezone: options.Timezone = None


@dataclass(frozen=True)
class ServerOptions:
    """Which Airflow server, and how to know it."""

    host: options.Host = None
    ca_file: options.CaFile = None


@dataclass(frozen=True)
class RunOptions:
    """What one run is given, and how long it is watched."""

    conf: options.Conf = None
    param: options.RunParams = None
    wait: options.Wait = False
    wait_for_completion: options.WaitMinutes = None
    timeout: options.Timeout = None

    def __post_init__(self) -> None:
        """Refuse two times.

        Raises:
            UsageError: both options say how long to wait.
        """
        from kairflow.errors import Code, Diagnostic, UsageError

        if self.wait_for_completion and self.timeout is not None:
            message = "both say how long to wait"
            where, hint = "--wait-for-completion, --timeout", "give one of them"
            raise UsageError([Diagnostic(Code.RUNTIME_OPTION, message, where, hint)])

    @property
    def waits(self) -> bool:
        """Whether the run is followed to its end."""
        return self.wait or bool(self.wait_for_completion)

    @property
    def minutes(self) -> float | None:
        """Return how long to wait for anything; None for as long as it takes."""
        return self.wait_for_completion or self.timeout


@dataclass(frozen=True)
class LoweringOptions:
    """What the DAG is made for."""

    runtime: options.RuntimeChoice = Runtime.KUBERNETES
    airflow: options.Airflow = None
    dag_name: options.DagName = None
    project_dir: options.ProjectDir = None
    python: options.Python = None
    allow_custom_operators: options.AllowCustom = False

    def choose(self, image: str | None, schedule: ScheduleOptions | None) -> Options:
        """Spell out what is asked of a lowering; a run by hand has neither schedule nor sensors."""
        return Options(
            line=self.airflow or AirflowLine.AIRFLOW_3,
            runtime=self.runtime,
            image=image,
            dag_name=self.dag_name,
            cron_expression=schedule.cron_expression if schedule is not None else "",
            timezone=schedule.timezone if schedule is not None else None,
            by_hand=schedule is None,
            project_dir=self.project_dir,
            python=self.python,
            allow_custom_operators=self.allow_custom_operators,
        )


@dataclass(frozen=True)
class Answer:
    """How the outcome is told."""

    as_json: options.Json = False
    quiet: options.Quiet = False
    debug: options.Debug = False

    @property
    def is_silent(self) -> bool:
        """Whether people want no words on the way."""
        return self.as_json or self.quiet


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that are the fields of its groups.

    A parameter whose type is one of the dataclasses above becomes an option for each field, and the
    command receives the group with their values.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    groups = {name: hints[name] for name in parameters if dataclasses.is_dataclass(hints[name])}
    flat = [
        one
        for name, parameter in parameters.items()
        for one in (
            _fields(groups[name])
            if name in groups
            else [parameter.replace(annotation=hints[name], kind=parameter.KEYWORD_ONLY)]
        )
    ]

    @functools.wraps(command)
    def flattened(**given: Any) -> None:
        made = {name: _taken(group, given) for name, group in groups.items()}
        command(**given, **made)

    flattened.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    flattened.__annotations__ = {one.name: one.annotation for one in flat}
    return flattened


def _taken(group: type[Any], given: dict[str, Any]) -> Any:
    return group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})


def _fields(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]
