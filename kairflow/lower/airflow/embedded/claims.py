"""The volume claim of one DAG run: made by a setup task, deleted by its teardown.

Both may be tried again at any point: after a lost answer, and when somebody clears the tasks.
"""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from kubernetes.client import ApiException

# Lowering writes these.
NAMESPACE = "analytics"
CLAIM_SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "1Gi"}},
    "storageClassName": "standard",
}


def create_claim(name: str) -> None:
    """Create the volume claim of this run, unless it is there already."""
    client = KubernetesHook(conn_id="kubernetes_default").core_v1_client
    # An earlier claim of this run may still be on its way out.
    for _ in range(30):
        if claim_is_created(client, name):
            return
        time.sleep(2)
    raise RuntimeError(
        f"The volume claim {name} is still being deleted: delete the pods that have it."
    )


def claim_is_created(client: Any, name: str) -> bool:
    """Create the claim; tell whether it is there and stays."""
    labels = {"kairflow-claim": name}
    claim = {"metadata": {"name": name, "labels": labels}, "spec": CLAIM_SPEC}
    try:
        client.create_namespaced_persistent_volume_claim(NAMESPACE, claim)
        return True
    except ApiException as error:
        if error.status != 409:
            raise
    try:
        found = client.read_namespaced_persistent_volume_claim(name, NAMESPACE).metadata
    except ApiException as error:
        if error.status != 404:
            raise
        return False
    if (found.labels or {}).get("kairflow-claim") != name:
        raise RuntimeError(f"The volume claim {name} in {NAMESPACE} is not of this run.")
    return found.deletion_timestamp is None


def delete_claim(name: str) -> None:
    """Delete the volume claim of this run, unless it is gone already."""
    client = KubernetesHook(conn_id="kubernetes_default").core_v1_client
    try:
        client.delete_namespaced_persistent_volume_claim(name, NAMESPACE)
    except ApiException as error:
        if error.status != 404:
            raise
