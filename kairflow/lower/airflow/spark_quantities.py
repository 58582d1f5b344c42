"""Kubernetes' quantities in Spark's words: never less than what was asked for."""

from __future__ import annotations

import math
import re
from fractions import Fraction

MIB = 1024 * 1024
SMALLEST_MEMORY = 450 * MIB
"""With less Spark does not start: half as much again as the 300 MiB that it keeps to itself."""

_PARTS = re.compile(
    r"\+?(?P<number>[0-9.]+)(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[A-Za-z]*))"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_LARGEST_EXPONENT = 40
"""More than any cluster has, and little enough to calculate with."""


def amount(quantity: str) -> Fraction:
    """Return what a quantity of Kubernetes stands for."""
    parts = _PARTS.fullmatch(quantity)
    if parts is None:
        raise ValueError(f"{quantity!r} is no quantity")
    whole, _, decimals = parts["number"].partition(".")
    number = Fraction(int(f"{whole}{decimals}"), 10 ** len(decimals))
    suffix = parts["suffix"] or ""
    if suffix in _BINARY:
        return number * Fraction(1024) ** _BINARY[suffix]
    exponent = int(parts["exponent"]) if parts["exponent"] else _DECIMAL[suffix]
    return number * Fraction(10) ** max(-_LARGEST_EXPONENT, min(exponent, _LARGEST_EXPONENT))


def spark_memory(quantity: str) -> str:
    """Return memory as Spark spells it, where `g` and `m` are powers of 1024.

    Spark counts in whole MiB and drops what lies below, so that is rounded up here.
    """
    mebibytes = math.ceil(amount(quantity) / MIB)
    return f"{mebibytes}m" if mebibytes % 1024 or not mebibytes else f"{mebibytes // 1024}g"


def whole_cores(quantity: str) -> int:
    """Return how many tasks at once make use of so much of a processor: one at least."""
    return max(1, math.ceil(amount(quantity)))
