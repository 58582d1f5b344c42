"""What the pods look like that arrived in the cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.airflow.every_key import configuration as c
from tests.airflow.every_key.checking import Check, Runs, expects


@expects("image")
def image(runs: Runs) -> None:
    assert runs.full.container("observe")["image"] == c.IMAGE
    assert runs.full.observed["environment"]["PROBE_IMAGE"] == "first"


@expects("image_pull_policy")
def image_pull_policy(runs: Runs) -> None:
    assert _of_containers(runs, "imagePullPolicy") == ["Always"] * 4
    assert runs.alone.container("observe")["imagePullPolicy"] == "IfNotPresent"


@expects("image_pull_secrets")
def image_pull_secrets(runs: Runs) -> None:
    named = [{"name": "first-registry"}, {"name": "second-registry"}]
    assert [pod["spec"]["imagePullSecrets"] for pod in runs.full.pods] == [named] * 4


@expects("namespace")
def namespace(runs: Runs) -> None:
    where = {one["metadata"]["namespace"] for one in (*runs.full.pods, *runs.full.claims)}
    assert where == {c.NAMESPACE}


@expects("service_account_name")
def service_account_name(runs: Runs) -> None:
    assert {pod["spec"]["serviceAccountName"] for pod in runs.full.pods} == {"probe-account"}
    assert runs.alone.pod("observe")["spec"]["serviceAccountName"] == "default"


@expects("command")
def command(runs: Runs) -> None:
    assert runs.full.observed["environment"]["PROBE_COMMAND"] == "$(HOME) $$ {{ ds }}"
    assert runs.full.compared["environment"]["PROBE_COMMAND"] == "$(HOME) $$ {{ ds }}"


@expects("conf_source")
def conf_source(runs: Runs) -> None:
    assert runs.full.observed["parameters"]["place"] == "elsewhere"


@expects("on_finish_action")
def on_finish_action(runs: Runs) -> None:
    removed = {(pod["metadata"]["labels"]["task_id"], pod["removed"]) for pod in runs.full.pods}
    assert removed == {("observe", True), ("compare", True), ("break_down", False)}
    assert not runs.alone.pod("observe")["removed"]


@expects("resources.<class>.labels")
def labels(runs: Runs) -> None:
    assert _labels(runs, "observe", "tier", "example.com/on", "team") == ["rich", "true", None]


@expects("resources.<class>.inherit")
def inherit(runs: Runs) -> None:
    """The class `heir` takes the team from `__default__`, which `compare` has as it is."""
    assert _labels(runs, "break_down", "tier", "team") == ["high", "bees"]
    assert _labels(runs, "compare", "tier", "team") == ["low", "bees"]


@expects("nodes.<node>.resources")
def class_by_name(runs: Runs) -> None:
    assert _labels(runs, "break_down", "tier") == ["high"]


@expects("resources.<class>.annotations")
def annotations_of_a_class(runs: Runs) -> None:
    assert runs.full.pod("observe")["metadata"]["annotations"] == c.RICH["annotations"]
    assert not runs.full.pod("compare")["metadata"].get("annotations")


@expects("resources.<class>.node_selectors")
def node_selectors(runs: Runs) -> None:
    assert runs.full.pod("observe")["spec"]["nodeSelector"] == c.RICH["node_selectors"]
    assert not runs.full.pod("compare")["spec"].get("nodeSelector")


@expects("resources.<class>.requests")
def requests(runs: Runs) -> None:
    asked = runs.full.container("observe")["resources"]["requests"]
    assert asked == {"cpu": "250m", "nvidia.com/gpu": "1"}


@expects("resources.<class>.limits")
def limits(runs: Runs) -> None:
    asked = runs.full.container("observe")["resources"]["limits"]
    assert asked == {"memory": "1Gi", "nvidia.com/gpu": "1"}


@expects("kubernetes_pod_templates.<name>.template")
def template(runs: Runs) -> None:
    assert _labels(runs, "compare", "template", "of-task") == ["side", "compare"]
    assert runs.full.compared["environment"]["PROBE_TEMPLATE"] == "side"
    assert "MLFLOW_RUN_ID" not in runs.full.compared["environment"]
    assert runs.full.pod("compare")["spec"]["volumes"][0] == {
        "name": "own",
        "persistentVolumeClaim": {"claimName": runs.full.claim["metadata"]["name"]},
    }


@expects("kubernetes_pod_templates.<name>.image")
def image_of_template(runs: Runs) -> None:
    assert runs.full.container("compare")["image"] == c.SIDE_IMAGE
    assert runs.full.compared["environment"]["PROBE_IMAGE"] == "side"
    assert runs.full.container("break_down")["image"] == c.IMAGE


@expects("nodes.<node>.pod_template")
def template_by_name(runs: Runs) -> None:
    assert _labels(runs, "break_down", "template", "of-task") == ["by-name", "break_down"]
    assert _labels(runs, "observe", "template") == [None]


def _labels(runs: Runs, task_id: str, *names: str) -> list[str | None]:
    found = runs.full.pods_of(task_id)[0]["metadata"]["labels"]
    return [found.get(name) for name in names]


def _of_containers(runs: Runs, field: str) -> list[Any]:
    return [pod["spec"]["containers"][0][field] for pod in runs.full.pods]


def _toleration(field: str) -> Check:
    """Compare one field of all tolerations with what the configuration says."""

    def check(runs: Runs) -> None:
        found = runs.full.pod("observe")["spec"]["tolerations"]
        wanted = [one.get(field) for one in c.RICH["tolerations"]]
        assert [one.get(field) for one in found] == wanted
        assert not runs.full.pod("compare")["spec"].get("tolerations")

    return check


def _affinity(field: str) -> Check:
    def check(runs: Runs) -> None:
        assert runs.full.pod("observe")["spec"]["affinity"][field] == c.RICH_AFFINITY[field]

    return check


def _enter(prefix: str, make: Callable[[str], Check], *fields: str) -> None:
    for field in fields:
        expects(f"resources.<class>.{prefix}.{field}")(make(field))


_enter("tolerations", _toleration, "key", "operator", "value", "effect", "tolerationSeconds")
_enter("affinity", _affinity, "nodeAffinity", "podAffinity", "podAntiAffinity")
