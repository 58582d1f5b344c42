"""What the caller chooses when lowering to Airflow, beyond what the IR says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class AirflowLine(str, Enum):
    """The Airflow versions that a DAG file is written for.

    `3` is 3.1 and later; 3.0, which lacks some of what that has, must be asked for. `2` is 2.9 to
    2.11, the versions with setup and teardown, notifiers and literal text.
    """

    AIRFLOW_3 = "3"
    AIRFLOW_3_0 = "3.0"
    AIRFLOW_2 = "2"

    @property
    def is_2(self) -> bool:
        """Whether runs always have a logical date, and Airflow 2's names are in force."""
        return self is AirflowLine.AIRFLOW_2

    def runs_on(self, server: AirflowLine) -> bool:
        """Whether a file for this line works on a server of that one: 3.0 lacks what 3.1 has."""
        return self is server or (
            self is AirflowLine.AIRFLOW_3_0 and server is AirflowLine.AIRFLOW_3
        )


def line_of(version: str) -> AirflowLine | None:
    """Return the line of a version of Airflow such as `2.11.0`; None for one that is not known."""
    found = re.match(r"([0-9]+)\.([0-9]+)", version)
    if found is None:
        return None
    major, minor = int(found[1]), int(found[2])
    if major == 2:
        return AirflowLine.AIRFLOW_2 if 9 <= minor <= 11 else None
    if major != 3:
        return None
    return AirflowLine.AIRFLOW_3 if minor else AirflowLine.AIRFLOW_3_0


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
    `timezone` is that of the schedule, a name of the IANA database. A DAG that is `by_hand` is for
    one run now: it waits for no other, and no start date is in its way.
    `allow_custom_operators` takes over operators that a class of the project wrote as Python text.
    """

    line: AirflowLine = AirflowLine.AIRFLOW_3
    runtime: Runtime = Runtime.KUBERNETES
    image: str | None = None
    dag_name: str | None = None
    cron_expression: str | None = None
    timezone: str | None = None
    by_hand: bool = False
    project_dir: str | None = None
    python: str | None = None
    allow_custom_operators: bool = False
