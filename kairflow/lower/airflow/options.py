"""What the caller chooses when lowering to Airflow, beyond what the IR says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AirflowLine(str, Enum):
    """The Airflow versions that a DAG file is written for: `3` is 3.1 and later."""

    AIRFLOW_3 = "3"


class Runtime(str, Enum):
    """What a task is: a pod on Kubernetes, or a child of the Airflow worker."""

    KUBERNETES = "kubernetes"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one lowering; `None` leaves a choice to the IR.

    `project_dir` and `python` belong to the local runtime, which needs the first: the folder of
    the Kedro project, and the interpreter that has the project's requirements, both as the Airflow
    worker sees them. `cron_expression` replaces the IR's; an empty text means no schedule.
    """

    line: AirflowLine = AirflowLine.AIRFLOW_3
    runtime: Runtime = Runtime.KUBERNETES
    image: str | None = None
    dag_name: str | None = None
    cron_expression: str | None = None
    project_dir: str | None = None
    python: str | None = None
