"""The Spark block of a plan: hostile words wherever its type lets text stand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kairflow.ir.spark import ON_DATAPROC, ON_KUBERNETES
from tests.lower.airflow.plan_settings import Speaker

CLUSTERS = ("dataproc", "dataproc-serverless", "kubernetes", "k8s", "spark-operator")
"""The types of Spark blocks whose jobs Kairflow makes itself."""

SPARK_OPTIONAL = (
    *("spark_conf", "project_id", "connection", "cluster_name", "unique", "cluster_text"),
    *("cluster_conf", "spark_env", "spark_secrets", "spark_sizes", "spark_storage", "jars"),
    *("spark_image", "application"),
)


def spark_block(cluster: str | None, keys: Collection[str], say: Speaker) -> dict[str, Any]:
    """Return the key `spark` of `run_config`, or none."""
    if cluster is None:
        return {}
    optional: dict[str, dict[str, Any]] = {
        "spark_conf": {"conf": _conf("a", say)},
        "connection": {"connection_id": say("text")},
        **({"project_id": {"project_id": say("plain")}} if cluster in ON_DATAPROC else {}),
        "cluster_name": _cluster_name(cluster, keys, say),
    }
    shared = {"type": cluster, "user_init": say("text"), **_chosen(optional, keys)}
    if cluster in ON_KUBERNETES:
        return {"spark": {**shared, "cluster_config": _on_kubernetes(cluster, keys, say)}}
    configs = {"dataproc": _machines, "dataproc-serverless": _batch}
    config = configs[cluster](say) if "cluster_text" in keys else {}
    place = {"region": say("plain"), "artifacts_path": f"gs://{say('text')}"}
    return {"spark": {**shared, **place, "cluster_config": config}}


def _chosen(optional: dict[str, dict[str, Any]], keys: Collection[str]) -> dict[str, Any]:
    chosen = (value for key, value in optional.items() if key in keys)
    return {key: value for part in chosen for key, value in part.items()}


def _conf(prefix: str, say: Speaker) -> dict[str, Any]:
    return {f"spark.{prefix}{say('conf')}": say("plain"), "spark.on.purpose": on_purpose(say)}


def on_purpose(say: Speaker) -> str:
    """Return a template that the user wrote as one."""
    return f"{{{{ ds }}}}{say('plain')}\n"


def _cluster_name(cluster: str, keys: Collection[str], say: Speaker) -> dict[str, Any]:
    """Return a name that need not be legal for Dataproc, or that of an Airflow connection."""
    if cluster == "dataproc" and "unique" not in keys:
        return {"cluster_name": "shop-{{ ds }}"}
    unique = {"unique_cluster_name": True} if cluster == "dataproc" else {}
    return {"cluster_name": say("text"), **unique}


def _machines(say: Speaker) -> dict[str, Any]:
    return {
        "gce_cluster_config": {
            "metadata": {f"m{say('text')}": say("plain"), "day": on_purpose(say)},
            "tags": [say("plain"), on_purpose(say)],
        },
        "software_config": {"properties": {f"spark:{say('text')}": f"{say('plain')}\n"}},
        "initialization_actions": [{"executable_file": say("plain"), "deep": [[say("plain")]]}],
        "master_config": {"num_instances": 1, "is_preemptible": False, "cost": 0.5, "none": None},
    }


def _batch(say: Speaker) -> dict[str, Any]:
    return {
        "labels": {f"l{say('text')}": say("plain"), "day": on_purpose(say)},
        "runtime_config": {
            "version": say("plain"),
            "properties": {f"spark.p{say('text')}": say("plain"), "spark.day": on_purpose(say)},
        },
        "pyspark_batch": {"archive_uris": [say("plain")], "jar_file_uris": [on_purpose(say)]},
        "environment_config": {"execution_config": {"ttl": {"seconds": 9}, "tags": [say("plain")]}},
    }


def _on_kubernetes(cluster: str, keys: Collection[str], say: Speaker) -> dict[str, Any]:
    is_object = cluster == "spark-operator"
    # There a template would have to stay a setting, since what it becomes may be several jars.
    jars = say("listed") if is_object else say("text")
    optional: dict[str, dict[str, Any]] = {
        "cluster_conf": {"conf": _conf("b", say)},
        "spark_image": {"image": "image:" + "".join(say("text").split())},
        "spark_env": {"env_vars": {"PASSWORD": say("text"), "a.b-c": f"{say('text')}\n"}},
        "spark_secrets": {"secrets": {"mine": f"/mine/{say('folder')}", "other": "/other"}},
        "spark_storage": {"local_storage": {"class_name": say("text"), "size": "1Gi"}},
        "jars": {"jars": f"j{jars}", "packages": f"p{say('listed')}"},
        "spark_sizes": {
            "requests": {"cpu": "500m"},
            "limits": {"cpu": "2", "memory": "2Gi"},
            "labels": {"team": "a"},
            "driver_port": 7000,
        },
    }
    if is_object:
        optional["application"] = {"application": _application(say)}
    version = {"spark_version": say("text")} if is_object else {}
    return {"run_script": f"local:///{say('text')}", **version, **_chosen(optional, keys)}


def _application(say: Speaker) -> dict[str, Any]:
    return {
        f"k{say('text')}": [{"deep": say("plain")}, on_purpose(say), 1, None],
        "driver": {"annotations": {f"k{say('text')}": f"{say('plain')}\n"}},
        "sparkConf": {"spark.day": on_purpose(say), "spark.file": f"{say('plain')}.yaml"},
    }
