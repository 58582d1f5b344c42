"""What a Kubernetes API server asks of node selectors, tolerations and affinities."""

from __future__ import annotations

from tests.services.findings import Findings, Json
from tests.services.metadata_rules import check_labels
from tests.services.syntax import label_value, qualified_name

LABEL_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")


def check_scheduling(found: Findings, spec: Json) -> None:
    """Check all that decides where a pod may run."""
    check_labels(found, "spec.nodeSelector", spec.get("nodeSelector"))
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        _check_toleration(found, f"spec.tolerations[{index}]", toleration)
    affinity = spec.get("affinity") or {}
    _check_node_affinity(found, "spec.affinity.nodeAffinity", affinity.get("nodeAffinity") or {})
    for kind in ("podAffinity", "podAntiAffinity"):
        _check_pod_affinity(found, f"spec.affinity.{kind}", affinity.get(kind) or {})
    for index, spread in enumerate(spec.get("topologySpreadConstraints") or ()):
        _check_spread(found, f"spec.topologySpreadConstraints[{index}]", spread)


def _check_toleration(found: Findings, path: str, toleration: Json) -> None:
    operator = toleration.get("operator") or "Equal"
    found.text(f"{path}.key", toleration.get("key"), qualified_name, optional=True)
    found.one_of(f"{path}.operator", operator, ("Equal", "Exists"))
    found.one_of(f"{path}.effect", toleration.get("effect") or "", EFFECTS)
    if not toleration.get("key") and operator != "Exists":
        found.invalid(f"{path}.operator", operator, "must be Exists when `key` is empty")
    if operator == "Exists" and toleration.get("value"):
        message = "value must be empty when `operator` is 'Exists'"
        found.invalid(f"{path}.value", toleration["value"], message)
    elif operator == "Equal":
        found.text(f"{path}.value", toleration.get("value"), label_value, optional=True)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        message = "must be 'NoExecute' when `tolerationSeconds` is set"
        found.invalid(f"{path}.effect", toleration.get("effect"), message)


def _check_node_affinity(found: Findings, path: str, affinity: Json) -> None:
    if (required := affinity.get(REQUIRED)) is not None:
        where = f"{path}.{REQUIRED}.nodeSelectorTerms"
        terms = required.get("nodeSelectorTerms") or []
        if not terms:
            found.required(where, "must have at least one node selector term")
        for index, term in enumerate(terms):
            _check_term(found, f"{where}[{index}]", term or {})
    for index, preferred in enumerate(affinity.get(PREFERRED) or ()):
        where = f"{path}.{PREFERRED}[{index}]"
        found.number(f"{where}.weight", preferred.get("weight") or 0, 1, 100)
        if preferred.get("preference") is None:
            found.required(f"{where}.preference")
        _check_term(found, f"{where}.preference", preferred.get("preference") or {})


def _check_term(found: Findings, path: str, term: Json) -> None:
    if not term.get("matchExpressions") and not term.get("matchFields"):
        # A real server takes the term, and it matches no node ever.
        found.required(path, "a term without expressions matches nothing")
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        where = f"{path}.matchExpressions[{index}]"
        _check_expression(found, where, expression, (*LABEL_OPERATORS, "Gt", "Lt"))
    for index, field in enumerate(term.get("matchFields") or ()):
        where = f"{path}.matchFields[{index}]"
        found.one_of(f"{where}.key", field.get("key"), ("metadata.name",))
        found.one_of(f"{where}.operator", field.get("operator"), ("In", "NotIn"))
        if len(field.get("values") or ()) != 1:
            found.required(f"{where}.values", "must have one element")


def _check_expression(
    found: Findings, path: str, expression: Json, operators: tuple[str, ...]
) -> None:
    operator, values = expression.get("operator"), expression.get("values") or []
    found.text(f"{path}.key", expression.get("key"), qualified_name)
    found.one_of(f"{path}.operator", operator, operators)
    if operator in ("In", "NotIn"):
        if not values:
            found.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        for index, value in enumerate(values):
            found.text(f"{path}.values[{index}]", value, label_value, optional=True)
    elif operator in ("Exists", "DoesNotExist") and values:
        found.forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists'")
    elif operator in ("Gt", "Lt") and not (len(values) == 1 and _is_integer(values[0])):
        found.required(f"{path}.values", "must be a single integer when `operator` is 'Lt' or 'Gt'")


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _check_pod_affinity(found: Findings, path: str, affinity: Json) -> None:
    for index, term in enumerate(affinity.get(REQUIRED) or ()):
        _check_pod_term(found, f"{path}.{REQUIRED}[{index}]", term)
    for index, weighted in enumerate(affinity.get(PREFERRED) or ()):
        where = f"{path}.{PREFERRED}[{index}]"
        found.number(f"{where}.weight", weighted.get("weight") or 0, 1, 100)
        _check_pod_term(found, f"{where}.podAffinityTerm", weighted.get("podAffinityTerm") or {})


def _check_pod_term(found: Findings, path: str, term: Json) -> None:
    found.text(f"{path}.topologyKey", term.get("topologyKey"), qualified_name)
    check_selector(found, f"{path}.labelSelector", term.get("labelSelector") or {})


def check_selector(found: Findings, path: str, selector: Json) -> None:
    """Check a selector that is written as an object."""
    check_labels(found, f"{path}.matchLabels", selector.get("matchLabels"))
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        where = f"{path}.matchExpressions[{index}]"
        _check_expression(found, where, expression, LABEL_OPERATORS)


def _check_spread(found: Findings, path: str, spread: Json) -> None:
    found.number(f"{path}.maxSkew", spread.get("maxSkew") or 0, 1)
    found.text(f"{path}.topologyKey", spread.get("topologyKey"), qualified_name)
    choices = ("DoNotSchedule", "ScheduleAnyway")
    found.one_of(f"{path}.whenUnsatisfiable", spread.get("whenUnsatisfiable"), choices)
    check_selector(found, f"{path}.labelSelector", spread.get("labelSelector") or {})
