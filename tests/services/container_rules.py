"""What a Kubernetes API server asks of containers and of their environment."""

from __future__ import annotations

import re

from tests.services.findings import Findings, Json
from tests.services.resource_rules import check_resources
from tests.services.syntax import config_key, dns_label, dns_subdomain, variable_name
from tests.services.volume_rules import check_mounts

FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
KEYED_FIELD = re.compile(r"metadata\.(labels|annotations)\['[^']+'\]")
AMOUNT = re.compile(r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-\S+)")
PROTOCOLS = ("TCP", "UDP", "SCTP")


def check_containers(found: Findings, spec: Json) -> None:
    """Check every container of a pod, the init containers too."""
    volumes = spec.get("volumes") or []
    if not spec.get("containers"):
        found.required("spec.containers")
    names: list[str] = []
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            path = f"spec.{kind}[{index}]"
            _check_container(found, path, container, volumes)
            if container.get("name") in names:
                found.duplicate(f"{path}.name", container["name"])
            names.append(container.get("name"))
            if kind == "initContainers" and container.get("restartPolicy"):
                found.forbidden(f"{path}.restartPolicy", "the stand-in runs no sidecar containers")
    if spec.get("ephemeralContainers"):
        found.forbidden("spec.ephemeralContainers", "cannot be set on create")


def _check_container(found: Findings, path: str, container: Json, volumes: list[Json]) -> None:
    found.text(f"{path}.name", container.get("name"), dns_label)
    image = container.get("image") or ""
    if not image.strip():
        found.required(f"{path}.image")
    elif image != image.strip():
        found.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    policies = {
        "imagePullPolicy": ("Always", "Never", "IfNotPresent"),
        "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    }
    for field, allowed in policies.items():
        if container.get(field):
            found.one_of(f"{path}.{field}", container[field], allowed)
    _check_environment(found, path, container)
    check_mounts(found, f"{path}.volumeMounts", container.get("volumeMounts") or [], volumes)
    check_resources(found, f"{path}.resources", container.get("resources") or {})
    check_security(found, f"{path}.securityContext", container.get("securityContext") or {})
    _check_ports(found, f"{path}.ports", container.get("ports") or [])


def _check_ports(found: Findings, path: str, ports: list[Json]) -> None:
    for index, port in enumerate(ports):
        if port.get("containerPort") is None:
            found.required(f"{path}[{index}].containerPort")
        found.number(f"{path}[{index}].containerPort", port.get("containerPort"), 1, 65535)
        found.one_of(f"{path}[{index}].protocol", port.get("protocol") or "TCP", PROTOCOLS)
        if port.get("name") and not re.fullmatch(r"(?=.*[a-z])[a-z0-9-]{1,15}", port["name"]):
            found.invalid(f"{path}[{index}].name", port["name"], "must be an IANA service name")


def check_security(found: Findings, path: str, context: Json) -> None:
    """Check a security context: of a container, or the part of a pod's that is like it."""
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        found.number(f"{path}.{field}", context.get(field), 0)
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        found.number(f"{path}.supplementalGroups[{index}]", group, 0)
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        message = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        found.invalid(path, "privileged", message)
    if policy := context.get("fsGroupChangePolicy"):
        found.one_of(f"{path}.fsGroupChangePolicy", policy, ("OnRootMismatch", "Always"))
    if (profile := context.get("seccompProfile")) is not None:
        kinds = ("Localhost", "RuntimeDefault", "Unconfined")
        found.one_of(f"{path}.seccompProfile.type", profile.get("type"), kinds)


def _check_environment(found: Findings, path: str, container: Json) -> None:
    for index, variable in enumerate(container.get("env") or ()):
        where = f"{path}.env[{index}]"
        found.text(f"{where}.name", variable.get("name"), variable_name)
        if variable.get("valueFrom") is not None:
            if variable.get("value"):
                message = "may not be specified when `value` is not empty"
                found.invalid(f"{where}.valueFrom", "", message)
            _check_value_from(found, f"{where}.valueFrom", variable["valueFrom"])
    for index, source in enumerate(container.get("envFrom") or ()):
        where = f"{path}.envFrom[{index}]"
        found.text(f"{where}.prefix", source.get("prefix"), variable_name, optional=True)
        kind = _only(found, where, source, ("configMapRef", "secretRef"))
        if kind:
            found.text(f"{where}.{kind}.name", source[kind].get("name"), dns_subdomain)


def _only(found: Findings, path: str, source: Json, kinds: tuple[str, ...]) -> str | None:
    present = [kind for kind in kinds if source.get(kind) is not None]
    if len(present) != 1:
        found.invalid(path, sorted(present), f"must specify exactly one of: {', '.join(kinds)}")
        return None
    return present[0]


def _check_value_from(found: Findings, path: str, source: Json) -> None:
    kinds = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")
    kind = _only(found, path, source, kinds)
    if kind in ("configMapKeyRef", "secretKeyRef"):
        found.text(f"{path}.{kind}.name", source[kind].get("name"), dns_subdomain)
        found.text(f"{path}.{kind}.key", source[kind].get("key"), config_key)
    elif kind == "fieldRef":
        field = source[kind].get("fieldPath") or ""
        if not field:
            found.required(f"{path}.fieldRef.fieldPath")
        elif not KEYED_FIELD.fullmatch(field):
            found.one_of(f"{path}.fieldRef.fieldPath", field, FIELDS)
    elif kind == "resourceFieldRef":
        amount = source[kind].get("resource") or ""
        if not AMOUNT.fullmatch(amount):
            found.invalid(f"{path}.resourceFieldRef.resource", amount, "is no container resource")
