"""The words of `airflow-k8s.yml`: what a team says about image, cluster, schedule and the rest.

These are the configuration's words, not those of a target: nothing here knows an operator.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from kairflow.ir.base import (
    ClosedModel,
    DnsLabel,
    DnsSubdomain,
    EnvName,
    ExtensibleModel,
    Text,
    complete_complaint,
)
from kairflow.ir.execution import Execution
from kairflow.ir.mlflow import Authentication, Mlflow
from kairflow.ir.pods import ImageName, PodTemplate, ResourceClass, Secret, Volume
from kairflow.ir.spark import Spark

DEFAULT_START_DATE = datetime.date(2024, 1, 1)
"""A fixed day: one that moves would make a new DAG version every day."""


def _split_commas(value: object) -> object:
    """Take `a, b` for `[a, b]`, as the predecessor's `image_pull_secrets` did."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list) else value


def _read_date(value: object) -> object:
    """Take `20240131`, quoted or not, and `2024-01-31` for a date, and no other text or number."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return value
    digits = re.fullmatch(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})", str(value))
    try:
        if digits is not None:
            return datetime.date(int(digits[1]), int(digits[3]), int(digits[4]))
    except ValueError:
        pass
    raise PydanticCustomError("date", "expected a date as YYYYMMDD or YYYY-MM-DD")


def _name_macros(value: object) -> object:
    """Take `[ds, {prev_ds: "{{ … }}"}]` for `{ds: null, prev_ds: "{{ … }}"}`."""
    if not isinstance(value, (list, tuple)):
        return value
    named: dict[object, object] = {}
    for item in value:
        entries = item if isinstance(item, dict) else {item: None}
        if twice := next((name for name in entries if name in named), None):
            message = f"found {twice!r} twice, expected each name once"
            raise complete_complaint("macro_twice", message)
        named.update(entries)
    return named


TIMEZONE_PATTERN = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
"""What a name of the IANA time zone database looks like."""

MACRO_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
MacroName = Annotated[str, Field(pattern=MACRO_PATTERN)]
"""A parameter, and the macro of the same name when nothing else is said."""


def _macros_schema(template: dict[str, Any]) -> dict[str, Any]:
    """Describe both spellings: a list of names, and names with a template or null."""
    nullable = {"anyOf": [template, {"type": "null"}]}
    named = {
        "type": "object",
        "patternProperties": {MACRO_PATTERN: nullable},
        "additionalProperties": False,
    }
    listed = {"anyOf": [{"type": "string", "pattern": MACRO_PATTERN}, named]}
    return {"anyOf": [named, {"type": "array", "items": listed}]}


class NodeSettings(Execution):
    """What one node asks for, by its name, so that the pipeline needs no tag."""

    resources: str | None = None
    """Resource class; beats the node's `resources.` tag."""
    pod_template: str | None = None
    """Pod template; beats the node's `k8s_template.` tag."""


class ExternalDependency(ClosedModel):
    """A DAG, or a task of one, that must have succeeded before."""

    dag_id: str = Field(min_length=1)
    """The other DAG."""
    task_id: str | None = None
    """One task of it; null waits for the whole run."""
    timeout: Annotated[int, Field(gt=0)] = 1440
    """How long to wait, in minutes."""
    check_existence: bool = True
    """Whether a DAG that does not exist fails the run at once."""
    execution_delta: int = 0
    """How much earlier the other run is scheduled, in minutes."""


class FailureHandler(ClosedModel):
    """Whom to tell when a task fails."""

    type: Literal["slack"]
    """The service."""
    connection_id: str = Field(min_length=1)
    """The Airflow connection that holds address and password."""
    message_template: str = "Task failed!"
    """The message; `{task}`, `{dag}`, `{execution_time}` and `{url}` are filled in."""


class RunConfig(Execution, ExtensibleModel):
    """How the pipeline runs."""

    image: ImageName
    """Image that holds the project."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the cluster fetches the image."""
    image_pull_secrets: Annotated[
        tuple[DnsSubdomain, ...],
        BeforeValidator(_split_commas),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            mode="validation",
        ),
    ] = ()
    """Secrets that the cluster fetches the image with: a list, or names with commas between."""
    startup_timeout: int = Field(
        default=600,
        gt=0,
        validation_alias=AliasChoices("startup_timeout", "startup_time"),
    )
    """How long a pod may take to start, in seconds. Also read as `startup_time`."""
    namespace: DnsLabel
    """Kubernetes namespace of the pods."""
    service_account_name: DnsSubdomain | None = None
    """Service account of the pods."""
    experiment_name: str = Field(min_length=1)
    """Name of the experiment."""
    run_name: str | None = Field(default=None, min_length=1)
    """Name of the DAG; null takes the experiment's."""
    cron_expression: str | None = "@daily"
    """When the DAG runs: five cron fields, a preset such as `@daily`, or null for never."""
    timetable: Literal["interval", "trigger"] = "interval"
    """Whether a scheduled run stands for the interval that ended, or for the moment it starts."""
    timezone: Annotated[str, Field(pattern=TIMEZONE_PATTERN)] = "UTC"
    """Time zone of `cron_expression`, such as `Europe/Berlin`."""
    start_date: Annotated[
        datetime.date,
        BeforeValidator(_read_date),
        WithJsonSchema({"type": ["string", "integer"]}, mode="validation"),
        WithJsonSchema(
            {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            mode="serialization",
        ),
    ] = DEFAULT_START_DATE
    """First day of the schedule in UTC, as `YYYYMMDD` or `YYYY-MM-DD`."""
    catchup: bool = False
    """Whether runs that lie in the past are made up for."""
    max_active_runs: Annotated[int, Field(ge=1)] | None = None
    """How many runs may go on at once; null leaves it to Airflow."""
    description: str | None = None
    """One line about the pipeline."""
    conf_source: str | None = None
    """Where a pod finds the project's configuration; null for the project's own."""
    command: tuple[str, ...] | None = None
    """What replaces the image's entry point; null leaves it."""
    on_finish_action: Literal["delete_pod", "delete_succeeded_pod", "keep_pod"] = "delete_pod"
    """What happens to a pod that has ended."""
    env_vars: tuple[EnvName, ...] = ()
    """Airflow variables that every pod gets as environment variables of the same name."""
    macro_params: Annotated[
        dict[MacroName, Text | None],
        BeforeValidator(_name_macros),
        WithJsonSchema(_macros_schema({"type": "string"}), mode="serialization"),
        WithJsonSchema(
            _macros_schema({"type": ["string", "number", "boolean"]}), mode="validation"
        ),
    ] = {}
    """Airflow macros that the nodes get as parameters: a list of names, or name and template."""
    variables_params: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Airflow variables that the nodes get as parameters; one that is JSON keeps its type."""
    run_params: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Parameters that can be set for one run, in Airflow's trigger form; dots lead inwards."""
    resources: dict[str, ResourceClass] = {}
    """Resource classes by name; `__default__` serves whoever asks for none."""
    nodes: dict[str, NodeSettings] = {}
    """Settings by node name."""
    volume: Volume = Volume()
    """The volume that the tasks share."""
    secrets: tuple[Secret, ...] = ()
    """Secrets that the pods receive."""
    external_dependencies: tuple[ExternalDependency, ...] = ()
    """DAGs to wait for."""
    failure_handlers: tuple[FailureHandler, ...] = ()
    """Whom to tell when a task fails."""
    mlflow: Mlflow | None = None
    """The MLflow server; null for none. An export finds it in the project's `mlflow.yml`."""
    authentication: Authentication = Authentication()
    """How to reach MLflow."""
    kubernetes_pod_templates: dict[str, PodTemplate] = {}
    """Pods written out by the user, by name; `__default__` serves whoever asks for none."""
    spark: Spark | None = None
    """Where the Spark groups run; null when there are none."""
    group_spark_nodes: bool = True
    """Whether Spark nodes that share a dataset share a job; also read below `spark`."""
    versions: Literal["run"] | None = None
    """With `run`, all tasks of one run share one version of every versioned dataset."""


class Deployment(ExtensibleModel):
    """The whole of `airflow-k8s.yml`."""

    host: str | None = None
    """Address of the Airflow web server. Not part of the digest, and no matter for lowering."""
    output: str | None = None
    """Where Airflow finds its DAG files. Not part of the digest, and no matter for lowering."""
    run_config: RunConfig
    """Everything about a run: image, cluster, schedule and the rest."""
