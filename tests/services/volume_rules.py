"""What a Kubernetes API server asks of volumes, and of the places where they are mounted."""

from __future__ import annotations

from tests.services.findings import Findings, Json
from tests.services.resource_rules import check_quantity
from tests.services.syntax import (
    absolute_path,
    config_key,
    dns_label,
    dns_subdomain,
    relative_path,
)


def check_volumes(found: Findings, volumes: list[Json]) -> None:
    """Check the volumes of a pod."""
    for index, volume in enumerate(volumes):
        path = f"spec.volumes[{index}]"
        found.text(f"{path}.name", volume.get("name"), dns_label)
        kinds = [kind for kind, source in volume.items() if kind != "name" and source is not None]
        if not kinds:
            # A real server makes an emptyDir of it, which nobody who writes this means.
            found.required(path, "must specify a volume type")
        for kind in kinds[1:]:
            found.forbidden(f"{path}.{kind}", "may not specify more than 1 volume type")
        for kind in kinds[:1]:
            _check_source(found, f"{path}.{kind}", kind, volume[kind])
    found.unique("spec.volumes[{}].name", [volume.get("name") for volume in volumes])


def _check_source(found: Findings, path: str, kind: str, source: Json) -> None:
    if kind == "persistentVolumeClaim":
        found.text(f"{path}.claimName", source.get("claimName"), dns_subdomain)
    elif kind == "emptyDir":
        found.one_of(f"{path}.medium", source.get("medium") or "", ("", "Memory"))
        if source.get("sizeLimit") is not None:
            check_quantity(found, f"{path}.sizeLimit", source["sizeLimit"])
    elif kind in ("secret", "configMap"):
        name = "secretName" if kind == "secret" else "name"
        found.text(f"{path}.{name}", source.get(name), dns_subdomain)
        _check_items(found, path, source)
    elif kind == "hostPath" and not source.get("path"):
        found.required(f"{path}.path")


def _check_items(found: Findings, path: str, source: Json) -> None:
    found.number(f"{path}.defaultMode", source.get("defaultMode"), 0, 0o777)
    for index, item in enumerate(source.get("items") or ()):
        found.text(f"{path}.items[{index}].key", item.get("key"), config_key)
        found.text(f"{path}.items[{index}].path", item.get("path"), relative_path)
        found.number(f"{path}.items[{index}].mode", item.get("mode"), 0, 0o777)


def check_mounts(found: Findings, path: str, mounts: list[Json], volumes: list[Json]) -> None:
    """Check where one container mounts the volumes of its pod."""
    names = [volume.get("name") for volume in volumes]
    for index, mount in enumerate(mounts):
        where = f"{path}[{index}]"
        if not mount.get("name"):
            found.required(f"{where}.name")
        elif mount["name"] not in names:
            found.missing(f"{where}.name", mount["name"])
        found.text(f"{where}.mountPath", mount.get("mountPath"), absolute_path)
        for field in ("subPath", "subPathExpr"):
            found.text(f"{where}.{field}", mount.get(field), relative_path, optional=True)
        if mount.get("subPath") and mount.get("subPathExpr"):
            found.invalid(f"{where}.subPathExpr", mount["subPathExpr"], "subPath is set already")
    places = [str(mount.get("mountPath")).rstrip("/") or "/" for mount in mounts]
    for index, place in enumerate(places):
        if place in places[:index]:
            found.invalid(f"{path}[{index}].mountPath", place, "must be unique")
