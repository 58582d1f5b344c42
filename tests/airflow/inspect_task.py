"""What Airflow makes of one task: its fields as rendered, and the pod that would be sent."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from tests.airflow.inspect_context import Run, template_context

CLUSTER_LABEL = "airflow_kpo_in_cluster"


def task_report(dag: Any, task: Any, run: Run) -> dict[str, Any]:
    """Return the task as it stands in the DAG, then as it runs, or why it would not."""
    report: dict[str, Any] = {
        "operator": type(task).__name__,
        "upstream": sorted(task.upstream_task_ids),
        "downstream": sorted(task.downstream_task_ids),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "setup": task.is_setup,
        "teardown": task.is_teardown,
        "retries": task.retries,
        "retry_delay": task.retry_delay.total_seconds(),
        "doc_md": task.doc_md,
        "templates": {name: plain(getattr(task, name)) for name in sorted(task.template_fields)},
    }
    try:
        with template_context(dag, task, run) as context:
            context["ti"].render_templates(context)
            rendered = context["ti"].task
            names = field_names(rendered)
            report["fields"] = {name: plain(getattr(rendered, name)) for name in names}
            if hasattr(rendered, "build_pod_request_obj"):
                report["pod"] = plain(pod_of(rendered, context))
    except Exception as error:  # noqa: BLE001  whatever a template raises is the report
        report["error"] = f"{type(error).__name__}: {error}"
    return report


def field_names(task: Any) -> Iterator[str]:
    """The fields that the operator's class adds to those of every operator."""
    from airflow.models import BaseOperator

    common = {*vars(BaseOperator(task_id="any"))}
    for name in sorted({*vars(task), *task.template_fields} - common):
        if not name.startswith("_"):
            yield name


def pod_of(task: Any, context: Any) -> Any:
    """Build the pod without a cluster; what is only found out by asking it is left out."""
    if "dry_run" in inspect.signature(task.build_pod_request_obj).parameters:
        return task.build_pod_request_obj(context, dry_run=True)
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook

    # An older provider asks its hook one question, whether it runs within the cluster.
    with patch.object(KubernetesHook, "is_in_cluster", new=False):
        pod = task.build_pod_request_obj(context)
    del pod.metadata.labels[CLUSTER_LABEL]
    return pod


def plain(value: Any) -> Any:
    """The value in JSON's terms: Kubernetes objects as the cluster sees them, else the repr."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case set() | frozenset():
            return sorted(map(str, value))
        case _ if hasattr(value, "openapi_types"):
            return {
                value.attribute_map[k]: plain(v)
                for k in value.openapi_types
                if (v := getattr(value, k)) is not None
            }
        case _:
            return repr(value)
