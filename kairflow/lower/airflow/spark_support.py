"""What Spark jobs on Kubernetes are asked for that Spark or the cluster would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document
from kairflow.ir.spark import KubernetesCluster
from kairflow.lower.airflow import macros, spark_conf
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.spark_quantities import SMALLEST_MEMORY, amount

_SPARK = "run_config.spark"
_CLUSTER = f"{_SPARK}.cluster_config"
_SPARKS_LABELS = frozenset(
    (
        *("spark-app-name", "spark-app-selector", "spark-exec-id", "spark-exec-resourceprofile-id"),
        *("spark-role", "spark-version"),
    )
)
_UPLOADED = "spark.kubernetes.file.upload.path"
_SMALLEST_PORT = 1024
_NOT_ON_KUBERNETES = (
    *("region", "project_id", "unique_cluster_name", "artifacts_path"),
    *("user_init_path", "user_post_init_path"),
)


def check(document: Document, options: Options) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each wish that no job can be given, whatever starts it."""
    spark, cluster = spark_conf.spark_of(document)
    yield from _check_script(document, cluster)
    yield from _check_sizes(cluster)
    yield from _check_ports(cluster)
    yield from _check_labels(cluster)
    yield from _check_folders(document.deployment.run_config, cluster)
    yield from _check_secrets(document.deployment.run_config, cluster)
    for where, conf in given_settings(document):
        yield from check_settings(where, conf, options)
    idle = (key for key in _NOT_ON_KUBERNETES if getattr(spark, key))
    yield from unused(idle, "it means something to Dataproc only")


def given_settings(document: Document) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the Spark settings that the user wrote, and where."""
    spark, cluster = spark_conf.spark_of(document)
    yield f"{_SPARK}.conf", spark.conf
    yield f"{_CLUSTER}.conf", cluster.conf


def unused(keys: Iterable[str], message: str) -> Iterator[Diagnostic]:
    """Warn about keys that change nothing."""
    for key in keys:
        where = f"{_SPARK}.{key}"
        yield Diagnostic(Code.NOT_LOWERED, message, where, "leave it out", Severity.WARNING)


def _check_script(document: Document, cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    """Refuse a script that spark-submit would look for on the worker, or on some other host."""
    script, where = cluster.run_script, f"{_CLUSTER}.run_script"
    scheme, separator, path = script.partition(":")
    if scheme == "local" and not re.match("(//)?/[^/]", path):
        message = f"{script!r} names a host, not a path in the image"
        hint = f"write local:///{path.lstrip('/')}"
        yield Diagnostic(Code.NAME_INVALID, message, where, hint)
    is_uploaded = any(_UPLOADED in conf for _, conf in given_settings(document))
    if (not separator or "/" in scheme or scheme == "file") and not is_uploaded:
        path = (path if separator and scheme == "file" else script).lstrip("/")
        message = f"{script!r} would be a file of the Airflow worker, not of the image"
        yield Diagnostic(Code.NAME_INVALID, message, where, f"write local:///{path}")


def _check_sizes(cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    asked, limit = cluster.requests.cpu, cluster.limits.cpu
    if asked is not None and limit is not None and amount(asked) > amount(limit):
        message = f"found {asked}, which is more than the limit {limit}"
        yield Diagnostic(Code.NOT_LOWERED, message, f"{_CLUSTER}.requests.cpu", "ask for less")
    for key, cores in (("requests", cluster.requests), ("limits", cluster.limits)):
        if cores.memory is not None and amount(cores.memory) < SMALLEST_MEMORY:
            message = f"found {cores.memory}, but with less than 450Mi Spark does not start"
            hint = "ask for more; Mi and Gi are mebibytes and gibibytes, m is a thousandth"
            yield Diagnostic(Code.NOT_LOWERED, message, f"{_CLUSTER}.{key}.memory", hint)


def _check_ports(cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    ports = {"driver_port": cluster.driver_port, "block_manager_port": cluster.block_manager_port}
    for key, port in ports.items():
        if port is not None and port < _SMALLEST_PORT:
            message = f"found {port}, expected a port that is not below {_SMALLEST_PORT}"
            yield Diagnostic(Code.NOT_LOWERED, message, f"{_CLUSTER}.{key}")
    if cluster.driver_port is not None and cluster.driver_port == cluster.block_manager_port:
        message = f"found {cluster.driver_port} for both, and the driver listens on both"
        where = f"{_CLUSTER}.block_manager_port"
        yield Diagnostic(Code.NOT_LOWERED, message, where, "take another one")


def _check_labels(cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    for key in cluster.labels:
        if key in _SPARKS_LABELS:
            message = "Spark keeps this label to itself"
            yield Diagnostic(Code.NAME_INVALID, message, f"{_CLUSTER}.labels.{key}", "rename it")


def _check_folders(config: RunConfig, cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    """Refuse two things in one folder, and a folder with a character that Kubernetes refuses."""
    taken = {spark_conf.LOCAL_DIRECTORY} if cluster.local_storage is not None else set[str]()
    for name, folder in spark_conf.mounted_secrets(config, cluster).items():
        where = f"{_CLUSTER}.secrets.{name}"
        if folder in taken:
            message = f"something else is put at the folder {folder!r}"
            yield Diagnostic(Code.NAME_INVALID, message, where, "take another one")
        if ":" in folder:
            message = f"found a colon in {folder!r}, which no folder of a pod may have"
            yield Diagnostic(Code.NAME_INVALID, message, where, "take another one")
        taken.add(folder)


def _check_secrets(config: RunConfig, cluster: KubernetesCluster) -> Iterator[Diagnostic]:
    """Refuse secrets that Spark cannot mount, and warn about those of pods that jobs lack."""
    for name in cluster.secrets:
        if not spark_conf.fits_volume(name):
            where = f"{_CLUSTER}.secrets.{name}"
            message = "Spark mounts secrets of up to 56 characters without a full stop"
            yield Diagnostic(Code.NAME_INVALID, message, where, "rename the secret")
    for index, secret in enumerate(config.secrets):
        where, warning = f"run_config.secrets[{index}]", Severity.WARNING
        if secret.deploy_type == "env":
            if not spark_conf.is_variable(secret):
                message = "Spark jobs do not get it: Spark hands over one key of a secret at a time"
                hint = "give a key and a deploy_target for each"
                yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)
        elif not spark_conf.fits_volume(secret.secret):
            message = "Spark jobs do not get it: Spark mounts names without a full stop"
            yield Diagnostic(Code.NOT_LOWERED, message, where, "rename the secret", warning)
        elif cluster.secrets.get(secret.secret, secret.deploy_target) != secret.deploy_target:
            message = "Spark jobs see it elsewhere: Spark mounts a secret once"
            hint = f"see {_CLUSTER}.secrets"
            yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)
        elif secret.key is not None:
            message = "Spark jobs see all keys of it in that folder: Spark mounts whole secrets"
            hint = "keep what jobs must not see in a secret of its own"
            yield Diagnostic(Code.NOT_LOWERED, message, where, hint, warning)


def check_settings(where: str, conf: Mapping[str, str], options: Options) -> Iterator[Diagnostic]:
    """Refuse settings that spark-submit would not heed, and templates that Airflow cannot fill."""
    for key, value in conf.items():
        if not re.fullmatch(r"spark\.[^\s=]+", key):
            message = f"found the setting {key!r}, and Spark knows those that begin with 'spark.'"
            hint = "settings of Hadoop begin with spark.hadoop."
            yield Diagnostic(Code.NAME_INVALID, message, where, hint)
        yield from macros.check_template(value, f"{where}.{key}", options.line)
