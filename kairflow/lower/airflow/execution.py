"""Retries, time limits and pools in Airflow's words."""

from __future__ import annotations

from collections.abc import Mapping

from kairflow.ir.deployment import RunConfig
from kairflow.ir.execution import asked_of_task, settle
from kairflow.ir.model import Group
from kairflow.lower.airflow.model import Duration, Setting

_ARGUMENTS = {
    "retries": "retries",
    "retry_delay": "retry_delay",
    "retry_backoff": "retry_exponential_backoff",
    "max_retry_delay": "max_retry_delay",
    "execution_timeout": "execution_timeout",
    "pool": "pool",
    "pool_slots": "pool_slots",
    "priority": "priority_weight",
    "owner": "owner",
    "deferrable": "deferrable",
}
"""The configuration's keys, and the arguments of an Airflow operator."""

DEFAULT_POOL = "default_pool"
"""The pool that every Airflow has."""

DELETING = 2
"""How often a cluster's end is tried again, unless the configuration counts retries itself."""

_SECONDS = frozenset({"retry_delay", "max_retry_delay", "execution_timeout"})
_OF_PODS = frozenset({"deferrable"})


def arguments(asked: Mapping[str, object], *, pods: bool) -> dict[str, Setting]:
    """Return what is asked for as an operator's arguments; some are of pods alone."""
    return {
        _ARGUMENTS[key]: Duration(int(str(value)), "seconds") if key in _SECONDS else value  # type: ignore[misc]
        for key, value in asked.items()
        if pods or key not in _OF_PODS
    }


def of_every_task(config: RunConfig) -> dict[str, Setting]:
    """Return the DAG's default arguments; whether pods are deferrable is said to pods alone."""
    return arguments(asked_of_task(config), pods=False)


def of_cluster(config: RunConfig) -> dict[str, Setting]:
    """Return what keeps limits that are meant for jobs from the tasks around them.

    A cluster whose creation runs out of time, or whose end waits for a slot, is paid for on.
    """
    kept: dict[str, Setting] = {}
    if config.execution_timeout is not None:
        kept["execution_timeout"] = None
    if config.pool is not None:
        kept["pool"] = DEFAULT_POOL
    return kept


def of_group(group: Group, config: RunConfig, *, pods: bool) -> dict[str, Setting]:
    """Return what the nodes of one task ask for by their names."""
    return arguments(settle(group.nodes, config.nodes)[0], pods=pods)
