"""Documents with Spark groups: a weave of Spark and pandas, for every kind of cluster."""

from __future__ import annotations

from typing import Any

from kairflow.ir import Document
from kairflow.ir.spark import Archive
from tests.ir_documents import make_document, make_run_config, node

ARCHIVE = Archive(name="shop-0123456789abcdef.tar.gz", sha256="0123456789abcdef" * 4)
WEAVE = (
    node("clean", ["raw"], ["cars"], spark=True),
    node("price", ["cars"], ["prices"]),
    node("join", ["prices"], ["joined"], spark=True),
    node("rank", ["joined"], ["ranks"], spark=True),
    node("report", ["ranks"], ["page"]),
)
"""Spark, Python, Spark in two steps, Python: two jobs, one of two nodes."""

FIRST, LAST = "clean", "join--rank"
"""The ids of the two jobs."""

DATAPROC: dict[str, Any] = {
    "type": "dataproc",
    "region": "europe-west1",
    "project_id": "target-project",
    "artifacts_path": "gs://bucket/packages",
    "cluster_config": {
        "master_config": {"disk_config": {"boot_disk_size_gb": 35}},
        "worker_config": {"disk_config": {"boot_disk_size_gb": 35}},
    },
}
"""The documents' example, less what names a fixed cluster."""

SERVERLESS: dict[str, Any] = {
    "type": "dataproc-serverless",
    "region": "europe-west1",
    "artifacts_path": "gs://bucket/packages/",
    "cluster_config": {
        "runtime_config": {"version": "2.2", "properties": {"spark.executor.cores": "8"}},
        "environment_config": {"execution_config": {"subnetwork_uri": "default"}},
    },
}

KUBERNETES: dict[str, Any] = {
    "type": "kubernetes",
    "cluster_name": "spark_k8s",
    "cluster_config": {
        "run_script": "local:///home/kedro/spark_run.py",
        "image": "airflow-k8s-plugin-spark-demo",
        "conf": {
            "spark.dynamicAllocation.enabled": True,
            "spark.dynamicAllocation.maxExecutors": 4,
        },
        "driver_port": 10000,
        "block_manager_port": 10001,
        "secrets": {"kedro-secret": "/var/kedro_secret"},
        "labels": {"huge-machine": True},
        "local_storage": {"class_name": "standard", "size": "100Gi"},
        "env_vars": {"GOOGLE_APPLICATION_CREDENTIALS": "/var/kedro_secret/sa"},
        "requests": {"cpu": 2},
        "limits": {"cpu": 4, "memory": "16Gi"},
        "num_executors": 4,
        "jars": "local:///home/kedro/jars/gcs-connector.jar",
        "repositories": "https://oss.sonatype.org/content/groups/public",
        "packages": "org.apache.spark:spark-streaming-kafka_2.10:1.6.0,"
        "org.elasticsearch:elasticsearch-spark_2.10:2.2.0",
    },
}
"""The documents' example, word for word."""

OPERATOR: dict[str, Any] = {
    "type": "spark-operator",
    "cluster_config": {**KUBERNETES["cluster_config"], "spark_version": "4.0.1"},
}


def spark_document(
    spark: dict[str, Any] | None, *, source: Any = None, **settings: Any
) -> Document:
    """Return the weave with a Spark block, without a volume unless one is asked for."""
    config = make_run_config(**{"volume": {"disabled": True}, "spark": spark, **settings})
    made = make_document(WEAVE, run_config=config, package="shop", **(source or {}))
    return made.model_copy(update={"archive": ARCHIVE})
