"""The environment, the command and the volumes that a container of a pod is to get."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.services.expansion import expand
from tests.services.findings import Json
from tests.services.objects import Pod, Store
from tests.services.syntax import variable_name

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Bind = tuple[str, str, bool]


class NotYetError(Exception):
    """A container cannot start as long as something is missing."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def variables(store: Store, pod: Pod, container: Json) -> dict[str, str]:
    """Resolve the environment that the pod gives, in its order."""
    result: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix") or ""
        for key, value in _whole_source(store, pod, source).items():
            if not variable_name(prefix + key):
                result[prefix + key] = value.decode("utf-8", "surrogateescape")
    for variable in container.get("env") or ():
        if (source := variable.get("valueFrom")) is None:
            result[variable["name"]] = expand(variable.get("value") or "", result)
        elif (resolved := _value_from(store, pod, source)) is not None:
            result[variable["name"]] = resolved
    return result


def start_spec(store: Store, pod: Pod, container: Json, image: Json) -> dict[str, Any]:
    """Say all that the starter of a container needs to know."""
    given = variables(store, pod, container)
    own = {"PATH": PATH, "HOME": "/root", "HOSTNAME": pod.name[:63], **(image.get("env") or {})}
    command = container.get("command") or image.get("entrypoint") or []
    # An image's own arguments go with its entrypoint only.
    rest = container.get("args") or ([] if container.get("command") else image.get("cmd") or [])
    if not command and not rest:
        raise NotYetError("RunContainerError", "no command specified")
    contexts = pod.body["spec"].get("securityContext") or {}, container.get("securityContext") or {}
    security = {**contexts[0], **contexts[1]}
    groups = [*(security.get("supplementalGroups") or ())]
    groups += [security["fsGroup"]] if security.get("fsGroup") is not None else []
    return {
        "command": [expand(word, given) for word in (*command, *rest)],
        "env": {**own, **given},
        "workdir": container.get("workingDir") or image.get("workdir") or "/",
        "overlays": image.get("mounts") or [],
        "binds": list(binds(store, pod, container, given)),
        "user": security.get("runAsUser") or 0,
        "group": security.get("runAsGroup") or 0,
        "groups": groups,
    }


def binds(store: Store, pod: Pod, container: Json, given: dict[str, str]) -> Iterator[Bind]:
    """Say which folders of the host a container sees where, the outer ones first."""
    volumes = {volume["name"]: volume for volume in pod.volumes}
    mounts = container.get("volumeMounts") or []
    for mount in sorted(mounts, key=lambda mount: len(Path(mount["mountPath"]).parts)):
        source = volume_folder(store, pod, volumes[mount["name"]])
        below = mount.get("subPath") or expand(mount.get("subPathExpr") or "", given)
        if below and not (source / below).exists():
            (source / below).mkdir(parents=True)
        yield str(source / below), mount["mountPath"], bool(mount.get("readOnly"))


def volume_folder(store: Store, pod: Pod, volume: Json) -> Path:
    """Return the folder on the host of a volume; make it when the pod sees it first."""
    folder: Path = store.folder / "pods" / pod.uid / "volumes" / volume["name"]
    if claim_source := volume.get("persistentVolumeClaim"):
        claim = store.claim(pod.namespace, claim_source["claimName"])
        if claim is None:
            raise NotYetError("ContainerCreating", f"claim {claim_source['claimName']} is gone")
        folder = claim.folder
        _give_to_group(pod, folder)
    elif (secret := volume.get("secret")) is not None:
        _write_secret(store, pod, secret, folder)
    elif volume.get("emptyDir") is not None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
    elif volume.get("hostPath"):
        return Path(str(volume["hostPath"]["path"]))
    else:
        raise NotYetError("ContainerCreating", f"the stand-in has no such volume: {volume}")
    return folder


def _give_to_group(pod: Pod, folder: Path) -> None:
    group = (pod.body["spec"].get("securityContext") or {}).get("fsGroup")
    if group is not None:
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o2070 if path.is_dir() else 0o060))
                os.chown(path, -1, group)


def secret_values(store: Store, namespace: str, name: str) -> dict[str, bytes] | None:
    """Return the decoded values of a secret."""
    secret = store.secrets.get((namespace, name))
    if secret is None:
        return None
    return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}


def _write_secret(store: Store, pod: Pod, source: Json, folder: Path) -> None:
    values = secret_values(store, pod.namespace, source["secretName"])
    if values is None and not source.get("optional"):
        message = f'MountVolume.SetUp failed: secret "{source["secretName"]}" not found'
        raise NotYetError("ContainerCreating", message)
    values = values or {}
    items = source.get("items") or [{"key": key, "path": key} for key in values]
    folder.mkdir(parents=True, exist_ok=True)
    for item in items:
        if item["key"] not in values:
            if source.get("optional"):
                continue
            raise NotYetError(
                "ContainerCreating", f"references non-existent secret key: {item['key']}"
            )
        (path := folder / item["path"]).parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(values[item["key"]])
        path.chmod(item.get("mode") or source.get("defaultMode") or 0o644)


def _whole_source(store: Store, pod: Pod, source: Json) -> dict[str, bytes]:
    kind, reference = next((kind, source[kind]) for kind in source if kind.endswith("Ref"))
    name = reference["name"]
    values = secret_values(store, pod.namespace, name) if kind == "secretRef" else None
    if values is None and not reference.get("optional"):
        noun = "secret" if kind == "secretRef" else "configmap"
        raise NotYetError("CreateContainerConfigError", f'{noun} "{name}" not found')
    return values or {}


def _value_from(store: Store, pod: Pod, source: Json) -> str | None:
    if field := source.get("fieldRef"):
        return _field(pod, field["fieldPath"])
    reference = source.get("secretKeyRef")
    if reference is None:
        message = f"the stand-in cannot resolve {', '.join(source)}"
        raise NotYetError("CreateContainerConfigError", message)
    name, key = reference["name"], reference["key"]
    values = secret_values(store, pod.namespace, name)
    if values is not None and key in values:
        return values[key].decode("utf-8", "surrogateescape")
    if reference.get("optional"):
        return None
    missing = f'secret "{name}" not found'
    if values is not None:
        missing = f"couldn't find key {key} in Secret {pod.namespace}/{name}"
    raise NotYetError("CreateContainerConfigError", missing)


def _field(pod: Pod, path: str) -> str:
    if match := re.fullmatch(r"(.+)\['([^']+)'\]", path):
        return str(_walk(pod.body, match[1], {}).get(match[2], ""))
    return str(_walk(pod.body, path, ""))


def _walk(body: Json, path: str, default: Any) -> Any:
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return default if value is None else value
