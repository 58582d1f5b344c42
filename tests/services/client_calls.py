"""Calls of the real Kubernetes clients; runs in an Airflow's environment and prints what it saw."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import kubernetes_asyncio  # type: ignore[import-not-found,unused-ignore]
from kubernetes import client, config, watch


def api_calls() -> dict[str, Any]:
    """Make, follow, select, patch and delete a pod."""
    config.load_kube_config()
    api, seen = client.CoreV1Api(), {}
    seen["version"] = client.VersionApi().get_code().major
    container = client.V1Container(
        name="base", image="busy:1", command=["sh", "-c", "echo one; sleep 0.3; echo two"]
    )
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(generate_name="made-", labels={"made": "yes"}),
        spec=client.V1PodSpec(restart_policy="Never", containers=[container]),
    )
    name = api.create_namespaced_pod("default", pod).metadata.name
    wait_for_start(api, name)
    stream = watch.Watch().stream(api.read_namespaced_pod_log, name, "default", follow=True)
    seen["log"] = list(stream)
    seen["listed"] = len(api.list_namespaced_pod("default", label_selector="made=yes").items)
    patched = api.patch_namespaced_pod(name, "default", {"metadata": {"labels": {"done": "True"}}})
    seen["labels"] = patched.metadata.labels
    seen["phase"] = api.read_namespaced_pod(name, "default").status.phase
    seen["events"] = asyncio.run(watched_events(name))
    api.delete_namespaced_pod(name, "default", body=client.V1DeleteOptions())
    for asked in (name, "un_known"):
        try:
            api.read_namespaced_pod(asked, "default")
        except client.ApiException as error:
            seen[asked if asked != name else "gone"] = [
                error.status,
                json.loads(error.body)["reason"],
            ]
    return seen


def wait_for_start(api: client.CoreV1Api, name: str) -> None:
    for _ in range(10_000):
        if api.read_namespaced_pod(name, "default").status.phase != "Pending":
            return
    raise TimeoutError(name)


async def watched_events(name: str) -> list[str]:
    """Watch a pod's events with the asynchronous client, as Airflow's triggerer does."""
    await kubernetes_asyncio.config.load_kube_config()
    async with kubernetes_asyncio.client.ApiClient() as connection:
        api = kubernetes_asyncio.client.CoreV1Api(connection)
        chosen = {"field_selector": f"involvedObject.name={name}", "timeout_seconds": 1}
        stream = kubernetes_asyncio.watch.Watch().stream(
            api.list_namespaced_event, "default", **chosen
        )
        return [event["object"].reason async for event in stream]


if __name__ == "__main__":
    print(json.dumps(api_calls()))
