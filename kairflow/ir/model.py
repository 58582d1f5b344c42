"""The IR document: what a Kedro pipeline is, and which of its nodes become one task."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kairflow.ir.base import ClosedModel, ExtensibleModel, Json, complete_complaint
from kairflow.ir.deployment import Deployment
from kairflow.ir.spark import Archive, CustomOperators
from kairflow.ir.version import IR_VERSION, SCHEMA_URL

DEFAULT_PIPELINE = "__default__"
"""The name under which Kedro registers the pipeline that runs when none is named."""

DEFAULT_CLASS = "__default__"
"""The resource class or pod template that serves whoever asks for none."""


class Engine(str, Enum):
    """What runs a node: a Python interpreter or a Spark cluster."""

    PYTHON = "python"
    SPARK = "spark"


class DatasetKind(str, Enum):
    """Where a dataset lives, which decides who can read it."""

    PERSISTENT = "persistent"
    """Outside the program: another task can read it."""
    MEMORY = "memory"
    """Inside the program that made it: no other task can read it."""
    PARAMETERS = "parameters"
    """In the configuration: every task reads it there."""


class ReasonKind(str, Enum):
    """Which rule put nodes into one group."""

    MEMORY = "memory"
    SPARK = "spark"
    NAMESPACE = "namespace"
    TAG = "tag"
    PIPELINE = "pipeline"
    BETWEEN = "between"


class Producer(ClosedModel):
    """The programs that wrote the document. Not part of the digest."""

    kairflow: str
    """Version of Kairflow."""
    kedro: str
    """Version of Kedro that was installed in the project's environment."""


class Git(ClosedModel):
    """The state of the project's repository. Not part of the digest."""

    commit: str | None
    """Full hash of the commit that was checked out."""
    branch: str | None
    """Branch that was checked out; null when the head was detached."""


class Selection(ClosedModel):
    """Which nodes of the registered pipeline were asked for; the options of `kedro run`."""

    tags: tuple[str, ...] = ()
    """Tags of which a node must bear one."""
    nodes: tuple[str, ...] = ()
    """Names of the nodes to take."""
    from_nodes: tuple[str, ...] = ()
    """Nodes to start from."""
    to_nodes: tuple[str, ...] = ()
    """Nodes to end with."""
    from_inputs: tuple[str, ...] = ()
    """Datasets to start from."""
    to_outputs: tuple[str, ...] = ()
    """Datasets to end with."""
    namespaces: tuple[str, ...] = ()
    """Namespaces to take."""


def _check_source_dir(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        complaint = f"found {path!r}, expected a folder below the project's"
        raise complete_complaint("source_dir", complaint)
    return path


class Source(ClosedModel):
    """What was exported, and what a run needs to be told in order to repeat it."""

    project: str
    """The project's name, as its pyproject.toml gives it."""
    package: str
    """The Python package that holds the project."""
    kedro_line: Literal["0.19", "1"]
    """The Kedro line that the project runs on; it decides the spelling of `kedro run`."""
    pipeline: str
    """The name under which the pipeline is registered."""
    env: str | None
    """The configuration environment that was asked for; null leaves it to the project."""
    runtime_params: dict[str, Json]
    """Parameters given when exporting; every task passes them to Kedro as they stand here."""
    selection: Selection
    """Which of the pipeline's nodes were asked for."""
    git: Git | None
    """The repository's state; null outside one. Not part of the digest."""
    source_dir: Annotated[str, Field(min_length=1), AfterValidator(_check_source_dir)] = "src"
    """Folder of the project's code, relative to the project's own, with `/` between names."""


class Dataset(ClosedModel):
    """A dataset as the catalog's configuration describes it; it was never built."""

    kind: DatasetKind
    """Where it lives: `persistent`, `memory` or `parameters`."""
    base: str
    """The name that all transcoded forms share: `cars` for `cars@spark` and `cars@pandas`."""
    type: str | None = None
    """The dataset's type as the catalog spells it; null when the catalog does not name it."""
    uri: str | None = None
    """Path, address or table as the catalog spells it, without user and password."""
    versioned: bool = False
    """Whether each run saves a version of its own."""
    pattern: str | None = None
    """The factory pattern that matched; null for a dataset with an entry of its own."""
    credentials: tuple[str, ...] = ()
    """Names of the entries in the credentials configuration that the dataset needs, sorted."""


class Parameter(ClosedModel):
    """A parameter that a node reads."""

    type: Literal["null", "boolean", "integer", "number", "string", "array", "object", "opaque"]
    """JSON type of the value; `opaque` when the project's configuration makes it no JSON value."""
    value: Json = None
    """The value when exporting, from the configuration and `--params`; null when opaque."""


class Node(ClosedModel):
    """A Kedro node."""

    name: str = Field(min_length=1)
    """Full name with its namespace, unique in the pipeline."""
    function: str
    """Module and qualified name of the function that it calls."""
    namespace: str | None
    """Namespace, dotted from outer to inner."""
    inputs: tuple[str, ...]
    """Names of the datasets that it reads, in the order of the function's arguments."""
    outputs: tuple[str, ...]
    """Names of the datasets that it writes, in the order of what the function returns."""
    tags: tuple[str, ...]
    """Tags, sorted."""
    engine: Engine
    """What runs it."""
    engine_reason: str | None
    """Why it needs Spark; null for a Python node."""


class Reason(ClosedModel):
    """Why nodes are in one group."""

    kind: ReasonKind
    """`memory` and `spark`: joined by a dataset; `namespace`, `tag`, `pipeline`: on request;
    `between`: apart, the tasks would have to wait for each other."""
    nodes: tuple[str, ...] = Field(min_length=1)
    """The nodes that this reason holds, in pipeline order."""
    name: str | None
    """The dataset, namespace, tag or pipeline; null for `between`."""
    between: tuple[str, str] | None = None
    """For `between`: a node of the group that must run before, and one that must run after."""


class Group(ClosedModel):
    """The nodes that become one task."""

    id: str = Field(min_length=1, max_length=200)
    """Unique name: the node's, or that of the tag or namespace, else `<first>--<last>`."""
    engine: Engine
    """`spark` as soon as one of the nodes needs Spark."""
    nodes: tuple[str, ...] = Field(min_length=1)
    """Names of the nodes, in pipeline order."""
    needs: tuple[str, ...]
    """Ids of the groups that must end before, sorted, without those that another one implies."""
    resource_class: str | None
    """Key in `deployment.run_config.resources`; null leaves it to the cluster."""
    pod_template: str | None
    """Key in `deployment.run_config.kubernetes_pod_templates`; null for none."""
    reasons: tuple[Reason, ...]
    """Why the nodes are together; empty for a single node."""


class Document(ExtensibleModel):
    """A Kedro pipeline, ready to be lowered to an orchestrator."""

    schema_url: str = Field(default=SCHEMA_URL, alias="$schema")
    """Name of the JSON Schema that this document obeys."""
    ir_version: Literal["1.0"] = IR_VERSION
    """Version of the IR."""
    producer: Producer
    """Versions of the programs that wrote the document. Not part of the digest."""
    source: Source
    """What was exported."""
    datasets: dict[str, Dataset]
    """Every dataset that a node reads or writes, by name."""
    parameters: dict[str, Parameter]
    """Every parameter that a node reads, by dataset name: `params:rate`, `parameters`."""
    nodes: tuple[Node, ...] = Field(min_length=1)
    """The nodes, in Kedro's stable topological order."""
    groups: tuple[Group, ...] = Field(min_length=1)
    """What becomes one task each, in a stable topological order."""
    deployment: Deployment
    """The project's `airflow-k8s.yml`, filled and validated."""
    archive: Archive | None = None
    """The project as a file; null unless the export was asked to make one."""
    custom_operators: CustomOperators | None = None
    """Operators that a class of the project wrote; null unless `spark.type` is `custom`."""
