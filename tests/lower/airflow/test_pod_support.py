"""What a cluster would refuse, or do otherwise than was meant, is said before a DAG is written."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Code, Severity
from kairflow.ir.model import Document
from tests.ir_documents import dataset, make_document, make_run_config, node
from tests.lower.airflow.lowered import document, refusals, text_of, warnings
from tests.lower.airflow.reading import constants

CLAIM = {"name": "mine", "persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
NODES = (node("a", [], ["x"]), node("b", ["x"], ["y"]))


def with_template(template: dict[str, Any], **settings: Any) -> Document:
    """Return a document whose node `b` has a pod of its own, and reads a local file of `a`."""
    config = make_run_config(
        kubernetes_pod_templates={"own": {"template": template}},
        nodes={"b": {"pod_template": "own"}},
        **settings,
    )
    doc = make_document(NODES, {"x": dataset("x", uri="data/x.csv")}, config)
    groups = [
        group.model_copy(update={"pod_template": "own" if group.id == "b" else None})
        for group in doc.groups
    ]
    return doc.model_copy(update={"groups": tuple(groups)})


def spec_of(template: dict[str, Any], **settings: Any) -> dict[str, Any]:
    pod = constants(text_of(with_template(template, **settings)))["OWN_POD"]["pod_template_dict"]
    found: dict[str, Any] = pod["spec"]
    return found


def test_a_template_that_declares_the_volume_has_it_mounted() -> None:
    volume = {"mount_path": "/data", "owner": 7}
    spec = spec_of({"spec": {"volumes": [CLAIM]}}, volume=volume)
    mount = {"name": "mine", "mountPath": "/data"}
    assert spec["containers"] == [{"name": "base", "volumeMounts": [mount]}]
    assert spec["securityContext"] == {"fsGroup": 7}
    assert "{{ macros.uuid" in spec["volumes"][0]["persistentVolumeClaim"]["claimName"]


def test_a_template_that_mounts_the_volume_itself_is_left_alone() -> None:
    container = {"name": "base", "volumeMounts": [{"name": "mine", "mountPath": "/else"}]}
    spec = spec_of({"spec": {"volumes": [CLAIM], "containers": [container]}})
    assert spec["containers"] == [container]
    assert "securityContext" not in spec


def test_the_other_mounts_and_containers_of_a_template_stay() -> None:
    base = {"name": "base", "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}
    side = {"name": "side", "image": "side:1"}
    context = {"runAsUser": 1}
    template = {"volumes": [CLAIM], "containers": [base, side], "securityContext": context}
    spec = spec_of({"spec": template})
    mounts = [*base["volumeMounts"], {"name": "mine", "mountPath": "/home/kedro/data"}]
    assert spec["containers"] == [{"name": "base", "volumeMounts": mounts}, side]
    assert spec["securityContext"] == context


def test_a_template_without_the_volume_is_told_what_stays_in_its_pod() -> None:
    (warning,) = warnings(with_template({"metadata": {"labels": {"a": "b"}}}))
    assert (warning.code, warning.severity) == (Code.DATA_STAYS_IN_POD, Severity.WARNING)
    assert "'x'" in warning.message
    assert "template" in warning.where
    assert not warnings(with_template({"spec": {"volumes": [CLAIM]}}))


@pytest.mark.parametrize("text", ["{{ ti.task_id", "{% if x", "a {# b", "{{ a }} {{ b"])
def test_a_template_that_does_not_end_is_refused(text: str) -> None:
    (refusal,) = refusals(with_template({"metadata": {"labels": {"a": text}}}))[:1]
    assert refusal.code is Code.MACRO_UNKNOWN
    assert repr(text) in refusal.message
    (refusal,) = refusals(document(macro_params={"x": text}))[:1]
    assert refusal.where == "run_config.macro_params.x"


def test_a_template_that_asks_for_an_mlflow_run_that_nobody_starts_is_told() -> None:
    pull = "{{ ti.xcom_pull(task_ids='start_mlflow_run') }}"
    template = {"metadata": {"annotations": {"run": pull}}, "spec": {"volumes": [CLAIM]}}
    (warning,) = warnings(with_template(template))
    assert "no run of MLflow is started" in warning.message
    assert not warnings(with_template(template, mlflow={"tracking_uri": "http://mlflow"}))


@pytest.mark.parametrize(
    "settings",
    [
        {"secrets": [{"secret": s, "deploy_type": "volume", "deploy_target": "/a"} for s in "xy"]},
        {"env_vars": ["A"], "secrets": [{"secret": "s", "deploy_target": "a", "key": "k"}]},
        {"env_vars": ["COLUMNS"]},
        {"env_vars": ["MLFLOW_RUN_ID"], "mlflow": {"tracking_uri": "http://mlflow"}},
    ],
)
def test_two_things_at_one_place_are_refused(settings: dict[str, Any]) -> None:
    (refusal,) = refusals(document(**settings))
    assert refusal.code is Code.NAME_INVALID
    assert refusal.message.startswith("2 things are put at")


def test_a_secret_where_the_volume_is_mounted_is_refused() -> None:
    secret = {"secret": "s", "deploy_type": "volume", "deploy_target": "/home/kedro/data"}
    (refusal,) = refusals(document(volume={}, secrets=[secret]))
    assert "'/home/kedro/data'" in refusal.message
    assert text_of(document(secrets=[secret]))


@pytest.mark.parametrize("keep", ["never", "on_failure", "always"])
def test_pods_that_stay_hold_the_volume(keep: str) -> None:
    found = warnings(document(volume={"keep": keep}, on_finish_action="keep_pod"))
    assert [one.where for one in found] == (
        [] if keep == "always" else ["run_config.on_finish_action"]
    )
    assert not warnings(document(on_finish_action="keep_pod"))


def test_an_identity_without_a_name_is_refused() -> None:
    mlflow = {"tracking_uri": "http://mlflow"}
    (refusal,) = refusals(document(mlflow=mlflow, authentication={"type": "Vars"}))
    assert refusal.where == "run_config.authentication.params"
    assert text_of(document(authentication={"type": "Vars"}))


def test_a_run_parameter_within_another_is_refused() -> None:
    nodes = (node("a", ["params:model"], ["x"]),)
    doc = document(*nodes, run_params=["model", "model.depth"])
    found = [one for one in refusals(doc) if "lies in it" in one.message]
    assert [one.where for one in found] == ["run_config.run_params: 'model'"]
