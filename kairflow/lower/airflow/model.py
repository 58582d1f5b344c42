"""A DAG in Airflow's words, every decision taken; it knows no source code and no configuration."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

Quantities = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """Text for a field that Airflow renders as a template; `literal` keeps it as typed."""

    value: str
    literal: bool


@dataclass(frozen=True, slots=True)
class Timetable:
    """A cron timetable in UTC; `symbol` is a key of the version table."""

    symbol: str
    cron: str


@dataclass(frozen=True, slots=True)
class Toleration:
    """A Kubernetes toleration; `None` leaves a field out."""

    key: str | None
    operator: str | None
    value: str | None
    effect: str | None
    toleration_seconds: int | None


@dataclass(frozen=True, slots=True)
class PodSettings:
    """What pods of one resource class ask for: a constant of the DAG file."""

    resource_class: str
    constant: str
    requests: Quantities
    limits: Quantities
    node_selector: Mapping[str, Text]
    labels: Mapping[str, Text]
    annotations: Mapping[str, Text]
    tolerations: tuple[Toleration, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One task: the nodes that it runs, and the name of its variable when an edge needs one."""

    task_id: str
    variable: str | None
    nodes: tuple[str, ...]
    settings: str | None
    notes: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`before` must succeed before `after` starts; both are variables."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Pods:
    """The Kubernetes runtime: what all pods share.

    `arguments` follows the image's entry point; the names of the nodes come last, and are literal
    text as soon as those of one task need it.
    """

    image: Text
    namespace: Text
    image_pull_policy: str
    image_pull_secrets: tuple[str, ...]
    service_account_name: str | None
    command: tuple[Text, ...] | None
    arguments: tuple[Text, ...]
    literal_nodes: bool
    on_finish_action: str
    startup_timeout_seconds: int
    settings: tuple[PodSettings, ...]


@dataclass(frozen=True, slots=True)
class Processes:
    """The local runtime: what all child processes share.

    `arguments` follows the interpreter; the names of the nodes come last.
    """

    python: str
    project_dir: str
    arguments: tuple[str, ...]


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
    """A whole DAG file; `repeat` is the shell command that repeats a task, less its nodes."""

    header: Header
    line: str
    dag_id: str
    description: str | None
    timetable: Timetable | None
    start_date: datetime.date
    catchup: bool
    tags: tuple[str, ...]
    doc: str
    repeat: str
    runtime: Pods | Processes
    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...] = field(default=())
