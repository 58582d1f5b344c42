"""`kubernetes_pod_templates` as the mappings that an IR holds: a pod with Kairflow's container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kairflow.errors import Code, Diagnostic
from kairflow.export.config_file import Fault, Path
from kairflow.export.template_text import (
    UNIQUE_NAME,
    TemplateError,
    check_python,
    read_template,
)
from kairflow.ir.validation import nearest

BASE = "base"
"""The container that runs the nodes; Airflow's provider knows it by this name."""

_TOP = ("apiVersion", "kind", "metadata", "spec")


def settle_templates(config: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Return `run_config` with every template as a mapping, and which templates are no pods.

    The place of a fault is left to the caller, who has its path.
    """
    templates = config.get("kubernetes_pod_templates")
    if not isinstance(templates, dict):
        return config, []
    settled, faults = dict(templates), list[Fault]()
    for name, found in templates.items():
        template = found.get("template") if isinstance(found, dict) else None
        if not template or not isinstance(template, (str, dict)):
            continue  # the models say so
        path: Path = ("run_config", "kubernetes_pod_templates", name, "template")
        try:
            settled[name] = {**found, "template": make_pod(template)}
        except TemplateError as error:
            faults.append((path, Diagnostic(Code.POD_TEMPLATE, str(error), hint=error.hint)))
    return {**config, "kubernetes_pod_templates": settled}, faults


def make_pod(template: str | dict[str, Any]) -> dict[str, Any]:
    """Return the pod that a template, text or mapping, describes.

    Raises:
        TemplateError: it describes none.
    """
    try:
        pod = read_template(template) if isinstance(template, str) else dict(template)
        pod = _without_made_name(pod)
        check_python(pod, evaluated=isinstance(template, str))
    except RecursionError as error:
        raise TemplateError("nested too deeply") from error
    _check_top(pod)
    pod.pop("type", None)
    _check_containers(pod.get("spec") or {})
    return _with_texts(pod)


def _without_made_name(pod: dict[str, Any]) -> dict[str, Any]:
    metadata = pod.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("name") != UNIQUE_NAME:
        return pod
    return {**pod, "metadata": {key: metadata[key] for key in metadata if key != "name"}}


def _check_top(pod: dict[str, Any]) -> None:
    for key in pod:
        if key not in (*_TOP, "type"):
            hint = nearest(str(key), _TOP) or f"known keys: {', '.join(_TOP)}"
            raise TemplateError(f"unknown key {key!r}", hint)
    for key in ("kind", "type"):
        if pod.get(key, "Pod") != "Pod":
            raise TemplateError(f"found {key} {pod[key]!r}, expected a Pod")
    for key in ("metadata", "spec"):
        if not isinstance(pod.get(key) or {}, dict):
            raise TemplateError(f"found {pod[key]!r} as {key}, expected a mapping")


def _check_containers(spec: dict[str, Any]) -> None:
    if "containers" not in spec:
        return
    containers = spec["containers"]
    if not isinstance(containers, list) or not all(isinstance(one, dict) for one in containers):
        raise TemplateError("expected spec.containers to be a list of mappings")
    names = [one.get("name") for one in containers]
    if names[:1] != [BASE] or names.count(BASE) != 1:
        listed = ", ".join(map(repr, names)) or "none"
        message = f"found the containers {listed}, expected the first, and only it, to be 'base'"
        raise TemplateError(message, "the nodes run in the container named base")


def _with_texts(pod: dict[str, Any]) -> dict[str, Any]:
    """Spell YAML's scalars as text where Kubernetes takes nothing else."""
    made = dict(pod)
    if isinstance(metadata := pod.get("metadata"), dict):
        made["metadata"] = _texts_at(metadata, ("labels", "annotations"))
    if isinstance(spec := pod.get("spec"), dict):
        made["spec"] = _texts_at(spec, ("nodeSelector",))
        for key in ("containers", "initContainers"):
            if isinstance(found := spec.get(key), list):
                made["spec"][key] = [_with_text_container(one) for one in found]
        if isinstance(found := spec.get("tolerations"), list):
            made["spec"]["tolerations"] = _with_text_values(found)
    return made


def _texts_at(block: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    texts = dict(_text_blocks(block, keys))
    return {key: texts.get(key, value) for key, value in block.items()}


def _text_blocks(
    block: dict[str, Any], keys: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in keys:
        if isinstance(found := block.get(key), dict):
            yield key, {_text(name): _text(value) for name, value in found.items()}


def _with_text_container(container: Any) -> Any:
    if not isinstance(container, dict):
        return container
    made = dict(container)
    if isinstance(env := container.get("env"), list):
        made["env"] = _with_text_values(env)
    for key in ("command", "args"):
        if isinstance(words := container.get(key), list):
            made[key] = [_text(word) for word in words]
    return made


def _with_text_values(items: list[Any]) -> list[Any]:
    return [
        {**one, "value": _text(one["value"])} if isinstance(one, dict) and "value" in one else one
        for one in items
    ]


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value
