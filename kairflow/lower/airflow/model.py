"""A DAG in Airflow's words, every decision taken; it knows no source code and no configuration.

Operators that the project wrote as source code are the one exception: they pass through.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pydantic import JsonValue

if TYPE_CHECKING:
    from kairflow.lower.airflow.custom_operators import CustomJobs

Quantities = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """Text for a field that Airflow renders as a template; `literal` keeps it as typed."""

    value: str
    literal: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A name of the DAG file, where text would stand."""

    name: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time, in the unit in which it was written."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a program of ours, several lines long, which no template has a part in."""

    text: str


@dataclass(frozen=True, slots=True)
class NodesArgument:
    """The argument that names the nodes of a task; `literal` keeps it as typed."""

    literal: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted to Slack when a task fails, by a function; `text` is a template."""

    function: str
    connection_id: Text
    text: str


Setting: TypeAlias = (
    "bool | int | float | str | Text | Duration | Reference | Program | NodesArgument"
    " | tuple[Setting, ...] | Mapping[str, Setting] | None"
)
"""The value of an operator's argument."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """A cron timetable; `symbol` is a key of the version table, `zone` a name of the IANA's."""

    symbol: str
    cron: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Toleration:
    """A Kubernetes toleration; `None` leaves a field out."""

    key: str | None
    operator: str | None
    value: str | None
    effect: str | None
    toleration_seconds: int | None


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """What the tasks of one resource class ask for: a constant of the DAG file.

    `execution` are arguments that every operator takes; the rest is of pods alone.
    """

    resource_class: str
    constant: str
    execution: Mapping[str, Setting]
    requests: Quantities
    limits: Quantities
    node_selector: Mapping[str, Text]
    labels: Mapping[str, Text]
    annotations: Mapping[str, Text]
    tolerations: tuple[Toleration, ...]
    affinity: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """A pod that the user wrote out: a constant of the DAG file."""

    name: str
    constant: str
    pod: Setting
    image: Text | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A Kubernetes secret in a pod, by name."""

    deploy_type: str
    deploy_target: str | None
    secret: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Storage:
    """The volume that the tasks of one run share.

    `source` is the folder of the image that fills it, as an argument, and `settings` the constant
    for the pod which does that. When it is `scoped`, a setup makes it and a teardown deletes it;
    else plain tasks do, which clearing leaves alone.
    """

    claim_name: str
    claim_spec: Mapping[str, JsonValue]
    mount_path: str
    source: Text
    owner: int
    filled: bool
    settings: str | None
    deletes: bool
    scoped: bool


@dataclass(frozen=True, slots=True)
class Mlflow:
    """The MLflow run that a run of the DAG becomes; `access` names the way to identify oneself."""

    tracking_uri: str
    experiment: str
    image: Text
    access: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A task that waits for a run of another DAG."""

    task_id: str
    variable: str
    dag_id: Text
    awaited_task: Text | None
    timeout_seconds: int
    check_existence: bool
    earlier: Duration | None


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """A call of an operator: a symbol of the version table or a class of the DAG file.

    The task's id and its documentation are not among the arguments. `shared` is a constant that
    holds more of them.
    """

    operator: str
    arguments: Mapping[str, Setting]
    shared: str | None = None


@dataclass(frozen=True, slots=True)
class SparkJobs:
    """How the Spark groups run: a function of the DAG file that makes each one's task.

    `parameters` are what it takes beside id, nodes and notes; in `job` a `Reference` names one of
    them or one of the `constants`, and a `NodesArgument` stands for the task's nodes. `deferrable`
    says whether the operator knows that word.
    """

    constants: Mapping[str, Setting]
    parameters: tuple[str, ...]
    job: OperatorCall
    create: OperatorCall | None = None
    delete: OperatorCall | None = None
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that can be set for one run: its default, and its JSON Schema."""

    name: str
    default: JsonValue
    schema: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Task:
    """One task: the nodes that it runs, and the name of its variable when an edge needs one.

    `settings` and `template` are constants; `own` are the arguments that only this task has. `job`
    are the values of the parameters of `spark_job`; None for a task that is no Spark job.
    """

    task_id: str
    variable: str | None
    nodes: tuple[str, ...]
    settings: str | None
    template: str | None
    own: Mapping[str, Setting]
    notes: str
    job: Mapping[str, Setting] | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """`before` must succeed before `after` starts; both are variables."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Pods:
    """The Kubernetes runtime: what all pods share.

    `arguments` follows the image's entry point; the names of the nodes come last, and are literal
    text as soon as those of one task need it. `run_environment` is what pods with a template of
    their own do not get.
    """

    image: Text
    namespace: Text
    image_pull_policy: str
    image_pull_secrets: tuple[str, ...]
    service_account_name: str | None
    deferrable: bool | None
    command: tuple[Text, ...] | None
    arguments: tuple[Text | Reference, ...]
    literal_nodes: bool
    environment: Mapping[str, Text]
    run_environment: Mapping[str, Text]
    secrets: tuple[Secret, ...]
    on_finish_action: str
    templates: tuple[PodTemplate, ...]
    storage: Storage | None


@dataclass(frozen=True, slots=True)
class Processes:
    """The local runtime: what all child processes share.

    `arguments` follows the interpreter; the names of the nodes come last, and are literal text as
    soon as those of one task need it.
    """

    python: str
    project_dir: str
    arguments: tuple[Text | Reference, ...]
    literal_nodes: bool
    environment: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Header:
    """What the top of the file says about where it came from."""

    project: str
    pipeline: str
    ir_version: str
    ir_digest: str
    dag_digest: str
    kairflow: str


@dataclass(frozen=True, slots=True)
class Dag:
    """A whole DAG file.

    `repeat` is the shell command that repeats a task, less its nodes; `filters` are those that
    templates use, with their functions; `versioned` says that all tasks share one version.
    """

    header: Header
    line: str
    dag_id: str
    description: str | None
    timetable: Timetable | None
    start_date: datetime.date
    catchup: bool
    max_active_runs: int | None
    default_args: Mapping[str, Setting]
    messages: tuple[Message, ...]
    parameters: tuple[Parameter, ...]
    filters: Mapping[str, str]
    tags: tuple[str, ...]
    doc: str
    repeat: str
    versioned: bool
    runtime: Pods | Processes
    settings: tuple[ClassSettings, ...]
    sensors: tuple[Sensor, ...]
    mlflow: Mlflow | None
    spark: SparkJobs | CustomJobs | None
    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...]
