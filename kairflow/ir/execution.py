"""The configuration's words for how a task is run: retries, time limits, pools; and who wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from kairflow.ir.base import ClosedModel

Seconds = Annotated[int, Field(gt=0)]


class Execution(ClosedModel):
    """How Airflow runs a task; null leaves it to whoever is less specific.

    The same keys stand in `run_config` for every task, in a resource class, and under
    `nodes.<node>`; a node beats its class, and a class beats `run_config`.
    """

    retries: Annotated[int, Field(ge=0)] | None = None
    """How often a task that failed is tried again."""
    retry_delay: Seconds | None = None
    """How long to wait before the next try, in seconds."""
    retry_backoff: bool | None = None
    """Whether each wait is about twice as long as the one before."""
    max_retry_delay: Seconds | None = None
    """The longest wait between two tries, in seconds."""
    execution_timeout: Seconds | None = None
    """How long one try may take, in seconds."""
    pool: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Airflow pool that the task takes a slot of."""
    pool_slots: Annotated[int, Field(ge=1)] | None = None
    """How many slots of the pool the task takes."""
    priority: int | None = None
    """Priority weight: of the tasks that wait for a slot, the highest goes first."""
    owner: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Who answers for the task."""
    deferrable: bool | None = None
    """Whether a running pod takes up a slot of Airflow's triggerer instead of a worker's."""


EXECUTION_KEYS = tuple(Execution.model_fields)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two nodes of one group that ask for two different things."""

    key: str
    nodes: tuple[str, str]
    values: tuple[object, object]

    @property
    def sentence(self) -> str:
        """Say who asks for what."""
        (one, other), (first, second) = self.nodes, self.values
        return f"node {one!r} asks for {self.key} {first!r}, node {other!r} for {second!r}"


def asked_of_task(execution: Execution) -> dict[str, object]:
    """Return the keys that are not left open."""
    values = {key: getattr(execution, key) for key in EXECUTION_KEYS}
    return {key: value for key, value in values.items() if value is not None}


def settle(
    nodes: Iterable[str], by_node: Mapping[str, Execution]
) -> tuple[dict[str, object], tuple[Conflict, ...]]:
    """Return what the nodes of one group ask for, and where two of them disagree."""
    settled: dict[str, object] = {}
    asker: dict[str, str] = {}
    conflicts = []
    for node in nodes:
        if node not in by_node:
            continue
        for key, value in asked_of_task(by_node[node]).items():
            first = settled.setdefault(key, value)
            asker.setdefault(key, node)
            if first != value:
                conflicts.append(Conflict(key, (asker[key], node), (first, value)))
    return settled, tuple(conflicts)
