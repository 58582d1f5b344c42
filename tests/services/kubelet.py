"""Runs pods: waits for what they need, starts their containers in order, and keeps their status."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import traceback
from collections.abc import Callable
from typing import Any

from tests.services.environment import NotYetError, start_spec, volume_folder
from tests.services.findings import Json
from tests.services.objects import Log, Pod, Store, now
from tests.services.sandbox import Sandbox, spec_file

IMAGE = re.compile(r"[a-z0-9]+([._/:@-]+[a-zA-Z0-9]+)*")
RETRY = 0.2
NODE = "stand-in"


class Kubelet:
    """The one node of the cluster."""

    def __init__(self, store: Store, images: dict[str, Json]) -> None:
        self.store = store
        self.images = images
        self._sandboxes: dict[str, list[Sandbox]] = {}

    def take(self, pod: Pod) -> None:
        """Begin to run a pod that was just created."""
        spec = pod.body["spec"]
        pod.body["status"] = {"phase": "Pending", "conditions": [], "qosClass": "Burstable"}
        for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
            pod.logs[container["name"]] = Log()
        pod.run = asyncio.create_task(self._run(pod))

    async def remove(self, pod: Pod, grace: float) -> None:
        """End a pod as a real node does: a polite signal, a time to react, and the end."""
        assert pod.run is not None
        pod.stopping = True
        if grace and self._signal(pod, signal.SIGTERM):
            await asyncio.wait([pod.run], timeout=grace)
        if self._signal(pod, signal.SIGKILL):
            await asyncio.wait([pod.run], timeout=5)
        pod.run.cancel()
        for log in pod.logs.values():
            log.close()
        pod.removed = True
        shutil.rmtree(self.store.folder / "pods" / pod.uid, ignore_errors=True)
        self.store.sweep()

    def _signal(self, pod: Pod, number: signal.Signals) -> bool:
        """Signal all containers of a pod, and say whether there was one at work."""
        reached = [sandbox.send(number) for sandbox in self._sandboxes.get(pod.uid, [])]
        return any(reached)

    def _expire(self, pod: Pod) -> None:
        """End a pod whose time is over, which stays to be looked at."""
        assert pod.run is not None
        message = "Pod was active on the node longer than the specified deadline"
        pod.body["status"].update(reason="DeadlineExceeded", message=message)
        pod.stopping = True
        if not self._signal(pod, signal.SIGKILL):
            pod.run.cancel()

    async def _run(self, pod: Pod) -> None:
        deadline = pod.body["spec"].get("activeDeadlineSeconds")
        loop = asyncio.get_running_loop()
        timer = loop.call_later(deadline, self._expire, pod) if deadline else None
        try:
            phase = await self._phases(pod)
        except asyncio.CancelledError:
            phase = "Failed"
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            phase = "Failed"
            self._set(pod, reason="StandInError", message=repr(error))
        if timer:
            timer.cancel()
        for log in pod.logs.values():
            log.close()
        self._set(pod, phase=phase)
        self._condition(pod, "Ready", False)
        self.store.sweep()

    async def _phases(self, pod: Pod) -> str:
        spec, status = pod.body["spec"], pod.body["status"]
        await self._until(pod, lambda: self._schedule(pod))
        spec["nodeName"] = NODE
        status.update(startTime=now(), podIP="127.0.0.1", hostIP="127.0.0.1")
        self._condition(pod, "PodScheduled", True)
        for kind, listed in (("init", spec.get("initContainers") or []), ("", spec["containers"])):
            reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
            status[_statuses(kind)] = [_container_status(item, reason) for item in listed]
        await self._until(pod, lambda: self._mount(pod))
        for container in spec.get("initContainers") or ():
            if await self._run_container(pod, container, "init") != 0:
                return "Failed"
        self._condition(pod, "Initialized", True)
        runs = (self._run_container(pod, container, "") for container in spec["containers"])
        codes = await asyncio.gather(*runs)
        return "Succeeded" if not any(codes) else "Failed"

    async def _until(self, pod: Pod, attempt: Callable[[], Any]) -> Any:
        """Try until nothing is missing; tell what is, as an event."""
        while True:
            try:
                return attempt()
            except NotYetError as missing:
                self.store.report(pod, "Warning", missing.reason, str(missing))
                await asyncio.sleep(RETRY)

    def _schedule(self, pod: Pod) -> None:
        for name in sorted(pod.claim_names):
            claim = self.store.claim(pod.namespace, name)
            problem = "not found" if claim is None else "is being deleted"
            if claim is None or claim.terminating:
                message = f'persistentvolumeclaim "{name}" {problem}'
                self._condition(pod, "PodScheduled", False, "Unschedulable", message)
                raise NotYetError("FailedScheduling", f"0/1 nodes are available: {message}.")

    def _mount(self, pod: Pod) -> None:
        for volume in pod.volumes:
            try:
                volume_folder(self.store, pod, volume)
            except NotYetError as missing:
                self._wait_all(pod, missing)
                raise NotYetError("FailedMount", str(missing)) from missing

    def _wait_all(self, pod: Pod, missing: NotYetError) -> None:
        for status in pod.body["status"]["containerStatuses"]:
            status["state"] = {"waiting": {"reason": missing.reason, "message": str(missing)}}
        self._touch(pod)

    async def _run_container(self, pod: Pod, container: Json, kind: str) -> int:
        """Run one container, again where the pod's policy says so."""
        policy = pod.body["spec"].get("restartPolicy") or "Always"
        while True:
            code = await self._run_once(pod, container, kind)
            again = policy == "Always" or (policy == "OnFailure" and code != 0)
            if not again or pod.stopping or (kind == "init" and code == 0):
                return code
            status = _status_of(pod, container["name"], kind)
            status["restartCount"] += 1
            status["lastState"] = status["state"]
            waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting container"}
            status["state"] = {"waiting": waiting}
            self._touch(pod)
            await asyncio.sleep(min(2 ** status["restartCount"], 60))

    async def _run_once(self, pod: Pod, container: Json, kind: str) -> int:
        name = container["name"]
        spec = await self._startable(pod, container, kind)
        uid = pod.uid
        count = _status_of(pod, name, kind)["restartCount"]
        folder = self.store.folder / "pods" / uid / "containers" / f"{name}-{count}"
        sandbox = Sandbox(spec_file(folder, **spec), pod.logs[name])
        self._sandboxes.setdefault(uid, []).append(sandbox)
        started = now()
        self._show(pod, name, kind, {"running": {"startedAt": started}})
        if not kind:
            self._set(pod, phase="Running")
        self.store.report(pod, "Normal", "Started", f"Started container {name}")
        code = await sandbox.run()
        ended: Json = {
            "exitCode": code,
            "reason": "Error" if code else "Completed",
            "startedAt": started,
            "finishedAt": now(),
            "containerID": f"stand-in://{uid}/{name}/{count}",
        }
        if code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            tail = b"".join(line for _, line in pod.logs[name].lines[-80:])
            ended["message"] = tail[-2048:].decode("utf-8", "replace")
        self._show(pod, name, kind, {"terminated": ended})
        if pod.body["spec"].get("restartPolicy") == "Never":
            pod.logs[name].close()
        return code

    async def _startable(self, pod: Pod, container: Json, kind: str) -> dict[str, Any]:
        """Wait for the image and the configuration of a container."""
        while not pod.stopping:
            try:
                image = self._image(container["image"])
                return start_spec(self.store, pod, container, image)
            except NotYetError as missing:
                waiting = {"reason": missing.reason, "message": str(missing)}
                self._show(pod, container["name"], kind, {"waiting": waiting})
                self.store.report(pod, "Warning", "Failed", f"Error: {missing.reason}: {missing}")
                await asyncio.sleep(RETRY)
        raise asyncio.CancelledError

    def _image(self, name: str) -> Json:
        if not IMAGE.fullmatch(name):
            raise NotYetError("InvalidImageName", f'couldn\'t parse image name "{name}"')
        if name not in self.images:
            message = f'Failed to pull image "{name}": not found'
            raise NotYetError("ErrImagePull", message)
        return self.images[name]

    def _show(self, pod: Pod, name: str, kind: str, state: Json) -> None:
        status = _status_of(pod, name, kind)
        done = state.get("terminated", {}).get("exitCode") == 0
        status.update(
            state=state,
            ready=done if kind else "running" in state,
            started="running" in state,
        )
        self._touch(pod)

    def _set(self, pod: Pod, **status: str) -> None:
        pod.body["status"].update(status)
        self._touch(pod)

    def _condition(
        self, pod: Pod, kind: str, holds: bool, reason: str = "", message: str = ""
    ) -> None:
        conditions = pod.body["status"]["conditions"]
        others = [condition for condition in conditions if condition["type"] != kind]
        condition = {"type": kind, "status": str(holds), "lastTransitionTime": now()}
        why = {"reason": reason, "message": message} if reason else {}
        pod.body["status"]["conditions"] = [*others, {**condition, **why}]
        self._touch(pod)

    def _touch(self, pod: Pod) -> None:
        pod.body["metadata"]["resourceVersion"] = self.store.version()


def _statuses(kind: str) -> str:
    return "initContainerStatuses" if kind else "containerStatuses"


def _status_of(pod: Pod, name: str, kind: str) -> Json:
    listed: list[Json] = pod.body["status"][_statuses(kind)]
    return next(status for status in listed if status["name"] == name)


def _container_status(container: Json, reason: str) -> Json:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "lastState": {},
        "state": {"waiting": {"reason": reason}},
    }
