"""The configuration's words for Spark: where the Spark groups run, and what their jobs get."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from kairflow.ir.base import (
    AbsolutePath,
    ClosedModel,
    DnsSubdomain,
    EnvName,
    Json,
    LabelValue,
    QualifiedName,
    Quantity,
    Text,
    complete_complaint,
)
from kairflow.ir.pods import ImageName

Port = Annotated[int, Field(ge=1, le=65535)]
SparkType = Literal[
    "dataproc", "dataproc-serverless", "k8s", "kubernetes", "spark-operator", "custom"
]
ON_KUBERNETES = ("k8s", "kubernetes", "spark-operator")
"""Types whose `cluster_config` has the words of `KubernetesCluster`."""

ON_DATAPROC = ("dataproc", "dataproc-serverless")
"""Types whose `cluster_config` has Dataproc's own words."""


def _join_commas(value: object) -> object:
    """Take `[a, b]` for `a,b`, which is how spark-submit spells a list."""
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value


Listed = Annotated[
    str,
    BeforeValidator(_join_commas, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]
"""A list in spark-submit's spelling, with commas; a YAML list does as well."""


class Cores(ClosedModel):
    """What driver and executors ask for."""

    cpu: Quantity | None = None
    """Cores that are set aside, such as `2` or `500m`."""
    memory: Quantity | None = None
    """Memory, such as `16Gi`; with Spark the request is the limit."""


class LocalStorage(ClosedModel):
    """Scratch space of driver and executors, claimed when they start."""

    class_name: str = "standard"
    """Storage class of the claims."""
    size: Quantity
    """Size of each claim."""


class KubernetesCluster(ClosedModel):
    """Spark on Kubernetes: what driver and executors have."""

    run_script: str = Field(min_length=1)
    """Where the image has the script that runs Kedro; `kairflow spark-runner` prints one."""
    image: ImageName | None = None
    """Image of driver and executors; null takes the pod template's, then run_config.image."""
    conf: dict[str, Text] = {}
    """Spark settings; they win over what the other keys become."""
    driver_port: Port | None = None
    """Port of the driver."""
    block_manager_port: Port | None = None
    """Port of the block managers."""
    secrets: dict[DnsSubdomain, AbsolutePath] = {}
    """Kubernetes secrets, and the folders where driver and executors see them."""
    labels: dict[QualifiedName, LabelValue] = {}
    """Labels of driver and executors."""
    local_storage: LocalStorage | None = None
    """Scratch space on claims of its own; null leaves it to the container's disk."""
    env_vars: dict[EnvName, Text] = {}
    """Environment variables of driver and executors."""
    requests: Cores = Cores()
    """What is set aside for each of driver and executors."""
    limits: Cores = Cores()
    """What each of driver and executors may not exceed."""
    num_executors: Annotated[int, Field(ge=1)] = 1
    """How many executors there are."""
    jars: Listed | None = None
    """Jars, with commas between."""
    repositories: Listed | None = None
    """Maven repositories, with commas between."""
    packages: Listed | None = None
    """Maven packages, with commas between."""
    spark_version: str | None = Field(default=None, min_length=1)
    """Version of Spark in the image; the Spark operator must be told."""
    application: dict[str, Json] = {}
    """With the Spark operator: more of the SparkApplication's `spec`, which wins."""

    @model_validator(mode="after")
    def _check_memory(self) -> KubernetesCluster:
        """Refuse two memories: Spark gives a container one, as request and as limit."""
        asked, limit = self.requests.memory, self.limits.memory
        if asked is not None and limit is not None and asked != limit:
            message = f"found requests.memory {asked} and limits.memory {limit}, expected one"
            raise complete_complaint("spark_memory", message)
        return self


_OPEN = TypeAdapter(dict[str, Json])


def _read_cluster(value: Any, _: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Read the cluster in the words of its type, so that complaints are about those."""
    if info.data.get("type") in ON_KUBERNETES:
        return KubernetesCluster.model_validate(value)
    return _OPEN.validate_python(value)


def _check_path(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        complaint = f"found {path!r}, expected a path below the project's src"
        raise complete_complaint("script_path", complaint)
    return path


ScriptPath = Annotated[str, Field(min_length=1), AfterValidator(_check_path)]


class Spark(ClosedModel):
    """Where the Spark groups run."""

    type: SparkType
    """The kind of cluster; `k8s` is the same as `kubernetes`."""
    operator_factory: str | None = None
    """With `custom`: the class that writes the operators, as `package.module.Class`."""
    region: str | None = Field(default=None, min_length=1)
    """With Dataproc: region of cluster or batches."""
    project_id: str | None = Field(default=None, min_length=1)
    """With Dataproc: cloud project; null takes that of the Airflow connection."""
    cluster_name: str | None = Field(default=None, min_length=1)
    """With Dataproc: name of the cluster; null gives each run one of its own.

    With Kubernetes: the Airflow connection to the cluster, `spark_default` when null."""
    unique_cluster_name: bool = False
    """With Dataproc: whether each run has a cluster of its own, named after `cluster_name`."""
    connection_id: str | None = Field(default=None, min_length=1)
    """With Dataproc and the Spark operator: the Airflow connection; null takes the provider's."""
    artifacts_path: str | None = Field(default=None, min_length=1)
    """Where the project archive and the scripts are uploaded, such as `gs://bucket/folder`."""
    user_init_path: ScriptPath | None = None
    """Script that runs before the project is installed, relative to the project's `src`."""
    user_post_init_path: ScriptPath | None = None
    """Script that runs after the project is installed, relative to the project's `src`."""
    user_init: str | None = None
    """Text of that script; an export reads it from `user_init_path`."""
    user_post_init: str | None = None
    """Text of that script; an export reads it from `user_post_init_path`."""
    conf: dict[str, Text] = {}
    """Spark settings of every job, whatever runs it; `cluster_config.conf` wins."""
    cluster_config: Annotated[
        KubernetesCluster | dict[str, Json],
        WrapValidator(_read_cluster),
    ] = {}
    """The cluster, in the words of its kind."""
    group_spark_nodes: bool = True
    """Whether Spark nodes that share a dataset share a job."""

    @property
    def cluster(self) -> KubernetesCluster:
        """Return the cluster of a type that runs on Kubernetes."""
        if not isinstance(self.cluster_config, KubernetesCluster):
            raise TypeError(f"type {self.type} has no such cluster")
        return self.cluster_config

    @property
    def dataproc_config(self) -> dict[str, Any]:
        """Return the cluster or batch in Dataproc's words."""
        if isinstance(self.cluster_config, KubernetesCluster):
            raise TypeError(f"type {self.type} has no such cluster")
        return self.cluster_config

    @property
    def has_artefacts(self) -> bool:
        """Tell whether the jobs fetch project and scripts from `artifacts_path`."""
        return self.type not in ON_KUBERNETES and self.artifacts_path is not None

    @model_validator(mode="after")
    def _check_type(self) -> Spark:
        """Refuse a type that lacks what it cannot do without."""
        if complaint := _type_complaint(self):
            raise complete_complaint("spark_type", complaint)
        return self


_NEEDS: dict[str, tuple[str, ...]] = {
    "dataproc": ("region", "artifacts_path"),
    "dataproc-serverless": ("region", "artifacts_path"),
    "custom": ("operator_factory",),
}


def _type_complaint(spark: Spark) -> str:
    missing = [key for key in _NEEDS.get(spark.type, ()) if getattr(spark, key) is None]
    if missing:
        return f"type {spark.type} needs {' and '.join(missing)}"
    if spark.type in ON_KUBERNETES and not isinstance(spark.cluster_config, KubernetesCluster):
        return f"type {spark.type} needs cluster_config with a run_script"
    if spark.type == "spark-operator" and spark.cluster.spark_version is None:
        return "type spark-operator needs cluster_config.spark_version, such as 4.0.1"
    return ""


class Archive(ClosedModel):
    """The project as a file, which Spark jobs fetch."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")
    """Name of the file."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of its content, in hex."""


class CustomOperators(ClosedModel):
    """Operators that a class of the project wrote, as Python text; lowering parses it."""

    imports: str
    """Import statements for the names in the other texts."""
    create_cluster: str | None = None
    """The operator that creates the cluster: one expression; null for none."""
    delete_cluster: str | None = None
    """The operator that deletes the cluster: one expression; null for none."""
    submit: dict[str, str]
    """The operator that runs a group, by the group's id: one expression each."""
