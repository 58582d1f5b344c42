"""What pods are given: variables, secrets, and what the user wrote out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ir_documents import node
from tests.lower.airflow.lowered import document, local, pods, text_of
from tests.lower.airflow.reading import constants, operator_keywords, read_dag
from tests.lower.airflow.rendering import (
    context_of,
    expanded_by_kubernetes,
    render,
    templated,
)

MLFLOW: dict[str, Any] = {"mlflow": {"tracking_uri": "http://mlflow:5000"}}


def own_pod(template: Any, **settings: Any) -> str:
    """Return the DAG file of one node that asks for a pod that the user wrote out."""
    return text_of(
        document(
            node("only"),
            kubernetes_pod_templates={"own": {"template": template, **settings}},
            nodes={"only": {"pod_template": "own"}},
        )
    )


@pytest.mark.parametrize("options", [pods(), local()], ids=["kubernetes", "local"])
def test_variables_of_airflows_reach_the_environment_as_they_are(options: Any) -> None:
    doc = document(env_vars=["DB_URL", "a.b-c", "_x", "get", "__x"], **MLFLOW)
    given = operator_keywords(text_of(doc, options))
    values = {"DB_URL": "p$$w $(HOME) {{ x }}", "a.b-c": "$", "_x": "", "get": "g", "__x": "u"}
    environment = given["env" if options.project_dir else "env_vars"]
    rendered = {
        name: render(text, context_of(variables=values)) for name, text in environment.items()
    }
    if options.project_dir is None:
        rendered = {name: expanded_by_kubernetes(text) for name, text in rendered.items()}
    assert {name: rendered[name] for name in values} == values
    assert rendered["MLFLOW_RUN_ID"] == "result of start_mlflow_run"
    assert rendered["COLUMNS"] == "200"


def test_no_value_of_a_variable_or_a_secret_is_in_the_file() -> None:
    doc = document(
        env_vars=["A"],
        secrets=[
            {"secret": "all"},
            {"secret": "one", "deploy_target": "SQL", "key": "url"},
            {"secret": "files", "deploy_type": "volume", "deploy_target": "/etc/keys"},
            {"secret": "file", "deploy_type": "volume", "deploy_target": "/etc/k", "key": "k"},
        ],
    )
    assert operator_keywords(text_of(doc))["secrets"] == [
        "Secret('env', None, 'all')",
        "Secret('env', 'SQL', 'one', 'url')",
        "Secret('volume', '/etc/keys', 'files')",
        "Secret('volume', '/etc/k', 'file', items=[k8s.V1KeyToPath(key='k', path='k')])",
    ]
    assert "Secret" not in text_of(doc, local())


def test_a_pod_of_the_users_own_is_given_as_it_was_written() -> None:
    template = {"spec": {"containers": [{"name": "base"}], "restartPolicy": "Never"}, "x": None}
    found = constants(own_pod(template))["OWN_POD"]
    assert found == {"pod_template_dict": template}


def test_a_pod_without_containers_gets_the_list_that_the_operator_insists_on() -> None:
    found = constants(own_pod({"spec": {"hostNetwork": True}}))["OWN_POD"]["pod_template_dict"]
    assert found == {"spec": {"hostNetwork": True, "containers": []}}


def test_the_image_of_a_template_is_no_template() -> None:
    text = own_pod({"kind": "Pod"}, image="img:{{x}}")
    (found,) = (one for one in templated(text) if one.text.startswith("img:"))
    assert found.literal
    assert constants(text)["OWN_POD"]["image"] == "img:{{x}}"


def test_only_templates_that_a_task_uses_are_constants() -> None:
    text = text_of(document(node("only"), kubernetes_pod_templates={"own": {"template": {"a": 1}}}))
    assert "OWN_POD" not in constants(text)
    assert read_dag(text).tasks[0].template is None


def test_class_and_template_of_one_name_are_two_constants() -> None:
    text = text_of(
        document(
            node("only"),
            resources={"a pod": {"labels": {"a": "b"}}},
            kubernetes_pod_templates={"a": {"template": {"kind": "Pod"}}},
            nodes={"only": {"pod_template": "a", "resources": "a pod"}},
        )
    )
    (task,) = read_dag(text).tasks
    assert task.settings != task.template
    assert constants(text)[task.settings or ""] == {"labels": {"a": "b"}}
    assert constants(text)[task.template or ""] == {"pod_template_dict": {"kind": "Pod"}}


def test_affinity_is_kubernetes_own_words() -> None:
    rules = {"nodeAffinity": {"x": [1, "{{ y }}"]}, "podAntiAffinity": {}}
    text = text_of(document(node("only"), resources={"__default__": {"affinity": rules}}))
    assert constants(text)["DEFAULT"]["affinity"] == rules
