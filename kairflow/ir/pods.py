"""The configuration's words for pods: resource classes, volume, secrets, and pods written out."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kairflow.ir.base import (
    AbsolutePath,
    ClosedModel,
    DnsSubdomain,
    Json,
    LabelValue,
    QualifiedName,
    Quantity,
    Text,
    complete_complaint,
)
from kairflow.ir.execution import Execution

ImageName = Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
"""An image's name, as far as its spelling matters here."""


class Toleration(ClosedModel):
    """A Kubernetes toleration."""

    key: str | None = None
    """Key of the taint; null, with operator `Exists`, matches every key."""
    operator: Literal["Exists", "Equal"] | None = None
    """How key and value relate; null is `Equal`."""
    value: Text | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint; null matches every effect."""
    tolerationSeconds: int | None = None  # noqa: N815  Kubernetes spells it so
    """How long, in seconds, a pod stays after a `NoExecute` taint appears."""

    @model_validator(mode="after")
    def _check_operator(self) -> Toleration:
        """Refuse what Kubernetes would: a value that is not compared, or nothing to look for."""
        if self.operator == "Exists" and self.value:
            complaint = f"found the value {self.value!r}, expected none with operator Exists"
            raise complete_complaint("toleration", complaint)
        if self.operator != "Exists" and not self.key:
            complaint = "found no key, expected one, or operator Exists, which then matches all"
            raise complete_complaint("toleration", complaint)
        return self


class Affinity(ClosedModel):
    """Which cluster nodes and which neighbours a pod likes, in Kubernetes' own words."""

    nodeAffinity: dict[str, Json] | None = None  # noqa: N815  Kubernetes spells it so
    """Rules about the labels of the cluster's nodes."""
    podAffinity: dict[str, Json] | None = None  # noqa: N815
    """Rules about pods to be near."""
    podAntiAffinity: dict[str, Json] | None = None  # noqa: N815
    """Rules about pods to keep away from."""


class ResourceClass(Execution):
    """What a pod asks of the cluster, and how Airflow runs it."""

    node_selectors: dict[QualifiedName, LabelValue] = {}
    """Labels that the cluster's node must bear."""
    labels: dict[QualifiedName, LabelValue] = {}
    """Labels of the pod."""
    annotations: dict[QualifiedName, Text] = {}
    """Annotations of the pod."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pod tolerates."""
    affinity: Affinity | None = None
    """Where the pod wants to be; null lets the cluster choose."""
    requests: dict[QualifiedName, Quantity] = {}
    """Resources that are set aside: `cpu`, `memory`, `nvidia.com/gpu` or any other."""
    limits: dict[QualifiedName, Quantity] = {}
    """Resources that are not exceeded."""
    inherit: bool = False
    """Whether `__default__` fills in what this class leaves open, key by key.

    An export has done so already: the classes of an IR are complete."""


def _check_some(modes: tuple[str, ...]) -> tuple[str, ...]:
    # A minimal length of pydantic's own would complain again when an item is at fault.
    if not modes:
        raise complete_complaint("no_mode", "found no access mode, expected at least one")
    return modes


class Volume(ClosedModel):
    """The volume that the tasks of one run share."""

    storageclass: str | None = None
    """Storage class; null for the cluster's default."""
    size: Quantity = "1Gi"
    """Size of the claim."""
    access_modes: Annotated[
        tuple[Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"], ...],
        AfterValidator(_check_some),
        Field(json_schema_extra={"minItems": 1}),
    ] = ("ReadWriteOnce",)
    """How pods may mount it."""
    skip_init: bool = False
    """Whether the image's data stay out of the fresh volume."""
    owner: Annotated[int, Field(ge=0)] = 0
    """Group (fsGroup) that owns the volume's files."""
    disabled: bool = False
    """Whether there is no volume at all."""
    keep: Literal["never", "on_failure", "always"] = "never"
    """When the volume outlives its run."""
    mount_path: AbsolutePath = "/home/kedro/data"
    """Where the pods see it."""


class Secret(ClosedModel):
    """A Kubernetes secret that the pods receive; only its name stands here."""

    secret: DnsSubdomain
    """Name of the Secret object."""
    deploy_type: Literal["env", "volume"] = "env"
    """Whether it becomes an environment variable or a file."""
    deploy_target: str | None = None
    """Environment variable (in capitals) or folder; null with `env` takes every key."""
    key: str | None = None
    """Key within the secret; null takes the whole secret."""

    @model_validator(mode="after")
    def _check_target(self) -> Secret:
        """Refuse what Kubernetes would: a key without a target, or a target of another kind."""
        if complaint := _target_complaint(self):
            raise complete_complaint("secret_target", complaint)
        return self


def _target_complaint(secret: Secret) -> str:
    target = secret.deploy_target
    if secret.deploy_type == "volume":
        absolute = target is not None and target.startswith("/")
        return "" if absolute else "expected an absolute path as deploy_target"
    if target is None:
        return "" if secret.key is None else "found a key, expected a deploy_target beside it"
    if not re.fullmatch(r"[-._A-Za-z][-._A-Za-z0-9]*", target):
        return f"found {target!r}, expected the name of an environment variable as deploy_target"
    return "found a deploy_target, expected a key beside it" if secret.key is None else ""


def _check_template(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Complain once, not once for each of the two spellings."""
    try:
        return check(value)
    except ValidationError as error:
        message = "expected YAML text or a mapping, neither of them empty"
        raise PydanticCustomError("template", message) from error


class PodTemplate(ClosedModel):
    """A pod written out by the user."""

    template: Annotated[
        Annotated[str, Field(min_length=1)] | Annotated[dict[str, Json], Field(min_length=1)],
        WrapValidator(_check_template),
    ]
    """The pod: YAML text, or the same as a mapping, which is what an export writes."""
    image: ImageName | None = None
    """Image that replaces `run_config.image`."""
