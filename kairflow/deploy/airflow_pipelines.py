"""The DAGs on a server that Kairflow made, with the last run of each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kairflow.deploy.airflow_client import AirflowClient
from kairflow.deploy.airflow_values import Dag, Run

MADE_BY = "generated_with_kairflow"
"""The tag of every DAG that Kairflow made; its version stands behind."""

AT_ONCE = 8
"""How many DAGs are asked about at the same time: Airflow tells the last run of one only."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A pipeline as it is on the server."""

    dag: Dag
    last_run: Run | None

    @property
    def name(self) -> str:
        """Return the experiment's name, as far as the tag holds it."""
        return self.dag.tagged("experiment_name") or ""

    @property
    def digest(self) -> str:
        """Return the first 16 hex digits of the DAG file's digest."""
        return self.dag.tagged("kairflow_dag") or ""

    @property
    def version(self) -> str:
        """Return the version of Kairflow that made the file."""
        return self.dag.tagged(MADE_BY) or ""


def list_deployed(client: AirflowClient) -> Iterator[Deployed]:
    """Yield the DAGs that Kairflow made, by id.

    Raises:
        AirflowError: the server cannot be reached, refuses or fails.
    """
    ours = [dag for dag in client.dags() if dag.tagged(MADE_BY) is not None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = pool.map(lambda dag: client.last_run(dag.dag_id), ours)
        for dag, run in zip(ours, runs, strict=True):
            yield Deployed(dag, run)
