"""What a Kubernetes API server asks of whole pods, claims and secrets."""

from __future__ import annotations

import base64
import binascii

from tests.services.container_rules import check_containers, check_security
from tests.services.findings import Findings, Json
from tests.services.metadata_rules import check_metadata
from tests.services.resource_rules import check_quantity
from tests.services.scheduling_rules import check_scheduling, check_selector
from tests.services.syntax import config_key, dns_label, dns_subdomain
from tests.services.volume_rules import check_volumes

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
SUBDOMAINS = (
    "serviceAccountName",
    "serviceAccount",
    "priorityClassName",
    "runtimeClassName",
    "nodeName",
)


def check_pod(pod: Json) -> None:
    """Answer 422 where a real server would."""
    found = Findings()
    check_metadata(found, pod["metadata"])
    spec = pod.get("spec") or {}
    check_volumes(found, spec.get("volumes") or [])
    check_containers(found, spec)
    check_scheduling(found, spec)
    check_security(found, "spec.securityContext", spec.get("securityContext") or {})
    policies = {
        "restartPolicy": ("Always", "OnFailure", "Never"),
        "dnsPolicy": DNS_POLICIES,
        "preemptionPolicy": ("PreemptLowerPriority", "Never"),
    }
    for field, allowed in policies.items():
        if spec.get(field):
            found.one_of(f"spec.{field}", spec[field], allowed)
    for field in SUBDOMAINS:
        found.text(f"spec.{field}", spec.get(field), dns_subdomain, optional=True)
    for field in ("hostname", "subdomain"):
        found.text(f"spec.{field}", spec.get(field), dns_label, optional=True)
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        found.text(f"spec.imagePullSecrets[{index}].name", secret.get("name"), dns_subdomain)
    found.number("spec.activeDeadlineSeconds", spec.get("activeDeadlineSeconds"), 1)
    grace = spec.get("terminationGracePeriodSeconds")
    found.number("spec.terminationGracePeriodSeconds", grace, 0)
    found.refuse("Pod", str(pod["metadata"].get("name") or ""))


def check_claim(claim: Json) -> None:
    """Answer 422 where a real server would."""
    found = Findings()
    check_metadata(found, claim["metadata"])
    spec = claim.get("spec") or {}
    modes = spec.get("accessModes") or []
    if not modes:
        found.required("spec.accessModes", "at least 1 access mode is required")
    for index, mode in enumerate(modes):
        found.one_of(f"spec.accessModes[{index}]", mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        found.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if storage is None:
        found.required("spec.resources[storage]")
    else:
        check_quantity(found, "spec.resources[storage]", storage, positive=True)
    for field in ("storageClassName", "volumeName"):
        found.text(f"spec.{field}", spec.get(field), dns_subdomain, optional=True)
    if spec.get("volumeMode"):
        found.one_of("spec.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))
    check_selector(found, "spec.selector", spec.get("selector") or {})
    found.refuse("PersistentVolumeClaim", str(claim["metadata"].get("name") or ""))


def check_secret(secret: Json) -> None:
    """Answer 422 where a real server would."""
    found = Findings()
    check_metadata(found, secret["metadata"])
    for key in {**(secret.get("data") or {}), **(secret.get("stringData") or {})}:
        found.text(f"data[{key}]", key, config_key)
    for key, value in (secret.get("data") or {}).items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            found.invalid(f"data[{key}]", value, "illegal base64 data")
    found.refuse("Secret", str(secret["metadata"].get("name") or ""))


def check_changed_pod(before: Json, after: Json) -> None:
    """Let a running pod change its labels and annotations, but not what it runs."""
    found = Findings()
    check_metadata(found, after["metadata"])
    if before.get("spec") != after.get("spec"):
        found.forbidden("spec", "pod updates may not change fields other than the labels")
    if before["metadata"]["name"] != after["metadata"].get("name"):
        found.invalid("metadata.name", after["metadata"].get("name"), "field is immutable")
    found.refuse("Pod", before["metadata"]["name"])
