"""The syntaxes that a Kubernetes API server holds names, labels and quantities to."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

Problem = Callable[[str], str]

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
BINARY = {f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", start=1)}
DECIMAL = {
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate(("", *"kMGTPE"))},
    **{suffix: Fraction(1, 1000**power) for power, suffix in enumerate("mun", start=1)},
}
QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))((?:[KMGTPE]i)|[numkMGTPE]|[eE][+-]?\d+|)")


def dns_label(text: str) -> str:
    """Return what is wrong with a DNS-1123 label, or nothing."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if not re.fullmatch(LABEL, text):
        return (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def dns_subdomain(text: str) -> str:
    """Return what is wrong with a DNS-1123 subdomain, or nothing."""
    if len(text) > 253:
        return "must be no more than 253 characters"
    if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", text):
        return (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character"
        )
    return ""


def qualified_name(text: str) -> str:
    """Return what is wrong with the key of a label or an annotation, or nothing."""
    prefix, slash, name = text.rpartition("/")
    if slash and (dns_subdomain(prefix) or "/" in prefix):
        return "prefix part must be a lowercase RFC 1123 subdomain"
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return "name part must be no more than 63 characters"
    if not re.fullmatch(QUALIFIED, name):
        return (
            "name part must consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
    return ""


def label_value(text: str) -> str:
    """Return what is wrong with the value of a label, or nothing."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if text and not re.fullmatch(QUALIFIED, text):
        return (
            "a valid label must be an empty string or consist of alphanumeric characters, "
            "'-', '_' or '.', and must start and end with an alphanumeric character"
        )
    return ""


def variable_name(text: str) -> str:
    """Return what is wrong with the name of an environment variable, or nothing."""
    if not re.fullmatch(r"[-._a-zA-Z][-._a-zA-Z0-9]*", text) or text.startswith(".."):
        return (
            "a valid environment variable name must consist of alphabetic characters, digits, "
            "'_', '-', or '.', and must not start with a digit"
        )
    return "must not be '.'" if text == "." else ""


def config_key(text: str) -> str:
    """Return what is wrong with a key of a secret or a config map, or nothing."""
    if len(text) > 253 or not re.fullmatch(r"[-._a-zA-Z0-9]+", text) or text.startswith(".."):
        return "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    return "must not be '.'" if text == "." else ""


def relative_path(text: str) -> str:
    """Return what is wrong with a path below a volume, or nothing."""
    if text.startswith("/"):
        return "must be a relative path"
    return "must not contain '..'" if ".." in text.split("/") else ""


def absolute_path(text: str) -> str:
    """Return what is wrong with the place of a mount, or nothing."""
    if ":" in text:
        return "must not contain ':'"
    return "" if text.startswith("/") else "must be an absolute path"


def quantity(text: object) -> Fraction | None:
    """Read a quantity such as `500m` or `1.5Gi`; None when it is not one."""
    match = QUANTITY.fullmatch(str(text))
    if not match or isinstance(text, bool):
        return None
    number, unit = match.groups()
    if unit in BINARY or unit in DECIMAL:
        return Fraction(number.rstrip(".")) * (BINARY.get(unit) or DECIMAL[unit])
    return Fraction(f"{number.rstrip('.')}{unit}")
