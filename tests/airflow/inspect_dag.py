"""Load DAG files as Airflow 3 does, and print what Airflow made of each as JSON, by its path.

    AIRFLOW_HOME=$(mktemp -d) …/bin/python inspect_dag.py DAG_FILE… [--conf JSON] [--unscheduled]

Needs no database, no server and no cluster. The document goes to stdout, everything that
Airflow has to say goes to stderr. Airflow variables come from the environment
(`AIRFLOW_VAR_<NAME>`), a pulled xcom is the text `<xcom TASK_IDS KEY>`. Pods lack the one label
that is found out by asking the cluster, `airflow_kpo_in_cluster`.
"""

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID

LOGICAL_DATE = datetime(2024, 5, 6, tzinfo=timezone.utc)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("dag_files", type=Path, nargs="+")
    parser.add_argument("--conf", type=json.loads, default={})
    parser.add_argument("--unscheduled", action="store_true", help="a run without a logical date")
    options = parser.parse_args()
    logical_date = None if options.unscheduled else LOGICAL_DATE
    with contextlib.redirect_stdout(sys.stderr):
        report = {
            str(path): inspect(path.resolve(), options.conf, logical_date)
            for path in options.dag_files
        }
    json.dump(report, sys.stdout, indent=2)


def inspect(dag_file: Path, conf: dict[str, Any], logical_date: datetime | None) -> dict[str, Any]:
    first_bag, first_warnings = load(dag_file)
    # Airflow and its providers warn about themselves while they are imported. What they say the
    # second time, when every module is there already, is about the DAG file.
    bag, second_warnings = load(dag_file)
    found = {text: None for path, text in first_warnings if Path(path) == dag_file}
    found |= {text: None for _, text in second_warnings}
    report: dict[str, Any] = {
        "errors": [*first_bag.import_errors.values()],
        "warnings": [*found],
        "dags": {dag_id: dag_report(dag, conf, logical_date) for dag_id, dag in bag.dags.items()},
    }
    return report


def load(dag_file: Path) -> tuple[Any, list[tuple[str, str]]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            from airflow.dag_processing.dagbag import DagBag
        except ImportError:  # before Airflow 3.2
            from airflow.models.dagbag import DagBag
        bag = DagBag(dag_folder=dag_file, safe_mode=True)
    return bag, [(w.filename, f"{w.category.__name__}: {w.message}") for w in caught]


def dag_report(dag: Any, conf: dict[str, Any], logical_date: datetime | None) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        document, serialised = serialise(dag)
        tasks = {task.task_id: task_report(dag, task, conf, logical_date) for task in dag.tasks}
    timetable = document["dag"]["timetable"]
    return {
        "tags": sorted(dag.tags),
        "doc_md": dag.doc_md,
        "description": dag.description,
        "timetable": timetable["__type"],
        **{key: timetable["__var"].get(key) for key in ("expression", "timezone")},
        "catchup": dag.catchup,
        "start_date": dag.start_date and dag.start_date.isoformat(),
        "default_args": plain(dag.default_args),
        "params": plain(dag.params.dump()),
        "serialised": serialised,
        "warnings": [f"{w.category.__name__}: {w.message}" for w in caught],
        "tasks": tasks,
    }


def serialise(dag: Any) -> tuple[dict[str, Any], bool]:
    from airflow.serialization import serialized_objects

    cls = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG
    document = json.loads(json.dumps(cls.to_dict(dag)))
    return document, {*cls.from_dict(document).task_dict} == {*dag.task_dict}


def task_report(
    dag: Any, task: Any, conf: dict[str, Any], logical_date: datetime | None
) -> dict[str, Any]:
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
        context = template_context(dag, task, conf, logical_date)
        context["ti"].render_templates(context)
        rendered = context["ti"].task
        report["fields"] = {name: plain(getattr(rendered, name)) for name in field_names(rendered)}
        if hasattr(rendered, "build_pod_request_obj"):
            report["pod"] = plain(rendered.build_pod_request_obj(context, dry_run=True))
    except Exception as error:  # noqa: BLE001  whatever a template raises is the report
        report["error"] = f"{type(error).__name__}: {error}"
    return report


def field_names(task: Any) -> Iterator[str]:
    """The fields that the operator's class adds to those of every operator."""
    from airflow.sdk import BaseOperator

    common = {*vars(BaseOperator(task_id="any"))}
    for name in sorted({*vars(task), *task.template_fields} - common):
        if not name.startswith("_"):
            yield name


def template_context(
    dag: Any, task: Any, conf: dict[str, Any], logical_date: datetime | None
) -> Any:
    """What Airflow hands to the templates of a task, built by Airflow itself."""
    from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    class TaskInstance(RuntimeTaskInstance):  # type: ignore[misc]
        def xcom_pull(
            self, task_ids: Any = None, *_: Any, key: str = "return_value", **__: Any
        ) -> str:
            return f"<xcom {task_ids} {key}>"

    run_id = f"{'scheduled' if logical_date else 'manual'}__2024-05-07T00:00:00+00:00"
    dag_run = DagRun.model_construct(
        dag_id=dag.dag_id,
        run_id=run_id,
        run_type="scheduled" if logical_date else "manual",
        state="running",
        logical_date=logical_date,
        data_interval_start=logical_date,
        data_interval_end=logical_date and logical_date + timedelta(days=1),
        run_after=LOGICAL_DATE + timedelta(days=1),
        start_date=LOGICAL_DATE + timedelta(days=1),
        conf=conf,
        consumed_asset_events=[],
        partition_key=None,
    )
    task_instance = TaskInstance.model_construct(
        id=UUID(int=1),
        dag_version_id=UUID(int=2),
        dag_id=dag.dag_id,
        run_id=run_id,
        task_id=task.task_id,
        try_number=1,
        map_index=-1,
        task=task.prepare_for_execution(),
        start_date=dag_run.start_date,
        bundle_instance=Mock(version=None),
        _ti_context_from_server=TIRunContext.model_construct(dag_run=dag_run, max_tries=0),
    )
    return task_instance.get_template_context()


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


if __name__ == "__main__":
    main()
