"""Execute the Dataproc tasks of a DAG file with a hook that only writes down what it is asked.

    …/bin/python record_dataproc.py DAG_FILE…

There is no emulator of Dataproc. The operators are the real ones, and what they send is read by
Google's own messages, which refuse a field that does not exist. Prints JSON: for each file by its
stem, and each task in the file's order, the calls of the hook.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

# Started by its path, in an environment that has Airflow and no Kairflow.
sys.path[0] = str(Path(__file__).parents[2])

from tests.airflow.inspect_context import Run, template_context  # noqa: E402
from tests.airflow.inspect_dag import load  # noqa: E402

READERS = {"create_cluster": "Cluster", "submit_job": "Job", "create_batch": "Batch"}
PARTS = {"create_cluster": "cluster_config", "submit_job": "job", "create_batch": "batch"}


class Recorder:
    """Stands in for `DataprocHook`; every call succeeds at once."""

    def __init__(self, calls: list[dict[str, Any]], **connection: Any) -> None:
        self.calls = calls
        self.connection = connection
        self.project_id = "from-connection"

    def __getattr__(self, name: str) -> Any:
        def call(*_: Any, **asked: Any) -> Any:
            if name.startswith(("create", "delete", "submit")):
                kept = {key: value for key, value in asked.items() if is_plain(value)}
                record = {"method": name, "connection": self.connection["gcp_conn_id"], **kept}
                self.calls.append({**record, **as_google_reads(name, asked)})
            return answer(name)

        return call


def is_plain(value: Any) -> bool:
    return isinstance(value, (str, dict, list)) and bool(value)


def as_google_reads(method: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Pass a request through Google's own message."""
    from google.cloud import dataproc_v1

    if method not in READERS:
        return {}
    message = getattr(dataproc_v1, READERS[method])
    part = PARTS[method]
    content = {"config": asked[part]} if method == "create_cluster" else asked[part]
    return {"read": message.to_dict(message(content), preserving_proto_field_name=True)}


def answer(method: str) -> Any:
    from google.cloud.dataproc_v1 import Batch, Cluster

    if method == "submit_job":
        return SimpleNamespace(reference=SimpleNamespace(job_id="job-1"))
    if method in ("create_batch",):
        return SimpleNamespace(metadata=SimpleNamespace(batch="b/batch-1"), operation=None)
    if method in ("wait_for_batch", "get_batch"):
        return Batch(state=Batch.State.SUCCEEDED)
    if method == "check_error_for_resource_is_not_ready_msg":
        return False
    return Cluster(status={"state": "RUNNING"})


def execute(dag: Any, task: Any) -> list[dict[str, Any]]:
    from airflow.providers.google.cloud.operators import dataproc

    calls: list[dict[str, Any]] = []
    links = [name for name in vars(dataproc) if name.startswith("Dataproc") and "Link" in name]
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            patch.object(dataproc, "DataprocHook", lambda **given: Recorder(calls, **given))
        )
        for name in links:
            if hasattr(getattr(dataproc, name), "persist"):
                stack.enter_context(patch.object(getattr(dataproc, name), "persist"))
        context = stack.enter_context(template_context(dag, task, Run()))
        context["ti"].render_templates(context)
        context["ti"].task.execute(context)
    return calls


def record(dag_file: Path) -> dict[str, Any]:
    bag, _ = load(dag_file.resolve())
    assert not bag.import_errors, bag.import_errors
    (dag,) = bag.dags.values()
    tasks = [task for task in dag.tasks if type(task).__name__.startswith("Dataproc")]
    return {task.task_id: execute(dag, task) for task in tasks}


def main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        report = {path.stem: record(path) for path in map(Path, sys.argv[1:])}
    json.dump(report, sys.stdout, default=str)


if __name__ == "__main__":
    main()
