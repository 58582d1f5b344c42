"""What is asked for and not lowered is named, on the runtime that would lack it, all at once."""

from __future__ import annotations

from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.ir import Document
from kairflow.lower.airflow.options import Options, Runtime
from kairflow.lower.airflow.support import check
from tests.ir_documents import dataset, make_document, make_run_config, node

LOCAL = Options(runtime=Runtime.LOCAL, project_dir="/srv/it")
OFF = {"volume": {"disabled": True}}
EVERYWHERE: dict[str, Any] = {
    "env_vars": ["A"],
    "macro_params": ["ds"],
    "variables_params": ["v"],
    "external_dependencies": [{"dag_id": "other"}],
    "failure_handlers": [{"type": "slack", "connection_id": "slack"}],
    "authentication": {"type": "Vars"},
    "versions": "run",
}
PODS_ONLY: dict[str, Any] = {
    "secrets": [{"secret": "token"}],
    "kubernetes_pod_templates": {"spark": {"template": "kind: Pod"}},
}


def found(document: Document, options: Options | None = None) -> list[Diagnostic]:
    return list(check(document, options or Options()))


def with_config(**settings: Any) -> Document:
    return make_document(run_config=make_run_config(**{**OFF, **settings}))


@pytest.mark.parametrize("key", EVERYWHERE)
@pytest.mark.parametrize("options", [Options(), LOCAL], ids=["kubernetes", "local"])
def test_what_no_runtime_has_is_refused_on_both(key: str, options: Options) -> None:
    (refusal,) = found(with_config(**{key: EVERYWHERE[key]}), options)
    assert (refusal.code, refusal.severity) == (Code.NOT_LOWERED, Severity.ERROR)
    assert refusal.where == f"run_config.{key}"
    assert repr(key) in refusal.message
    assert refusal.hint


@pytest.mark.parametrize("key", PODS_ONLY)
def test_what_only_pods_have_is_refused_for_pods(key: str) -> None:
    document = with_config(**{key: PODS_ONLY[key]})
    assert [one.where for one in found(document)] == [f"run_config.{key}"]


def test_everything_is_told_at_once() -> None:
    document = make_document(run_config=make_run_config(**EVERYWHERE, **PODS_ONLY))
    keys = [one.where.removeprefix("run_config.") for one in found(document)]
    assert sorted(keys) == sorted([*EVERYWHERE, *PODS_ONLY, "volume"])


@pytest.mark.parametrize("kind", [None, "Null"])
def test_no_authentication_is_nothing_to_lower(kind: str | None) -> None:
    assert found(with_config(authentication={"type": kind})) == []


def test_the_volume_of_the_default_is_refused_with_a_way_out() -> None:
    (refusal,) = found(make_document())
    assert (refusal.code, refusal.where) == (Code.NOT_LOWERED, "run_config.volume")
    assert "run_config.volume.disabled" in refusal.hint
    assert found(make_document(), LOCAL) == []


def test_spark_groups_need_the_local_runtime() -> None:
    nodes = [node("a", [], ["x"]), node("b", ["x"], ["y"], spark=True)]
    document = make_document(nodes, run_config=make_run_config(**OFF))
    (refusal,) = found(document)
    assert (refusal.code, refusal.where) == (Code.NOT_LOWERED, "group 'b'")
    assert "--runtime local" in refusal.hint
    assert found(document, LOCAL) == []


def test_the_local_runtime_says_which_wishes_of_pods_it_leaves_out() -> None:
    document = with_config(
        secrets=[{"secret": "s"}], kubernetes_pod_templates={"spark": {"template": "x"}}
    )
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
