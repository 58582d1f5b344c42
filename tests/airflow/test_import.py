"""Real Airflow imports every golden DAG, and its tasks get what the IR says, as typed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from kairflow.ir import Document, digest, read_document
from kairflow.lower.airflow.dag_file import dag_digest
from kairflow.lower.airflow.kedro_run import nodes_argument, shared_arguments
from kairflow.lower.airflow.names import airflow_id
from tests.airflow.conftest import Environment, Inspect, InspectAll, golden_files


@pytest.fixture
def document(dag_file: Path) -> Document:
    return read_document((dag_file.parent / "ir.json").read_text(encoding="utf-8"))


def test_there_are_golden_files_of_both_runtimes() -> None:
    assert {path.stem for path in golden_files("3")} >= {"dag-kubernetes", "dag-local"}


def test_airflow_runs_what_the_ir_says(
    dag_file: Path, document: Document, inspect: Inspect
) -> None:
    report = inspect(dag_file)
    assert report["errors"] == []
    assert report["warnings"] == []
    ((_, dag),) = report["dags"].items()
    assert dag["warnings"] == []
    assert dag["serialised"] is True
    assert f"kairflow_ir:{digest(document)[:16]}" in dag["tags"]
    text = dag_file.read_text(encoding="utf-8")
    assert f"kairflow_dag:{dag_digest(text)[:16]}" in dag["tags"]
    config = document.deployment.run_config
    assert dag["catchup"] is config.catchup
    assert dag["start_date"] == f"{config.start_date.isoformat()}T00:00:00+00:00"
    assert dag["description"] == config.description
    _check_graph(document, dag["tasks"])
    for group in document.groups:
        task = dag["tasks"][airflow_id(group.id)]
        assert "error" not in task
        assert all(name in task["doc_md"] for name in group.nodes)
        expected = (*shared_arguments(document), nodes_argument(group.nodes))
        assert tuple(_received(task)) == expected


def _check_graph(document: Document, tasks: dict[str, Any]) -> None:
    expected = {
        airflow_id(group.id): sorted(airflow_id(need) for need in group.needs)
        for group in document.groups
    }
    assert {task_id: task["upstream"] for task_id, task in tasks.items()} == expected


def _received(task: dict[str, Any]) -> list[str]:
    """Return what Kedro is told: from the pod that would be sent, or from the child's arguments."""
    if "pod" not in task:
        arguments: list[str] = task["fields"]["arguments"]
        return arguments
    (container,) = task["pod"]["spec"]["containers"]
    kedro, *arguments = [_expanded(argument) for argument in container["args"]]
    assert kedro == "kedro"
    return arguments


def _expanded(argument: str) -> str:
    """Do to a container's argument what Kubernetes does when no variable of that name is set."""
    return argument.replace("$$", "$")


def test_pods_ask_for_what_their_resource_class_says(pod_file: Path, inspect: Inspect) -> None:
    document = read_document((pod_file.parent / "ir.json").read_text(encoding="utf-8"))
    config = document.deployment.run_config
    ((_, dag),) = inspect(pod_file)["dags"].items()
    for group in document.groups:
        pod = dag["tasks"][airflow_id(group.id)]["pod"]
        (container,) = pod["spec"]["containers"]
        assert container["image"] == config.image
        assert container["imagePullPolicy"] == config.image_pull_policy
        assert container.get("command", []) == list(config.command or ())
        assert pod["metadata"]["namespace"] == config.namespace
        assert pod["spec"].get("serviceAccountName") == config.service_account_name
        secrets = [secret["name"] for secret in pod["spec"].get("imagePullSecrets", [])]
        assert tuple(secrets) == config.image_pull_secrets
        if group.resource_class is None:
            continue
        asked = config.resources[group.resource_class]
        resources = container.get("resources", {})
        assert resources.get("requests", {}) == asked.requests
        assert resources.get("limits", {}) == asked.limits
        assert pod["spec"].get("nodeSelector", {}) == asked.node_selectors
        assert asked.labels.items() <= pod["metadata"]["labels"].items()
        assert pod["metadata"].get("annotations", {}) == asked.annotations
        tolerations = pod["spec"].get("tolerations", [])
        wanted = [t.model_dump(exclude_none=True) for t in asked.tolerations]
        assert tolerations == wanted


def test_the_command_in_the_documentation_is_the_command_that_runs(
    local_file: Path, inspect: Inspect
) -> None:
    document = read_document((local_file.parent / "ir.json").read_text(encoding="utf-8"))
    ((_, dag),) = inspect(local_file)["dags"].items()
    for group in document.groups:
        task = dag["tasks"][airflow_id(group.id)]
        _, _, command = task["doc_md"].partition("~~~sh\n")
        words = shlex.split(command.rpartition("\n~~~")[0])
        assert words == ["kedro", *task["fields"]["arguments"]]


def test_what_is_deprecated_or_broken_would_be_seen(
    environment: Environment, inspect_all: InspectAll, tmp_path: Path
) -> None:
    """The check above can fail: an old import warns, and an import that is gone is an error."""
    old_module, symbol = {
        "2": ("airflow.operators.bash_operator", "BashOperator"),
        "3": ("airflow.utils.task_group", "TaskGroup"),
    }[environment.line]
    old, gone = tmp_path / "old.py", tmp_path / "gone.py"
    old.write_text(f"from {old_module} import {symbol}\n# dag\n")
    gone.write_text("from airflow.contrib.kubernetes.secret import Secret\n# dag\n")
    reports = inspect_all(old, gone)
    assert any(symbol in text for text in reports[str(old)]["warnings"])
    assert any("airflow.contrib" in text for text in reports[str(gone)]["errors"])
