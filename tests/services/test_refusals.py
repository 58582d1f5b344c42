"""What a strict Kubernetes API server takes, and what it answers to mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.bodies import changed, claim_body, fresh, pod_body
from tests.services.cluster import Cluster

C = "spec.containers.0"
NODE = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
SOFT = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution"
NEAR = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
LONG = "a" * 64

# path, value, code of the answer, what its message names
BAD_PODS: list[tuple[str, Any, int, str]] = [
    ("spec.foo", 1, 400, 'unknown field "spec.foo"'),
    (f"{C}.envs", [], 400, 'unknown field "spec.containers[0].envs"'),
    ("type", "pod", 400, 'unknown field "type"'),
    ("spec.tolerations.0.tolerationSecond", 1, 400, "spec.tolerations[0].tolerationSecond"),
    ("metadata.labels", {"a": True}, 400, "metadata.labels.a of type str"),
    ("metadata.labels", {"a": 1}, 400, "metadata.labels.a of type str"),
    ("metadata.annotations", {"a": 1.5}, 400, "metadata.annotations.a of type str"),
    (f"{C}.env", [{"name": "A", "value": 1}], 400, "spec.containers[0].env[0].value of type str"),
    (f"{C}.command", "sh", 400, "spec.containers[0].command of type list"),
    ("spec.securityContext.fsGroup", "999", 400, "spec.securityContext.fsGroup of type int"),
    ("spec.securityContext.fsGroup", True, 400, "spec.securityContext.fsGroup of type int"),
    ("metadata.creationTimestamp", "noon", 400, "metadata.creationTimestamp"),
    ("metadata.namespace", "other", 400, "does not match the namespace sent on the request"),
    ("apiVersion", "v2", 400, "apiVersion"),
    ("kind", "Job", 400, "kind"),
    ("metadata.name", "", 422, "metadata.name"),
    ("metadata.name", "Upper", 422, "metadata.name"),
    ("metadata.name", "under_score", 422, "metadata.name"),
    ("metadata.name", "a" * 254, 422, "metadata.name"),
    ("metadata.labels", {"a": LONG}, 422, "metadata.labels"),
    ("metadata.labels", {"a": "-b"}, 422, "metadata.labels"),
    ("metadata.labels", {"a": "b c"}, 422, "metadata.labels"),
    ("metadata.labels", {"a/b/c": ""}, 422, "metadata.labels"),
    ("metadata.labels", {LONG: ""}, 422, "metadata.labels"),
    ("metadata.annotations", {"a b": ""}, 422, "metadata.annotations"),
    ("metadata.annotations", {"a": "x" * 300_000}, 422, "metadata.annotations"),
    ("spec.containers", [], 422, "spec.containers"),
    (f"{C}.name", "Base", 422, "spec.containers[0].name"),
    (f"{C}.name", LONG, 422, "spec.containers[0].name"),
    (f"{C}.image", "", 422, "spec.containers[0].image"),
    (f"{C}.image", " busy:1", 422, "spec.containers[0].image"),
    (f"{C}.imagePullPolicy", "always", 422, "spec.containers[0].imagePullPolicy"),
    (f"{C}.env", [{"name": "1A"}], 422, "spec.containers[0].env[0].name"),
    (f"{C}.env", [{"name": "A B"}], 422, "spec.containers[0].env[0].name"),
    (
        f"{C}.env",
        [{"name": "A", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        422,
        "env[0].valueFrom",
    ),
    (f"{C}.env", [{"name": "A", "valueFrom": {}}], 422, "env[0].valueFrom"),
    (
        f"{C}.env",
        [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.image"}}}],
        422,
        "fieldRef.fieldPath",
    ),
    (
        f"{C}.env",
        [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}],
        422,
        "secretKeyRef.key",
    ),
    (f"{C}.envFrom", [{"secretRef": {"name": "Se"}}], 422, "envFrom[0].secretRef.name"),
    (f"{C}.envFrom", [{"prefix": "A"}], 422, "envFrom[0]"),
    (f"{C}.volumeMounts", [{"name": "no", "mountPath": "/a"}], 422, "volumeMounts[0].name"),
    (f"{C}.volumeMounts", [{"name": "scratch"}], 422, "volumeMounts[0].mountPath"),
    (f"{C}.volumeMounts", [{"name": "scratch", "mountPath": "a"}], 422, "mountPath"),
    (f"{C}.volumeMounts", [{"name": "scratch", "mountPath": "/a"}] * 2, 422, "must be unique"),
    (
        f"{C}.volumeMounts",
        [{"name": "scratch", "mountPath": "/a", "subPath": "../b"}],
        422,
        "volumeMounts[0].subPath",
    ),
    (f"{C}.resources.limits", {"memory": "1 GB"}, 422, "resources.limits[memory]"),
    (f"{C}.resources.limits", {"cpu": "-1"}, 422, "resources.limits[cpu]"),
    (f"{C}.resources.limits", {"gpu": "1"}, 422, "resources.limits[gpu]"),
    (f"{C}.resources.requests", {"nvidia.com/gpu": "1"}, 422, "resources.limits[nvidia.com/gpu]"),
    (
        f"{C}.resources",
        {"requests": {"memory": "2Gi"}, "limits": {"memory": "1G"}},
        422,
        "resources.requests",
    ),
    (f"{C}.securityContext.runAsUser", -1, 422, "securityContext.runAsUser"),
    (f"{C}.ports", [{"containerPort": 70000}], 422, "ports[0].containerPort"),
    ("spec.initContainers", [{"name": "base", "image": "a"}], 422, "spec.containers[0].name"),
    ("spec.volumes", [{"name": "a_b", "emptyDir": {}}], 422, "spec.volumes[0].name"),
    ("spec.volumes", [{"name": "a"}], 422, "spec.volumes[0]"),
    ("spec.volumes", [{"name": "a", "emptyDir": {}}] * 2, 422, "spec.volumes[1].name"),
    (
        "spec.volumes",
        [{"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}}],
        422,
        "spec.volumes[0].secret",
    ),
    ("spec.volumes", [{"name": "a", "persistentVolumeClaim": {}}], 422, "claimName"),
    ("spec.volumes", [{"name": "a", "secret": {"secretName": "S_"}}], 422, "secretName"),
    ("spec.volumes", [{"name": "a", "emptyDir": {"sizeLimit": "much"}}], 422, "sizeLimit"),
    ("spec.restartPolicy", "never", 422, "spec.restartPolicy"),
    ("spec.serviceAccountName", "Airflow_Worker", 422, "spec.serviceAccountName"),
    ("spec.imagePullSecrets", [{"name": ""}], 422, "spec.imagePullSecrets[0].name"),
    ("spec.securityContext.fsGroup", -1, 422, "spec.securityContext.fsGroup"),
    ("spec.nodeSelector", {"pool": "a b"}, 422, "spec.nodeSelector"),
    ("spec.activeDeadlineSeconds", 0, 422, "spec.activeDeadlineSeconds"),
    ("spec.tolerations", [{"key": "a", "operator": "In"}], 422, "tolerations[0].operator"),
    (
        "spec.tolerations",
        [{"key": "a", "operator": "Exists", "value": "b"}],
        422,
        "tolerations[0].value",
    ),
    ("spec.tolerations", [{"value": "b"}], 422, "tolerations[0].operator"),
    ("spec.tolerations", [{"key": "a", "effect": "Never"}], 422, "tolerations[0].effect"),
    (
        "spec.tolerations",
        [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}],
        422,
        "tolerations[0].effect",
    ),
    (NODE, [], 422, "nodeSelectorTerms"),
    (NODE, [{}], 422, "nodeSelectorTerms[0]"),
    (NODE, [{"matchExpressions": [{"key": "a", "operator": "Is"}]}], 422, "operator"),
    (NODE, [{"matchExpressions": [{"key": "a", "operator": "In"}]}], 422, "values"),
    (
        NODE,
        [{"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}],
        422,
        "values",
    ),
    (
        NODE,
        [{"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["b"]}]}],
        422,
        "values",
    ),
    (SOFT, [{"weight": 101, "preference": {}}], 422, "weight"),
    (NEAR, [{"labelSelector": {}}], 422, "topologyKey"),
]
BAD_CLAIMS: list[tuple[str, Any, int, str]] = [
    ("spec.storage", "1Gi", 400, 'unknown field "spec.storage"'),
    ("spec.resources.requests", {"storage": True}, 400, "spec.resources.requests.storage"),
    ("metadata.name", "a_b", 422, "metadata.name"),
    ("metadata.labels", {"run": "a+b"}, 422, "metadata.labels"),
    ("spec.accessModes", [], 422, "spec.accessModes"),
    ("spec.accessModes", ["RWO"], 422, "spec.accessModes[0]"),
    ("spec.accessModes", ["ReadWriteOncePod", "ReadWriteOnce"], 422, "spec.accessModes"),
    ("spec.resources", {}, 422, "spec.resources[storage]"),
    ("spec.resources.requests", {"storage": "0"}, 422, "spec.resources[storage]"),
    ("spec.resources.requests", {"storage": "10GB"}, 422, "spec.resources[storage]"),
    ("spec.storageClassName", "Fast!", 422, "spec.storageClassName"),
    ("spec.volumeMode", "Disk", 422, "spec.volumeMode"),
]
GOOD_PODS: list[tuple[str, Any]] = [
    ("metadata.name", fresh("dots.are.fine")),
    ("metadata.labels", {"example.com/Key_1.x": "Value-1_x.Y", "empty": ""}),
    ("metadata.annotations", {"example.com/free": "any text\n, ünïcode"}),
    ("metadata.labels", None),
    (f"{C}.env", [{"name": "A"}, {"name": "a.b-c", "value": ""}]),
    (
        f"{C}.env",
        [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}],
    ),
    (f"{C}.envFrom", [{"secretRef": {"name": "none", "optional": True}, "prefix": "P_"}]),
    (f"{C}.resources", {"requests": {"cpu": 1, "memory": "1e3"}, "limits": {"cpu": "1500m"}}),
    (
        f"{C}.resources",
        {"requests": {"nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": 1}},
    ),
    (f"{C}.volumeMounts", [{"name": "scratch", "mountPath": "/home/busy/a", "subPath": "b"}]),
    (f"{C}.volumeMounts", [{"name": "scratch", "mountPath": f"/s/{n}"} for n in "ab"]),
    ("spec.securityContext", {"fsGroup": 0, "runAsNonRoot": False, "supplementalGroups": [7]}),
    ("spec.tolerations", [{"operator": "Exists"}]),
    (
        "spec.tolerations",
        [{"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 0}],
    ),
    (NODE, [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]),
    (NODE, [{"matchExpressions": [{"key": "a", "operator": "Lt", "values": ["5"]}]}]),
    (NEAR, [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}]),
    ("spec.serviceAccountName", "airflow.worker"),
    ("spec.imagePullSecrets", [{"name": "registry"}]),
]
GOOD_CLAIMS: list[tuple[str, Any]] = [
    ("spec.accessModes", ["ReadWriteMany", "ReadOnlyMany"]),
    ("spec.storageClassName", "fast.ssd"),
    ("spec.storageClassName", ""),
    ("spec.resources.requests", {"storage": 1024}),
    ("metadata.annotations", {"kairflow": "x"}),
]


def good_pod() -> dict[str, Any]:
    return pod_body(volumes=[{"name": "scratch", "emptyDir": {}}])


def names(case: tuple[Any, ...]) -> str:
    return f"{case[0].rpartition('.')[2]}={case[1]!r}"[:50]


def refuse(kubernetes: Cluster, noun: str, body: dict[str, Any], case: tuple[Any, ...]) -> None:
    path, value, code, named = case
    answer = kubernetes.request("POST", f"default/{noun}", changed(body, path, value))
    status = answer.json()
    assert (answer.status_code, status["kind"], status["code"]) == (code, "Status", code)
    assert status["reason"] == {400: "BadRequest", 422: "Invalid"}[code]
    assert named in status["message"]
    if code == 422:
        assert any(named in str(cause) for cause in status["details"]["causes"])
    assert kubernetes.refused()[-1]["message"] == status["message"]


@pytest.mark.parametrize("case", BAD_PODS, ids=names)
def test_a_bad_pod_is_refused(kubernetes: Cluster, case: tuple[Any, ...]) -> None:
    refuse(kubernetes, "pods", good_pod(), case)


@pytest.mark.parametrize("case", BAD_CLAIMS, ids=names)
def test_a_bad_claim_is_refused(kubernetes: Cluster, case: tuple[Any, ...]) -> None:
    refuse(kubernetes, "persistentvolumeclaims", claim_body(), case)


@pytest.mark.parametrize("case", GOOD_PODS, ids=names)
def test_a_good_pod_is_taken(kubernetes: Cluster, case: tuple[str, Any]) -> None:
    answer = kubernetes.request("POST", "default/pods", changed(good_pod(), *case))
    assert answer.status_code == 201, answer.json()["message"]


@pytest.mark.parametrize("case", GOOD_CLAIMS, ids=names)
def test_a_good_claim_is_taken(kubernetes: Cluster, case: tuple[str, Any]) -> None:
    body = changed(claim_body(), *case)
    answer = kubernetes.request("POST", "default/persistentvolumeclaims", body)
    assert answer.status_code == 201, answer.json()["message"]


def test_an_object_that_is_there_is_not_made_twice(kubernetes: Cluster) -> None:
    for noun, body in (("pods", good_pod()), ("persistentvolumeclaims", claim_body())):
        first, second = (kubernetes.request("POST", f"default/{noun}", body) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 409)
        assert second.json()["reason"] == "AlreadyExists"
        assert second.json()["details"] == {"name": body["metadata"]["name"], "kind": noun}


@pytest.mark.parametrize("noun", ["pods", "persistentvolumeclaims", "secrets"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_not_there_is_not_found(kubernetes: Cluster, noun: str, method: str) -> None:
    answer = kubernetes.request(method, f"default/{noun}/nobody")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")


def test_what_the_stand_in_lacks_is_said(kubernetes: Cluster) -> None:
    assert kubernetes.request("GET", "default/configmaps").status_code == 405
    assert kubernetes.request("GET", "default/pods?watch=True").status_code == 400
