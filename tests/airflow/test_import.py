"""Real Airflow imports every golden DAG, and its tasks get what the IR says, as typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from kairflow.ir import Document, digest, read_document
from kairflow.ir.model import Engine, Group
from kairflow.ir.run_params import find_parameter
from kairflow.lower.airflow.arguments import run_versioned
from kairflow.lower.airflow.dag_file import dag_digest
from kairflow.lower.airflow.kedro_run import nodes_argument, params_text, place_arguments
from kairflow.lower.airflow.names import airflow_id
from tests.airflow import spark_received
from tests.airflow.conftest import (
    GOLDEN,
    GOLDEN_FILES,
    SUSPECTS,
    UNSCHEDULED,
    Environment,
    Inspect,
    golden_files,
)

RUN_ID = "scheduled__2024-05-07T00:00:00+00:00"


@pytest.fixture
def document(dag_file: Path) -> Document:
    return _document_of(dag_file)


def _document_of(dag_file: Path) -> Document:
    return read_document((dag_file.parent / "ir.json").read_text(encoding="utf-8"))


def test_there_are_golden_files_of_both_runtimes() -> None:
    assert {path.stem for path in golden_files("3")} >= {"dag-kubernetes", "dag-local"}


def test_every_check_below_meets_golden_files(line: str) -> None:
    """Those that look at some of the files or groups would pass if there were none."""
    pods, processes = (
        [_document_of(path) for path in golden_files(line, GOLDEN_FILES[kind])]
        for kind in ("pod_file", "local_file")
    )
    of_pods = [group for document in pods for group in _python_groups(document)]
    assert len([document for document in pods if _python_groups(document)]) >= 11
    assert len([group for group in of_pods if group.resource_class is not None]) >= 32
    of_processes = [document for document in processes if _python_groups(document)]
    assert len(of_processes) >= 12
    assert len([document for document in of_processes if _runs_as_documented(document)]) >= 7


def _python_groups(document: Document) -> list[Group]:
    return [group for group in document.groups if group.engine is Engine.PYTHON]


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
        expected = (*_told(document), nodes_argument(group.nodes))
        assert _received_by(task, group, document) in (expected, None)
    assert not any("error" in task for task in dag["tasks"].values())


def _check_graph(document: Document, tasks: dict[str, Any]) -> None:
    """Among the tasks that run nodes the edges are the groups' needs."""
    of = {group.id: airflow_id(group.id) for group in document.groups}
    expected = {of[group.id]: {of[need] for need in group.needs} for group in document.groups}
    found = {name: {*tasks[name]["upstream"]} & expected.keys() for name in expected}
    assert found == expected
    config = document.deployment.run_config
    cluster = {"create-spark-cluster", "delete-spark-cluster"}
    if config.volume.disabled and not config.external_dependencies and config.mlflow is None:
        assert tasks.keys() - cluster == expected.keys()


def _told(document: Document) -> tuple[str, ...]:
    """Return what Kedro is told of the whole run, as it arrives."""
    config = document.deployment.run_config
    told = list(place_arguments(document))
    if config.versions is not None:
        made = ",".join(f"{name}:{VERSION}" for name in run_versioned(document))
        told.append(f"--load-versions={made}")
    if params := _params(document):
        told.append(f"--params={params_text(params)}")
    return tuple(told)


VERSION = "<version>"
EVERYTHING = {
    "text": "a, {{ b }}",
    "ds": "2024-05-06",
    "before": "2024-05-05",
    "label": f"run-{RUN_ID}",
    "plain": "no {template",
    "limits": {"a": [1, "10:30"]},
    "rate": 0.5,
    "model.depth": 3,
}
"""The parameters of the golden case `everything` on the day of the inspection, in their order."""


DATES = {"ds": "2024-05-06"}
"""The macros of the other golden cases on that day."""


def _params(document: Document) -> dict[str, Any]:
    if document.deployment.run_config.variables_params:
        return EVERYTHING
    config, given = document.deployment.run_config, dict(document.source.runtime_params)
    values = {name: find_parameter(document, name) for name in config.run_params}
    macros = {name: DATES[name] for name in config.macro_params}
    return {**given, **macros, **{name: found.value for name, found in values.items() if found}}


def _received_by(task: dict[str, Any], group: Group, document: Document) -> tuple[str, ...] | None:
    if group.engine is Engine.PYTHON:
        return tuple(_received(task))
    found = spark_received.kedro_arguments(task, document)
    return found and tuple(_with_sign(text) for text in found)


def _with_sign(argument: str) -> str:
    version = r"2024-05-0[67]T00\.00\.00\.000000Z"
    return re.sub(version, VERSION, argument)


def _received(task: dict[str, Any]) -> list[str]:
    """Return what Kedro is told: from the pod that would be sent, or from the child's arguments."""
    if "pod" not in task:
        return _kedro_arguments(task["fields"]["arguments"])
    container = task["pod"]["spec"]["containers"][0]
    return _kedro_arguments([_expanded(argument) for argument in container["args"]])


def _kedro_arguments(command: list[str]) -> list[str]:
    """Leave the program out; with versions, the version is replaced by a sign for it."""
    start = command.index("run")
    if "-c" in command[:start]:
        version = command[start - 1]
        assert re.fullmatch(r"2024-05-0[67]T00\.00\.00\.000000Z", version)
        return [argument.replace(version, VERSION) for argument in command[start:]]
    assert command[:start] in (["kedro"], ["-m", "kedro"])
    return command[start:]


def _expanded(argument: str) -> str:
    """Do to a container's argument what Kubernetes does when no variable of that name is set."""
    return argument.replace("$$", "$")


def test_pods_ask_for_what_their_resource_class_says(pod_file: Path, inspect: Inspect) -> None:
    document = _document_of(pod_file)
    config = document.deployment.run_config
    ((_, dag),) = inspect(pod_file)["dags"].items()
    for group in _python_groups(document):
        pod = dag["tasks"][airflow_id(group.id)]["pod"]
        container = pod["spec"]["containers"][0]
        template = config.kubernetes_pod_templates.get(group.pod_template or "")
        own = template.image if template is not None else None
        assert container["image"] == (own or config.image)
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
    document = _document_of(local_file)
    ((_, dag),) = inspect(local_file)["dags"].items()
    for group in _python_groups(document):
        task = dag["tasks"][airflow_id(group.id)]
        _, _, command = task["doc_md"].partition("~~~sh\n")
        words = shlex.split(command.rpartition("\n~~~")[0])
        if _runs_as_documented(document):
            assert words == ["kedro", *_kedro_arguments(task["fields"]["arguments"])]
        assert words[0] == "kedro"
        assert words[-1] == nodes_argument(group.nodes)


def _runs_as_documented(document: Document) -> bool:
    """What Airflow alone knows, dates and versions, the documentation leaves out."""
    own = _params(document).keys() - document.source.runtime_params.keys()
    return not document.deployment.run_config.versions and not own


def test_a_run_without_a_date_has_its_claim(environment: Environment, inspect: Inspect) -> None:
    """Runs that an asset or a person starts have no date on Airflow 3; claims need none."""
    if environment.line == "2":
        pytest.skip("every run of Airflow 2 has a logical date")
    dated = inspect(GOLDEN / UNSCHEDULED)
    found = [report["dags"]["apiary"]["tasks"] for report in (dated["unscheduled"], dated)]
    assert not any("error" in task for task in found[0].values())
    names = [_claims(tasks) for tasks in found]
    assert all(len(claims) == 1 for claims in names)
    (one,), (other,) = names
    assert one != other
    assert all(re.fullmatch(r"apiary-[0-9a-f-]{36}", name) for name in (one, other))


def _claims(tasks: dict[str, Any]) -> set[str]:
    """Return the names of the claim that tasks create, mount and delete: one, it is hoped."""
    mounted = {
        volume["persistentVolumeClaim"]["claimName"]
        for task in tasks.values()
        for volume in task.get("pod", {"spec": {}})["spec"].get("volumes", [])
    }
    ends = ("create_pipeline_storage", "delete_pipeline_storage")
    return mounted.union(*(tasks[name]["fields"]["op_args"] for name in ends))


def test_what_is_deprecated_or_broken_would_be_seen(
    environment: Environment, inspect: Inspect
) -> None:
    """The check above can fail: an old import warns, and an import that is gone is an error."""
    old = inspect(SUSPECTS / f"deprecated_{environment.line}.py")
    symbol = {"2": "BashOperator", "3": "TaskGroup"}[environment.line]
    assert any(symbol in text for text in old["warnings"])
    assert old["errors"] == []
    gone = inspect(SUSPECTS / "gone.py")
    assert any("airflow.contrib" in text for text in gone["errors"])
