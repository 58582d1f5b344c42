"""Which module each symbol comes from, by Airflow line: the only place that knows imports.

Listed are symbols that every version of a line has, so that a file made for a line needs no
fallback. Line 3 is 3.1 and later: `literal` came to `airflow.sdk` with 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kairflow.errors import InternalError

_LINE_3 = MappingProxyType(
    {
        "BaseOperator": "airflow.sdk",
        "Context": "airflow.sdk",
        "CronDataIntervalTimetable": "airflow.timetables.interval",
        "CronTriggerTimetable": "airflow.timetables.trigger",
        "DAG": "airflow.sdk",
        "KubernetesPodOperator": "airflow.providers.cncf.kubernetes.operators.pod",
        "SubprocessHook": "airflow.providers.standard.hooks.subprocess",
        "literal": "airflow.sdk",
    }
)

SYMBOLS: Mapping[str, Mapping[str, str]] = MappingProxyType({"3": _LINE_3})
"""Line to symbol to module."""


def module_of(symbol: str, line: str) -> str:
    """Return the module to import `symbol` from."""
    try:
        return SYMBOLS[line][symbol]
    except KeyError:
        raise InternalError(f"no import for {symbol!r} on Airflow line {line!r}") from None
