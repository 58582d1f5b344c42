"""How a pod gets the volume of its run."""

from __future__ import annotations

from typing import Any

from kubernetes.client import models as k8s

# Lowering writes these.
CLAIM_NAME = "apiary-{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id) }}"
VOLUME_OWNER = 0


def storage(mount_path: str) -> dict[str, Any]:
    """Mount the volume of the run, owned by a group that pods belong to."""
    claim = k8s.V1PersistentVolumeClaimVolumeSource(claim_name=CLAIM_NAME)
    return {
        "volumes": [k8s.V1Volume(name="storage", persistent_volume_claim=claim)],
        "volume_mounts": [k8s.V1VolumeMount(name="storage", mount_path=mount_path)],
        "security_context": k8s.V1PodSecurityContext(fs_group=VOLUME_OWNER),
    }
