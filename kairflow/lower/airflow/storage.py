"""The volume of a run: its claim, who fills it, and when it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from kairflow.ir.json_types import texts_in
from kairflow.ir.model import DEFAULT_CLASS, Document, Engine
from kairflow.ir.pods import Volume
from kairflow.lower.airflow.model import Storage
from kairflow.lower.airflow.names import ascii_words
from kairflow.lower.airflow.templates import as_typed_in_pod, is_template, within_template

_OF_THE_RUN = "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, dag.dag_id ~ '/' ~ run_id) }}"
"""The same for every try of a run and for no other run, with or without a logical date."""

_SLUG_LENGTH = 20
_CLAIM_NAME = re.compile(r"\{\{-?\s*claim_name\s*-?\}\}")


def claim_name(dag_id: str) -> str:
    """Return the template of a claim's name: at most 57 letters, digits and hyphens."""
    return f"{slug(dag_id)}-{_OF_THE_RUN}"


def slug(text: str) -> str:
    """Return the beginning of a text as a DNS label has it; never empty."""
    return ascii_words(text, "-").lower()[:_SLUG_LENGTH].strip("-") or "run"


def mentions_claim(template: JsonValue) -> bool:
    """Tell whether a pod template asks for the volume of the run."""
    return any(_CLAIM_NAME.search(text) for text in texts_in(template))


def with_claim_name(template: JsonValue, name: str) -> JsonValue:
    """Put the name of the claim wherever a pod template says `{{ claim_name }}`."""
    if isinstance(template, str):
        return _CLAIM_NAME.sub(lambda _: name, template)
    if isinstance(template, dict):
        return {key: with_claim_name(value, name) for key, value in template.items()}
    if isinstance(template, list):
        return [with_claim_name(item, name) for item in template]
    return template


def with_claim(template: JsonValue, name: str, volume: Volume) -> JsonValue:
    """Complete a pod template: the claim's name, and what the operator and the volume need.

    The operator insists on a list of containers. A volume of the claim that the template declares
    without mounting it is mounted where other pods have it, for the same group.
    """
    if not isinstance(template, dict):
        return template
    spec = template.get("spec")
    if not isinstance(spec, dict):
        return with_claim_name(template, name)
    whole = {"containers": [], **spec}
    declared = [one for one in _mappings(whole.get("volumes")) if mentions_claim(one)]
    if declared:
        whole = _mounted(whole, declared[0], volume)
    return with_claim_name({**template, "spec": whole}, name)


def _mounted(
    spec: dict[str, JsonValue], declared: dict[str, JsonValue], volume: Volume
) -> dict[str, JsonValue]:
    containers = _mappings(spec["containers"]) or [{"name": "base"}]
    mounts = [mount for one in containers for mount in _mappings(one.get("volumeMounts"))]
    if any(mount.get("name") == declared.get("name") for mount in mounts):
        return spec
    # A pod written out is a template, and the path of the volume is none.
    path = volume.mount_path
    typed = within_template(path) if is_template(path) else path
    mount: JsonValue = {"name": declared.get("name"), "mountPath": typed}
    base = {**containers[0], "volumeMounts": [*_list(containers[0].get("volumeMounts")), mount]}
    context: JsonValue = {"fsGroup": volume.owner}
    return {"securityContext": context, **spec, "containers": [base, *containers[1:]]}


def _mappings(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def is_needed(document: Document) -> bool:
    """Tell whether any task would see the volume: pods with a template of their own may not."""
    config = document.deployment.run_config
    if config.volume.disabled:
        return False
    in_pods = (group for group in document.groups if group.engine is Engine.PYTHON)
    templates = {group.pod_template for group in in_pods}
    return None in templates or any(
        mentions_claim(config.kubernetes_pod_templates[name].template)
        for name in templates
        if name is not None
    )


def lower_storage(document: Document, dag_id: str, constants: Mapping[str, str]) -> Storage | None:
    """Decide about the volume; `constants` maps resource classes to those of the DAG file."""
    config = document.deployment.run_config
    volume = config.volume
    if not is_needed(document):
        return None
    return Storage(
        claim_name=claim_name(dag_id),
        claim_spec=_claim_spec(volume),
        mount_path=volume.mount_path,
        source=as_typed_in_pod(volume.mount_path),
        owner=volume.owner,
        filled=not volume.skip_init,
        settings=constants.get(DEFAULT_CLASS),
        deletes=volume.keep != "always",
        scoped=volume.keep == "never",
    )


def fills_volume(document: Document) -> bool:
    """Tell whether a pod copies the image's data into the volume."""
    return is_needed(document) and not document.deployment.run_config.volume.skip_init


def _claim_spec(volume: Volume) -> dict[str, JsonValue]:
    spec: dict[str, JsonValue] = {
        "accessModes": list(volume.access_modes),
        "resources": {"requests": {"storage": volume.size}},
    }
    if volume.storageclass is not None:
        spec["storageClassName"] = volume.storageclass
    return spec
