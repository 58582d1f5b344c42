"""Execute the Spark tasks of DAG files up to what leaves Airflow, and print that.

    …/bin/python record_spark.py DAG_FILE…

The operators and their hooks are the real ones. Instead of `spark-submit` a process is started that
says how the driver ended, and the cluster refuses every object. Prints JSON: for each file by its
stem, and each task, its `command` or its `object`, and for a command also what the task makes of a
driver that failed.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

# Started by its path, in an environment that has Airflow and no Kairflow.
sys.path[0] = str(Path(__file__).parents[2])

from tests.airflow.inspect_context import Run, template_context  # noqa: E402
from tests.airflow.inspect_dag import load, serialise  # noqa: E402


class RefusalError(Exception):
    """What the cluster says to every object."""


def rendered(dag: Any, task: Any, stack: contextlib.ExitStack) -> tuple[Any, Any]:
    context = stack.enter_context(template_context(dag, task, Run()))
    context["ti"].render_templates(context)
    return context["ti"].task, context


def submitted(dag: Any, task: Any, exit_code: int) -> dict[str, Any]:
    """Start the command; Spark's own exit code is 0 even when the driver failed."""
    from airflow.providers.apache.spark.hooks import spark_submit

    commands: list[list[str]] = []

    def start(command: list[str], **_: Any) -> Any:
        commands.append(command)
        log = io.StringIO(f"\t exit code: {exit_code}\n")
        return SimpleNamespace(stdout=log, wait=lambda: 0, poll=lambda: 0)

    with contextlib.ExitStack() as stack:
        operator, context = rendered(dag, task, stack)
        stack.enter_context(patch.object(spark_submit.subprocess, "Popen", start))
        try:
            operator.execute(context)
        except Exception as error:  # noqa: BLE001  whatever fails the task is the report
            return {"command": commands[0], "error": f"{type(error).__name__}: {error}"}
    return {"command": commands[0], "error": None}


def created(dag: Any, task: Any) -> dict[str, Any]:
    """Create the object in a cluster that has no pod yet, and refuses the object."""
    from kubernetes.client import CoreV1Api, CustomObjectsApi

    asked: list[dict[str, Any]] = []

    def refuse(*_: Any, **request: Any) -> None:
        asked.append(copy.deepcopy(request))
        raise RefusalError

    empty = SimpleNamespace(items=[])
    with contextlib.ExitStack() as stack:
        operator, context = rendered(dag, task, stack)
        stack.enter_context(
            patch.object(CustomObjectsApi, "create_namespaced_custom_object", refuse)
        )
        stack.enter_context(patch.object(CoreV1Api, "list_namespaced_pod", return_value=empty))
        with contextlib.suppress(RefusalError):
            operator.execute(context)
    keys = ("startup_timeout_seconds", "delete_on_termination", "deferrable", "kubernetes_conn_id")
    return {"object": asked[0], **{key: getattr(operator, key) for key in keys}}


def report(dag: Any, task: Any) -> dict[str, Any] | None:
    match type(task).__name__:
        case "SparkSubmitOperator":
            failed = submitted(dag, task, 1)["error"]
            return {**submitted(dag, task, 0), "error_of_failed_driver": failed}
        case "SparkKubernetesOperator":
            return created(dag, task)
    return None


def record(dag_file: Path) -> dict[str, Any]:
    bag, warned = load(dag_file)
    assert not bag.import_errors, bag.import_errors
    (dag,) = bag.dags.values()
    _, complete = serialise(dag)
    assert complete
    found = {task.task_id: report(dag, task) for task in dag.tasks}
    return {"warnings": [w for p, w in warned if Path(p) == dag_file], "tasks": found}


def main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        answer = {path.stem: record(path.resolve()) for path in map(Path, sys.argv[1:])}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
