"""The table of expectations: which check looks for which key of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.airflow.every_key.probing import Traces


@dataclass(frozen=True)
class Runs:
    """What the two runs of a line left: with every key set, and with those that exclude others."""

    full: Traces
    alone: Traces


Check = Callable[[Runs], None]
EXPECTATIONS: dict[str, Check] = {}


def expects(*keys: str) -> Callable[[Check], Check]:
    """Enter a check for keys."""

    def enter(check: Check) -> Check:
        for key in keys:
            assert key not in EXPECTATIONS, f"{key} has two checks"
            EXPECTATIONS[key] = check
        return check

    return enter
