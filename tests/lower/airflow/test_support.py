"""What is asked for and not lowered is named, on the runtime that would lack it, all at once."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir import Document
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime
from kairflow.lower.airflow.support import check
from tests.ir_documents import dataset, make_document, make_run_config, node

LOCAL = Options(runtime=Runtime.LOCAL, project_dir="/srv/it")
OFF = {"volume": {"disabled": True}}
SIDE: dict[str, Any] = {"nodes": {"only": {"pod_template": "side"}}}


def found(document: Document, options: Options | None = None) -> list[Diagnostic]:
    return list(check(document, options or Options()))


def with_config(**settings: Any) -> Document:
    return make_document(run_config=make_run_config(**{**OFF, **settings}))


def with_template(template: Any, **settings: Any) -> Document:
    """Return a document whose one node asks for a pod that the user wrote out."""
    return with_config(
        kubernetes_pod_templates={"side": {"template": template}}, **SIDE, **settings
    )


@pytest.mark.parametrize("options", [Options(), LOCAL], ids=["kubernetes", "local"])
def test_what_the_first_release_refused_is_lowered(options: Options) -> None:
    document = make_document(
        run_config=make_run_config(
            env_vars=["A"],
            macro_params=["ds"],
            variables_params=["v"],
            failure_handlers=[{"type": "slack", "connection_id": "slack"}],
            external_dependencies=[{"dag_id": "other"}],
            authentication={"type": "Vars", "params": ["MLFLOW_TRACKING_TOKEN"]},
            mlflow={"tracking_uri": "http://mlflow:5000"},
            versions="run",
        )
    )
    assert found(document, options) == []


def test_pods_have_what_only_pods_have() -> None:
    document = with_template({"kind": "Pod"}, secrets=[{"secret": "token"}])
    assert found(document) == []


def test_a_pod_template_is_a_mapping_in_an_ir() -> None:
    (refusal,) = found(with_template("kind: Pod"))
    assert (refusal.code, refusal.severity) == (Code.NOT_LOWERED, Severity.ERROR)
    assert refusal.where == "run_config.kubernetes_pod_templates.side.template"
    assert refusal.hint


def test_a_template_that_nobody_asks_for_is_no_matter() -> None:
    assert found(with_config(kubernetes_pod_templates={"side": {"template": "kind: Pod"}})) == []


@pytest.mark.parametrize("spelt", ["{{ claim_name }}", "{{claim_name}}", "{{- claim_name -}}"])
def test_a_template_cannot_mount_a_volume_that_is_disabled(spelt: str) -> None:
    template = {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": spelt}}]}}
    (refusal,) = found(with_template(template))
    assert (refusal.code, refusal.severity) == (Code.NOT_LOWERED, Severity.ERROR)
    assert "disabled" in refusal.message
    assert found(with_template(template, volume={})) == []


def test_a_template_says_nothing_that_airflow_3_lost() -> None:
    document = with_template({"metadata": {"labels": {"day": "{{ prev_ds }}"}}})
    (refusal,) = found(document)
    assert (refusal.code, refusal.severity) == (Code.MACRO_UNKNOWN, Severity.ERROR)
    assert "'prev_ds'" in refusal.message
    assert found(document, Options(AirflowLine.AIRFLOW_2)) == []


def test_the_local_runtime_says_which_wishes_of_pods_it_leaves_out() -> None:
    document = with_template("kind: Pod", secrets=[{"secret": "s"}])
    warnings = found(document, LOCAL)
    assert {warning.severity for warning in warnings} == {Severity.WARNING}
    assert {warning.where for warning in warnings} == {
        "run_config.secrets",
        "run_config.kubernetes_pod_templates",
    }


def test_a_nul_character_is_refused_wherever_it_stands() -> None:
    document = with_config(
        description="a\0b",
        command=["sh", "\0"],
        resources={"c": {"annotations": {"note": "\0"}}},
    )
    refusals = {d.where for d in found(document) if d.code is Code.NAME_INVALID}
    assert refusals == {
        "run_config.description",
        "run_config.command[1]",
        "run_config.resources.c.annotations.note",
    }


@pytest.mark.parametrize("name", ["pay$(HOME)", "a$$"])
def test_a_node_name_with_dollars_reaches_no_pod(name: str) -> None:
    document = make_document([node(name)], run_config=make_run_config(**OFF))
    (refusal,) = found(document)
    assert (refusal.code, refusal.where) == (Code.NODE_NAME_UNTRANSPORTABLE, f"node {name!r}")
    assert found(document, LOCAL) == []


def local_data(uri: str | None) -> Document:
    nodes = [node("a", [], ["x@one"]), node("b", ["x@two"], ["y"])]
    sets = {form: dataset(form, uri=uri) for form in ("x@one", "x@two")}
    return make_document(nodes, sets, make_run_config(**OFF))


@pytest.mark.parametrize("uri", ["data/x.csv", "/data/x.csv", "file:///data/x.csv"])
def test_data_that_stays_in_a_pod_is_a_warning(uri: str) -> None:
    (warning,) = found(local_data(uri))
    assert (warning.code, warning.severity) == (Code.DATA_STAYS_IN_POD, Severity.WARNING)
    assert warning.message.endswith("run_config.volume is disabled: 'x'")
    assert found(local_data(uri), LOCAL) == []


@pytest.mark.parametrize("uri", ["s3://shop/x.csv", "postgresql://db/x", "sales_table", None])
def test_data_elsewhere_is_none(uri: str | None) -> None:
    assert found(local_data(uri)) == []


def test_local_data_of_one_task_only_is_no_matter() -> None:
    nodes = [node("a", ["raw"], ["x", "m"]), node("b", ["x", "m"], ["y"])]
    sets = {name: dataset(name, uri="data/x") for name in ("raw", "x", "y")}
    document = make_document(nodes, sets, make_run_config(**OFF), memory=["m"])
    assert len(document.groups) == 1
    assert found(document) == []


def test_many_datasets_are_counted_not_listed() -> None:
    data = [f"d{number}" for number in range(5)]
    nodes = [node("a", [], data), node("b", data, ["y"])]
    sets = {name: dataset(name, uri="data/x") for name in data}
    (warning,) = found(make_document(nodes, sets, make_run_config(**OFF)))
    assert "'d0', 'd1', 'd2' and 2 more" in warning.message


@pytest.mark.parametrize(
    ("options", "where", "message"),
    [
        (Options(runtime=Runtime.LOCAL), "--project-dir", "needs to know where"),
        (Options(runtime=Runtime.LOCAL, project_dir="here"), "--project-dir", "no absolute path"),
        (Options(runtime=Runtime.LOCAL, project_dir="/a\0"), "--project-dir", "is no path"),
        (Options(runtime=Runtime.LOCAL, project_dir="/a", python=""), "--python", "is no path"),
        (Options(project_dir="/srv"), "--project-dir", "local runtime only"),
        (Options(image="two words"), "--image", "no name of an image"),
        (Options(image=""), "--image", "no name of an image"),
        (Options(runtime=Runtime.LOCAL, project_dir="/a", image="a"), "--image", "pods only"),
        (Options(python="python"), "--python", "local runtime only"),
    ],
)
def test_options_that_do_not_fit_the_runtime(options: Options, where: str, message: str) -> None:
    (mistake,) = found(with_config(), options)
    assert (mistake.code, mistake.where) == (Code.RUNTIME_OPTION, where)
    assert message in mistake.message
