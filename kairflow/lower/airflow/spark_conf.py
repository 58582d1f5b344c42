"""Spark on Kubernetes: the Spark settings that the keys of the configuration become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from kairflow.errors import InternalError
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document, Engine, Group
from kairflow.ir.pods import Secret
from kairflow.ir.spark import KubernetesCluster, Spark
from kairflow.lower.airflow import mlflow, pods
from kairflow.lower.airflow.model import Reference, Setting, Text
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.spark_quantities import spark_memory, whole_cores
from kairflow.lower.airflow.templates import as_typed, as_written, doubled_dollars

ROLES = ("driver", "executor")
CONSTANT = "SPARK_CONF"
"""The constant of the DAG file that holds settings which all jobs share."""

IMAGE_PARAMETER = "image"
LOCAL_DIRECTORY = "/storage"
"""Where driver and executors see their scratch space."""

APPLICATION_NAME = "spark.app.name"
NAMESPACE = "spark.kubernetes.namespace"
IMAGE = "spark.kubernetes.container.image"
PULL_POLICY = "spark.kubernetes.container.image.pullPolicy"
PULL_SECRETS = "spark.kubernetes.container.image.pullSecrets"
EXECUTORS = "spark.executor.instances"
JARS, REPOSITORIES, PACKAGES = "spark.jars", "spark.jars.repositories", "spark.jars.packages"

_ENVIRONMENT = {"driver": "spark.kubernetes.driverEnv", "executor": "spark.executorEnv"}
_VOLUME = "volumes.persistentVolumeClaim.spark-local-dir-1"
"""Spark takes a volume whose name begins so for its scratch space."""


def spark_of(document: Document) -> tuple[Spark, KubernetesCluster]:
    """Return what the configuration says of Spark, when it is Spark on Kubernetes."""
    spark = document.deployment.run_config.spark
    if spark is None:
        raise InternalError("nothing says where Spark groups run")
    return spark, spark.cluster


def settings(document: Document, options: Options) -> dict[str, Setting]:
    """Return the Spark settings of all jobs; those that the user wrote win.

    The image is a `Reference` when not all jobs have the same.
    """
    spark, cluster = spark_of(document)
    mapped = chain(
        _of_pods(document.deployment.run_config),
        [(IMAGE, _image(document, options))],
        _of_cluster(cluster),
        *(_of_role(role, document.deployment.run_config, cluster) for role in ROLES),
    )
    return {**dict(mapped), **_written(spark.conf), **_written(cluster.conf)}


def job_parameters(document: Document, options: Options) -> dict[str, dict[str, Setting]]:
    """Return what the job of each group is told, beside what all jobs are."""
    jobs = [group for group in document.groups if group.engine is Engine.SPARK]
    if not isinstance(settings(document, options)[IMAGE], Reference):
        return {group.id: {} for group in jobs}
    return {
        group.id: {IMAGE_PARAMETER: _typed(_image_of(group, document, options))} for group in jobs
    }


def parameters(conf: Mapping[str, Setting]) -> tuple[str, ...]:
    """Return the parameters that the settings refer to."""
    return (IMAGE_PARAMETER,) if isinstance(conf.get(IMAGE), Reference) else ()


def mounted_secrets(config: RunConfig, cluster: KubernetesCluster) -> dict[str, str]:
    """Return the secrets that become folders of driver and executors, and those folders."""
    shared = {
        one.secret: one.deploy_target
        for one in config.secrets
        if one.deploy_type == "volume" and one.deploy_target and fits_volume(one.secret)
    }
    return {**shared, **cluster.secrets}


def fits_volume(secret: str) -> bool:
    """Tell whether Spark can mount a secret: it calls the volume `<secret>-volume`."""
    return "." not in secret and len(f"{secret}-volume") <= 63


def _image(document: Document, options: Options) -> Setting:
    jobs = (group for group in document.groups if group.engine is Engine.SPARK)
    images = {_image_of(group, document, options) for group in jobs}
    return _typed(images.pop()) if len(images) == 1 else Reference(IMAGE_PARAMETER)


def _image_of(group: Group, document: Document, options: Options) -> str:
    config = document.deployment.run_config
    _, cluster = spark_of(document)
    template = config.kubernetes_pod_templates.get(group.pod_template or "")
    of_template = template.image if template is not None else None
    return cluster.image or of_template or options.image or config.image


def _of_pods(config: RunConfig) -> Iterator[tuple[str, Setting]]:
    """Yield what Spark's pods have in common with all other pods."""
    yield NAMESPACE, _typed(config.namespace)
    yield PULL_POLICY, _typed(config.image_pull_policy)
    if config.image_pull_secrets:
        yield PULL_SECRETS, _typed(",".join(config.image_pull_secrets))


def _of_cluster(cluster: KubernetesCluster) -> Iterator[tuple[str, Setting]]:
    yield EXECUTORS, _typed(str(cluster.num_executors))
    if cluster.driver_port is not None:
        yield "spark.driver.port", _typed(str(cluster.driver_port))
    if cluster.block_manager_port is not None:
        # On Kubernetes the driver's has a default of its own, so the first is not enough.
        yield "spark.blockManager.port", _typed(str(cluster.block_manager_port))
        yield "spark.driver.blockManager.port", _typed(str(cluster.block_manager_port))
    for key, value in (
        (JARS, cluster.jars),
        (REPOSITORIES, cluster.repositories),
        (PACKAGES, cluster.packages),
    ):
        if value is not None:
            yield key, _typed(value)


def _of_role(
    role: str, config: RunConfig, cluster: KubernetesCluster
) -> Iterator[tuple[str, Setting]]:
    """Yield what driver or executors get."""
    of_kubernetes = f"spark.kubernetes.{role}"
    if config.service_account_name is not None:
        account = _typed(config.service_account_name)
        yield f"spark.kubernetes.authenticate.{role}.serviceAccountName", account
    yield from _sizes(role, cluster)
    for key, value in cluster.labels.items():
        yield f"{of_kubernetes}.label.{key}", _typed(value)
    for name, variable in _environment(role, config, cluster).items():
        yield f"{_ENVIRONMENT[role]}.{name}", variable
    for secret in config.secrets:
        if is_variable(secret):
            target = f"{of_kubernetes}.secretKeyRef.{(secret.deploy_target or '').upper()}"
            yield target, _typed(f"{secret.secret}:{secret.key}")
    for name, folder in mounted_secrets(config, cluster).items():
        yield f"{of_kubernetes}.secrets.{name}", _typed(folder)
    yield from _storage(f"{of_kubernetes}.{_VOLUME}", cluster)


def is_variable(secret: Secret) -> bool:
    """Tell whether one key of a secret becomes an environment variable."""
    return secret.deploy_type == "env" and secret.deploy_target is not None


def _sizes(role: str, cluster: KubernetesCluster) -> Iterator[tuple[str, Setting]]:
    """Yield processors and memory.

    Without a request of its own a pod asks for as many cores as it runs tasks at once, which may be
    more than its limit; and a request alone leaves it at one task at a time.
    """
    limit = cluster.limits.cpu
    if (asked := cluster.requests.cpu or limit) is not None:
        yield f"spark.{role}.cores", _typed(str(whole_cores(asked)))
        yield f"spark.kubernetes.{role}.request.cores", _typed(asked.lstrip("+"))
    if limit is not None:
        yield f"spark.kubernetes.{role}.limit.cores", _typed(limit.lstrip("+"))
    if (memory := cluster.limits.memory or cluster.requests.memory) is not None:
        yield f"spark.{role}.memory", _typed(spark_memory(memory))


def _environment(role: str, config: RunConfig, cluster: KubernetesCluster) -> dict[str, Setting]:
    """Return the variables of the environment; only the driver has a log of Kedro's.

    Kubernetes reads the dollars of the driver's. An executor hands what the setting says to its
    Python workers, past Kubernetes.
    """
    if role == "driver":
        own = {name: _typed(doubled_dollars(value)) for name, value in cluster.env_vars.items()}
        return {**pods.environment(config, in_pod=True), **mlflow.environment(config), **own}
    own = {name: _typed(value) for name, value in cluster.env_vars.items()}
    return {**pods.variables(config), **mlflow.environment(config), **own}


def _storage(volume: str, cluster: KubernetesCluster) -> Iterator[tuple[str, Setting]]:
    """Yield the claim that Spark makes for each pod, and deletes with it."""
    if (wanted := cluster.local_storage) is not None:
        yield f"{volume}.options.claimName", _typed("OnDemand")
        yield f"{volume}.options.storageClass", _typed(wanted.class_name)
        yield f"{volume}.options.sizeLimit", _typed(wanted.size.lstrip("+"))
        yield f"{volume}.mount.path", _typed(LOCAL_DIRECTORY)
        yield f"{volume}.mount.readOnly", _typed("false")


def _written(conf: Mapping[str, str]) -> dict[str, Setting]:
    return {key: as_written(value) for key, value in conf.items()}


def _typed(text: str) -> Text:
    return as_typed(text, ())
