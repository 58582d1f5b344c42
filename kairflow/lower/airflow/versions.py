"""Which module each symbol comes from, by Airflow line: the only place that knows imports.

Listed are symbols that every version of a line has, in the module that is silent in all of them, so
that a file made for a line needs no fallback. Line 3 is 3.1 and later: `literal` came to
`airflow.sdk` with 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kairflow.errors import InternalError

_DATAPROC = "airflow.providers.google.cloud.operators.dataproc"

_EVERY_LINE = {
    "CronDataIntervalTimetable": "airflow.timetables.interval",
    "CronTriggerTimetable": "airflow.timetables.trigger",
    "DataprocCreateBatchOperator": _DATAPROC,
    "DataprocCreateClusterOperator": _DATAPROC,
    "DataprocDeleteClusterOperator": _DATAPROC,
    "DataprocSubmitJobOperator": _DATAPROC,
    "KubernetesHook": "airflow.providers.cncf.kubernetes.hooks.kubernetes",
    "KubernetesPodOperator": "airflow.providers.cncf.kubernetes.operators.pod",
    "Secret": "airflow.providers.cncf.kubernetes.secret",
    "SlackWebhookNotifier": "airflow.providers.slack.notifications.slack_webhook",
    "SparkKubernetesOperator": "airflow.providers.cncf.kubernetes.operators.spark_kubernetes",
    "SparkSubmitOperator": "airflow.providers.apache.spark.operators.spark_submit",
}

_LINE_3 = {
    **_EVERY_LINE,
    "BaseOperator": "airflow.sdk",
    "Context": "airflow.sdk",
    "DAG": "airflow.sdk",
    "ExternalTaskSensor": "airflow.providers.standard.sensors.external_task",
    "Param": "airflow.sdk",
    "PythonOperator": "airflow.providers.standard.operators.python",
    "SubprocessHook": "airflow.providers.standard.hooks.subprocess",
    "Variable": "airflow.sdk",
    "literal": "airflow.sdk",
}

_LINE_2 = {
    **_EVERY_LINE,
    "BaseOperator": "airflow.models",
    "Context": "airflow.utils.context",
    "DAG": "airflow",
    "ExternalTaskSensor": "airflow.sensors.external_task",
    "Param": "airflow.models.param",
    "PythonOperator": "airflow.operators.python",
    "SubprocessHook": "airflow.hooks.subprocess",
    "Variable": "airflow.models",
    "literal": "airflow.utils.template",
}

SYMBOLS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "2": MappingProxyType(_LINE_2),
        "3": MappingProxyType(_LINE_3),
        "3.0": MappingProxyType({**_LINE_3, "literal": "airflow.sdk.definitions.template"}),
    }
)
"""Line to symbol to module."""


def module_of(symbol: str, line: str) -> str:
    """Return the module to import `symbol` from."""
    try:
        return SYMBOLS[line][symbol]
    except KeyError:
        raise InternalError(f"no import for {symbol!r} on Airflow line {line!r}") from None
