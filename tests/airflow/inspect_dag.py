"""Load DAG files as Airflow does, and print what Airflow made of each as JSON, by its path.

    AIRFLOW_HOME=$(mktemp -d) …/bin/python inspect_dag.py FILE… [--conf JSON] [--unscheduled FILE…]

Works on Airflow 2.9 to 3; needs no database, no server and no cluster. The document goes to
stdout, everything that Airflow has to say goes to stderr. `--params` is another name of `--conf`:
the configuration of a run is how Airflow lets one override the parameters of its DAG. Airflow
variables come from the environment (`AIRFLOW_VAR_<NAME>`, `AIRFLOW_CONN_<NAME>`), a pulled xcom
is the text `<xcom TASK_IDS KEY>`. Pods lack the one label that is found out by asking the
cluster, `airflow_kpo_in_cluster`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

# Started by its path, in an environment that has Airflow and no Kairflow.
sys.path[0] = str(Path(__file__).parents[2])

from tests.airflow.inspect_context import Run, is_line_2  # noqa: E402
from tests.airflow.inspect_task import plain, task_report  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("dag_files", type=Path, nargs="+")
    parser.add_argument("--conf", "--params", type=json.loads, default={})
    parser.add_argument(
        "--unscheduled", type=Path, nargs="+", default=[], help="also in a run without a date"
    )
    options = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        if options.unscheduled and is_line_2():
            parser.error("a run of Airflow 2 has a logical date")
        run = Run(options.conf)
        report = {str(path): inspect(path.resolve(), run) for path in options.dag_files}
        for path in options.unscheduled:
            report[str(path)]["unscheduled"] = inspect(path.resolve(), Run(options.conf, None))
    json.dump(report, sys.stdout, indent=2)


def inspect(dag_file: Path, run: Run) -> dict[str, Any]:
    first_bag, first_warnings = load(dag_file)
    # Airflow and its providers warn about themselves while they are imported. What they say the
    # second time, when every module is there already, is about the DAG file.
    bag, second_warnings = load(dag_file)
    found = {text: None for path, text in first_warnings if Path(path) == dag_file}
    found |= {text: None for _, text in second_warnings}
    for dag in first_bag.dags.values():
        dag_report(dag, run)
    report: dict[str, Any] = {
        "errors": [*first_bag.import_errors.values()],
        "warnings": [*found],
        "dags": {dag_id: dag_report(dag, run) for dag_id, dag in bag.dags.items()},
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


def dag_report(dag: Any, run: Run) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        document, serialised = serialise(dag)
        tasks = {task.task_id: task_report(dag, task, run) for task in dag.tasks}
    timetable = document["dag"].get("timetable") or timetable_2(dag)
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


def timetable_2(dag: Any) -> dict[str, Any]:
    """What line 2 leaves out of the document if `schedule` is not a timetable."""
    timetable = dag.timetable
    name = f"{type(timetable).__module__}.{type(timetable).__qualname__}"
    return {"__type": name, "__var": timetable.serialize()}


if __name__ == "__main__":
    main()
