"""What a Kubernetes API server asks of names, labels and annotations."""

from __future__ import annotations

from tests.services.findings import Findings, Json
from tests.services.syntax import dns_subdomain, label_value, qualified_name

ANNOTATIONS_LIMIT = 256 * 1024


def check_metadata(found: Findings, metadata: Json) -> None:
    """Check the metadata of an object that is about to be created or changed."""
    if not metadata.get("name"):
        found.required("metadata.name", "name or generateName is required")
    else:
        found.text("metadata.name", metadata["name"], dns_subdomain)
    check_labels(found, "metadata.labels", metadata.get("labels"))
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        found.text("metadata.annotations", key.lower(), qualified_name)
    size = sum(len(f"{key}{value or ''}".encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        found.invalid("metadata.annotations", size, f"must have at most {ANNOTATIONS_LIMIT} bytes")
    _check_owners(found, metadata)


def check_labels(found: Findings, path: str, labels: dict[str, str] | None) -> None:
    for key, value in (labels or {}).items():
        if message := qualified_name(key):
            found.invalid(path, key, message)
        found.text(path, value, label_value, optional=True)


def _check_owners(found: Findings, metadata: Json) -> None:
    for index, owner in enumerate(metadata.get("ownerReferences") or ()):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                found.required(f"metadata.ownerReferences[{index}].{field}")
    for index, finalizer in enumerate(metadata.get("finalizers") or ()):
        found.text(f"metadata.finalizers[{index}]", finalizer, qualified_name)
