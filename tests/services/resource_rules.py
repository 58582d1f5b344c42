"""What a Kubernetes API server asks of requests and limits."""

from __future__ import annotations

from tests.services.findings import Findings, Json
from tests.services.syntax import qualified_name, quantity

STANDARD = ("cpu", "memory", "ephemeral-storage")


def check_resources(found: Findings, path: str, resources: Json) -> None:
    """Check what a container asks for."""
    requests = resources.get("requests") or {}
    limits = resources.get("limits") or {}
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            _check_name(found, f"{path}.{kind}[{name}]", name)
            check_quantity(found, f"{path}.{kind}[{name}]", amount)
            if _is_extended(name) and "." in str(amount):
                found.invalid(f"{path}.{kind}[{name}]", amount, "must be an integer")
    for name in requests:
        _compare(found, f"{path}.requests", name, requests, limits)


def check_quantity(found: Findings, field: str, amount: object, *, positive: bool = False) -> None:
    size = quantity(amount)
    if size is None:
        found.invalid(field, amount, "quantities must match the regular expression of a quantity")
    elif size < 0 or (positive and size == 0):
        found.invalid(
            field, amount, f"must be greater than {'' if positive else 'or equal to '}zero"
        )


def _is_extended(name: str) -> bool:
    return name not in STANDARD and not name.startswith("hugepages-")


def _check_name(found: Findings, field: str, name: str) -> None:
    if message := qualified_name(name):
        found.invalid(field, name, message)
    elif _is_extended(name) and "/" not in name:
        found.invalid(field, name, "must be a standard resource type or fully qualified")


def _compare(found: Findings, path: str, name: str, requests: Json, limits: Json) -> None:
    asked, allowed = quantity(requests[name]), quantity(limits.get(name, ""))
    if name not in limits:
        if _is_extended(name):
            found.required(f"{path.removesuffix('requests')}limits[{name}]", "limit must be set")
    elif asked is None or allowed is None:
        return
    elif _is_extended(name) and asked != allowed:
        found.invalid(f"{path}[{name}]", requests[name], f"must be equal to {name} limit")
    elif asked > allowed:
        message = f"must be less than or equal to {name} limit of {limits[name]}"
        found.invalid(f"{path}[{name}]", requests[name], message)
