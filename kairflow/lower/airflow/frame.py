"""What stands around the pipeline: sensors, setups and teardowns, and how all is joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kairflow.ir.model import Document, Engine, Group
from kairflow.lower.airflow import mlflow, sensors, spark_jobs, storage
from kairflow.lower.airflow.model import Edge
from kairflow.lower.airflow.options import Options, Runtime

CREATE = "create_pipeline_storage"
FILL = "data_volume_init"
DELETE = "delete_pipeline_storage"
CREATE_CLUSTER = "create-spark-cluster"
DELETE_CLUSTER = "delete-spark-cluster"

_VARIABLES = {
    # Where a task's id is the name of the function that it calls, or no name at all.
    mlflow.START: "mlflow_start",
    mlflow.END: "mlflow_end",
    CREATE_CLUSTER: "create_spark_cluster",
    DELETE_CLUSTER: "delete_spark_cluster",
}


_CLUSTER = (CREATE_CLUSTER, DELETE_CLUSTER)


def variable(task_id: str) -> str:
    """Return the variable of a task that is no sensor."""
    return _VARIABLES.get(task_id, task_id)


@dataclass(frozen=True, slots=True)
class Frame:
    """The ids of the tasks around the pipeline."""

    sensors: tuple[str, ...]
    setups: tuple[tuple[str, ...], ...]
    """Chains of tasks that come before the pipeline's first ones."""
    ends: tuple[str, ...]
    """Tasks that come after the pipeline's last ones."""
    cluster: tuple[str, ...] = ()
    """The tasks that create and delete the Spark cluster of a run."""

    @property
    def task_ids(self) -> tuple[str, ...]:
        """Return the ids that no group may have."""
        around = (name for chain in self.setups for name in chain)
        return (*around, *self.ends, *self.cluster)


def frame_of(document: Document, options: Options, group_ids: Sequence[str]) -> Frame:
    """Decide which tasks stand around the pipeline."""
    config = document.deployment.run_config
    chains, ends = list[tuple[str, ...]](), list[str]()
    if options.runtime is Runtime.KUBERNETES and storage.is_needed(document):
        chains.append((CREATE, FILL) if storage.fills_volume(document) else (CREATE,))
        if config.volume.keep != "always":
            ends.append(DELETE)
    if mlflow.is_on(config):
        chains.append((mlflow.START,))
        ends.append(mlflow.END)
    has_cluster = spark_jobs.has_cluster(document, options)
    found = Frame((), tuple(chains), tuple(ends), _CLUSTER if has_cluster else ())
    awaited = sensors.task_ids(config.external_dependencies, (*group_ids, *found.task_ids))
    return replace(found, sensors=awaited)


def touched_groups(frame: Frame, groups: Sequence[Group]) -> frozenset[str]:
    """Return the groups that an edge touches; the tasks of others need no variable."""
    touched = {group.id for group in groups if group.needs}
    touched.update(need for group in groups for need in group.needs)
    if frame.setups or frame.sensors:
        touched.update(_roots(groups))
    if frame.ends:
        touched.update(_leaves(groups))
    if frame.cluster:
        touched.update((*_first_jobs(groups), *_last_jobs(groups)))
    return frozenset(touched)


def edges(
    frame: Frame,
    groups: Sequence[Group],
    variables: Mapping[str, str],
    sensor_variables: Sequence[str],
) -> Iterator[Edge]:
    """Yield who waits for whom: sensors first, so that nobody holds a volume while waiting."""
    setups = [[variable(task_id) for task_id in chain] for chain in frame.setups]
    roots = _roots(groups) if frame.setups or frame.sensors else []
    created = [variable(task_id) for task_id in frame.cluster[:1]]
    firsts = [chain[0] for chain in setups] or [variables[root] for root in roots]
    firsts += created
    yield from (Edge(sensor, first) for sensor in sensor_variables for first in firsts)
    for chain in setups:
        yield from (Edge(before, after) for before, after in pairwise(chain))
        yield from (Edge(chain[-1], variables[root]) for root in roots)
    for before in created:
        yield from (Edge(before, variables[job]) for job in _first_jobs(groups))
    for group in groups:
        yield from (Edge(variables[need], variables[group.id]) for need in group.needs)
    leaves = _leaves(groups) if frame.ends else []
    yield from (Edge(variables[leaf], variable(end)) for end in frame.ends for leaf in leaves)
    for end in frame.cluster[1:]:
        yield from (Edge(variables[job], variable(end)) for job in _last_jobs(groups))


def _roots(groups: Sequence[Group]) -> list[str]:
    return [group.id for group in groups if not group.needs]


def _leaves(groups: Sequence[Group]) -> list[str]:
    needed = {need for group in groups for need in group.needs}
    return [group.id for group in groups if group.id not in needed]


def _first_jobs(groups: Sequence[Group]) -> list[str]:
    """Return the Spark groups before which no other one runs; groups stand in order."""
    needs = {group.id: group.needs for group in groups}
    return _ends_of(groups, needs)


def _last_jobs(groups: Sequence[Group]) -> list[str]:
    """Return the Spark groups after which no other one runs."""
    needed_by: dict[str, list[str]] = {group.id: [] for group in groups}
    for group in groups:
        for need in group.needs:
            needed_by[need].append(group.id)
    found = frozenset(_ends_of(groups[::-1], needed_by))
    return [group.id for group in groups if group.id in found]


def _ends_of(groups: Sequence[Group], behind: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the Spark groups that have no other one behind them, however far away."""
    reached, ends = dict[str, bool](), list[str]()
    for group in groups:
        past = any(reached[name] for name in behind[group.id])
        is_job = group.engine is Engine.SPARK
        reached[group.id] = past or is_job
        if is_job and not past:
            ends.append(group.id)
    return ends
