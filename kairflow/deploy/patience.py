"""Waiting for a server: how often to look, and how long it may be away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kairflow.deploy.airflow_http import Clock
from kairflow.errors import ServerBrokenError, UnreachableError

LOOK_EVERY = 2.0
"""Seconds between two looks."""

PATIENCE = 300.0
"""Seconds that a server which answered before may be away, as when it is restarted."""

Value = TypeVar("Value")


def patiently(clock: Clock, look: Callable[[], Value], seconds: float = PATIENCE) -> Value:
    """Look until the server answers.

    Raises:
        AirflowError: it has not answered within that many seconds, or refuses.
    """
    start = clock.now()
    while True:
        try:
            return look()
        except (UnreachableError, ServerBrokenError):
            if clock.now() - start >= seconds:
                raise
            clock.sleep(LOOK_EVERY)


def spell(seconds: float) -> str:
    """Spell a time for people: seconds below two minutes, else minutes."""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
