"""The verbs that deploy, against a real server of Airflow 3."""

from __future__ import annotations

from tests.airflow.live.deploying import *  # noqa: F403  the scenarios of all lines
from tests.airflow.live.example import *  # noqa: F403
from tests.airflow.live.running import *  # noqa: F403
from tests.airflow.live.viewing import *  # noqa: F403  last: its many DAGs slow others down

LINE = "3"
