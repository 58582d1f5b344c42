"""The volume of a run: its claim has a legal name of its own, and holds what was asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.ir.pods import Volume
from kairflow.lower.airflow.storage import claim_name, slug, with_claim, with_claim_name
from tests.ir_documents import free_text, node
from tests.lower.airflow.lowered import document, pods, text_of
from tests.lower.airflow.reading import constants, read_dag
from tests.lower.airflow.rendering import (
    context_of,
    expanded_by_kubernetes,
    render,
    templated,
)

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def rendered(dag_id: str, run_id: str = "manual__1") -> str:
    return render(claim_name(dag_id), context_of(dag_id, run_id))


@settings(max_examples=200)
@given(free_text() | st.text())
def test_a_claim_has_a_legal_name_whatever_the_dag_is_called(dag_id: str) -> None:
    assert DNS_LABEL.fullmatch(rendered(dag_id))


@settings(max_examples=100)
@given(st.lists(free_text() | st.text(), min_size=2, max_size=4, unique=True))
def test_two_dags_or_two_runs_never_share_a_claim(dag_ids: list[str]) -> None:
    runs = ("manual__2024-01-31T00:00:00+00:00", "scheduled__2024-01-31T00:00:00+00:00")
    made = [rendered(dag_id, run) for dag_id in dag_ids for run in runs]
    assert len(set(made)) == len(made)


def test_every_try_of_a_run_finds_the_same_claim() -> None:
    assert rendered("shop") == rendered("shop")
    assert rendered("shop").startswith("shop-")


@pytest.mark.parametrize(
    ("dag_id", "expected"),
    [
        ("Shop.daily_sales", "shop-daily-sales"),
        ("größe", "groe"),
        ("蜂蜜", "run"),
        ("...", "run"),
        ("x" * 30, "x" * 20),
        ("x" * 19 + "-y", "x" * 19),
        ("2024", "2024"),
    ],
)
def test_the_name_begins_with_that_of_the_dag(dag_id: str, expected: str) -> None:
    assert slug(dag_id) == expected


def test_every_task_names_the_claim_alike() -> None:
    pod = {"own": {"template": {"spec": {"volumes": [{"claimName": "{{ claim_name }}"}]}}}}
    doc = document(
        node("a"),
        node("b"),
        volume={},
        kubernetes_pod_templates=pod,
        nodes={"a": {"pod_template": "own"}},
    )
    text = text_of(doc)
    claim = constants(text)["CLAIM_NAME"]
    assert render(claim, context_of()) == rendered("shop")
    assert constants(text)["OWN_POD"]["pod_template_dict"]["spec"]["volumes"] == [
        {"claimName": claim}
    ]
    for task_id in ("create_pipeline_storage", "delete_pipeline_storage"):
        assert read_dag(text).in_frame(task_id).keywords["op_args"] == ["CLAIM_NAME"]


@pytest.mark.parametrize("spelt", ["{{ claim_name }}", "{{claim_name}}", "{{- claim_name -}}"])
def test_the_name_is_put_in_at_any_depth(spelt: str) -> None:
    template: Any = {"a": [{"b": f"x-{spelt}"}], "c": 1, "d": None}
    assert with_claim_name(template, r"\1") == {"a": [{"b": r"x-\1"}], "c": 1, "d": None}


@pytest.mark.parametrize(
    ("volume", "spec", "owner"),
    [
        (
            {},
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            0,
        ),
        (
            {
                "size": "5Gi",
                "storageclass": "fast",
                "access_modes": ["ReadWriteMany"],
                "owner": 1000,
            },
            {
                "accessModes": ["ReadWriteMany"],
                "resources": {"requests": {"storage": "5Gi"}},
                "storageClassName": "fast",
            },
            1000,
        ),
    ],
)
def test_the_claim_asks_for_what_was_asked_for(
    volume: dict[str, Any], spec: dict[str, Any], owner: int
) -> None:
    found = constants(text_of(document(volume=volume)))
    assert (found["CLAIM_SPEC"], found["VOLUME_OWNER"]) == (spec, owner)


@pytest.mark.parametrize(
    "path", ["/data", "/{{ ds }}", "/a$(HOME)$$", "/x.json", "/a\rb", "/a\n", "/ü {# x"]
)
def test_the_path_in_the_pods_is_the_one_that_was_typed(path: str) -> None:
    text = text_of(document(volume={"mount_path": path}), pods())
    assert f"**storage({path!r})" in text or f"**storage({path!r})" in text.replace('"', "'")
    found = [one for one in templated(text) if one.field == "arguments" and "$1" not in one.text]
    of_the_fill = [one for one in found if one.text.startswith("/")]
    arrived = [expanded_by_kubernetes(one.arrive(context_of())) for one in of_the_fill]
    assert arrived == [path, "/tmp/volume"]
    assert all(one.literal or not one.text.endswith(".json") for one in of_the_fill)


@pytest.mark.parametrize("path", ["/data", "/{{ ds }}", "/{#", "/{% x", '/\'{{ "q" }}'])
def test_the_path_in_a_pod_that_is_written_out_is_the_one_that_was_typed(path: str) -> None:
    """Such a pod is a template, and the path that Kairflow adds to it is not."""
    claim: Any = {"name": "storage", "persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
    pod: Any = with_claim({"spec": {"volumes": [claim]}}, "claim", Volume(mount_path=path))
    ((mount,),) = [one["volumeMounts"] for one in pod["spec"]["containers"]]
    assert render(mount["mountPath"], context_of()) == path


def test_the_program_that_fills_the_volume_is_no_template() -> None:
    program = constants(text_of(document(volume={})))["FILL_VOLUME"]
    assert render(program) == program
    assert expanded_by_kubernetes(program) == program
