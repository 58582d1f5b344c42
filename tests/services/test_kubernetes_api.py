"""The stand-in cluster over plain HTTP: containers run for real, in what their pod gives them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.bodies import Json, claim_body, fresh, pod_body
from tests.services.cluster import Cluster, Image, cluster

PATIENCE = 30


def until(condition: Callable[[], Any]) -> Any:
    """Poll until something is true, and return it."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


def create(kubernetes: Cluster, noun: str, body: Json) -> str:
    answer = kubernetes.request("POST", f"default/{noun}", body)
    assert answer.status_code == 201, answer.json()["message"]
    return str(body["metadata"]["name"])


def seen(kubernetes: Cluster, name: str) -> Json:
    return next(pod for pod in kubernetes.pods() if pod["metadata"]["name"] == name)


def run(kubernetes: Cluster, body: Json) -> Json:
    """Run a pod to its end."""
    name = create(kubernetes, "pods", body)

    def ended() -> Json | None:
        pod = seen(kubernetes, name)
        return pod if pod["status"]["phase"] in ("Succeeded", "Failed") else None

    found: Json = until(ended)
    return found


def with_volume(body: Json, source: Json, path: str, **mount: Any) -> Json:
    body["spec"]["volumes"] = [{"name": "v", **source}]
    body["spec"]["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": path, **mount}]
    return body


def claim_source(name: str) -> Json:
    return {"persistentVolumeClaim": {"claimName": name}}


def terminated(pod: Json) -> Json:
    state: Json = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    return state


def waiting(pod: Json) -> str:
    states = [item["state"] for item in pod["status"].get("containerStatuses", [])]
    return str(states[0].get("waiting", {}).get("reason", "")) if states else ""


def succeeded(kubernetes: Cluster) -> set[str]:
    pods = kubernetes.pods()
    return {pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Succeeded"}


def test_a_container_ends_as_its_command_does(kubernetes: Cluster) -> None:
    good, bad = run(kubernetes, pod_body("echo fine")), run(kubernetes, pod_body("exit 7"))
    assert good["status"]["phase"] == "Succeeded"
    assert good["logs"]["base"] == "fine\n"
    assert bad["status"]["phase"] == "Failed"
    assert (terminated(bad)["exitCode"], terminated(bad)["reason"]) == (7, "Error")


def test_a_command_that_is_not_there_fails_the_pod(kubernetes: Cluster) -> None:
    body = pod_body()
    body["spec"]["containers"][0]["command"] = ["no-such-program"]
    pod = run(kubernetes, body)
    assert terminated(pod)["exitCode"] == 128
    assert "no-such-program" in pod["logs"]["base"] or "No such file" in pod["logs"]["base"]


def test_the_environment_is_the_pods_and_the_images_alone(kubernetes: Cluster) -> None:
    kubernetes.put_secret("keys", {"TOKEN": "t"})
    body = pod_body()
    container = body["spec"]["containers"][0]
    container["envFrom"] = [{"prefix": "S_", "secretRef": {"name": "keys"}}]
    container["command"] = ["sh", "-c", "env | sort; pwd; echo '$(GREETING) $$(WHO) $(NONE)'"]
    container["env"] = [
        {"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "GREETING", "value": "hello $(WHO) $(S_TOKEN)$(LATER)"},
        {"name": "LATER", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "TOKEN"}}},
    ]
    lines = run(kubernetes, body)["logs"]["base"].splitlines()
    name = body["metadata"]["name"]
    assert {line for line in lines if not line.startswith(("PATH=", "PWD="))} == {
        "COLOUR=red",
        "GREETING=hello shop t$(LATER)",
        "HOME=/home/busy",
        f"HOSTNAME={name}",
        "LATER=t",
        "S_TOKEN=t",
        "WHO=shop",
        "/home/busy",
        "hello shop t$(LATER) $(WHO) $(NONE)",
    }


def test_a_claim_carries_files_between_pods_and_dies_with_them(kubernetes: Cluster) -> None:
    claim = create(kubernetes, "persistentvolumeclaims", claim_body())
    volume, place = claim_source(claim), "/home/busy/data"
    run(kubernetes, with_volume(pod_body("echo honey > data/file"), volume, place))
    read = run(kubernetes, with_volume(pod_body("cat data/file"), volume, place))
    assert read["logs"]["base"] == "honey\n"
    folder = kubernetes.claim_folder(claim)
    assert (folder / "file").read_text(encoding="utf-8") == "honey\n"
    kubernetes.request("DELETE", f"default/persistentvolumeclaims/{claim}")
    assert folder.exists()  # as on a cluster whose volumes are retained
    create(kubernetes, "persistentvolumeclaims", claim_body(claim))
    assert list(kubernetes.claim_folder(claim).iterdir()) == []


def test_what_containers_write_elsewhere_stays_with_them(tmp_path: Path) -> None:
    project, file = tmp_path / "project", Path("/var/tmp/kairflow-stray")
    project.mkdir()
    (project / "code.py").write_text("x", encoding="utf-8")
    image = Image(mounts=[(project, "/home/kedro/shop")], workdir="/home/kedro/shop")
    script = (f"test ! -e {file}", f"touch {file} new /tmp/new", "echo y >> code.py", "ls", "pwd")
    with cluster(tmp_path, {"shop:1": image}) as running:
        for _ in range(2):
            body = pod_body(*(" && ".join(script),))
            body["spec"]["containers"][0]["image"] = "shop:1"
            pod = run(running, body)
            assert pod["logs"]["base"] == "code.py\nnew\n/home/kedro/shop\n", pod["status"]
    assert not file.exists()
    assert [path.name for path in project.iterdir()] == ["code.py"]
    assert (project / "code.py").read_text(encoding="utf-8") == "x"


def test_init_containers_run_first_and_share_volumes(kubernetes: Cluster) -> None:
    body = with_volume(pod_body("cat /v/a /v/b"), {"emptyDir": {}}, "/v")
    mounts = body["spec"]["containers"][0]["volumeMounts"]
    body["spec"]["initContainers"] = [
        {
            "name": f"init-{name}",
            "image": "busy:1",
            "command": ["sh", "-c", f"sleep {pause}; echo {name} > /v/{name}; date +%N > /v/last"],
            "volumeMounts": mounts,
        }
        for name, pause in (("a", 0.3), ("b", 0))
    ]
    pod = run(kubernetes, body)
    assert pod["logs"]["base"] == "a\nb\n"
    body = pod_body("echo never")
    body["spec"]["initContainers"] = [{"name": "i", "image": "busy:1", "command": ["false"]}]
    pod = run(kubernetes, body)
    assert (pod["status"]["phase"], pod["logs"]["base"]) == ("Failed", "")


def test_secrets_are_files(kubernetes: Cluster) -> None:
    kubernetes.put_secret("files", {"a": "1", "b": "2"})
    source = {"secret": {"secretName": "files", "items": [{"key": "b", "path": "deep/B"}]}}
    body = with_volume(pod_body("cd /s && ls * && cat deep/B"), source, "/s")
    assert run(kubernetes, body)["logs"]["base"].split() == ["B", "2"]


def test_a_pod_waits_for_what_is_missing(kubernetes: Cluster) -> None:
    claim = fresh("late")
    unscheduled = create(kubernetes, "pods", with_volume(pod_body(), claim_source(claim), "/v"))
    secretive = pod_body()
    reference = {"secretKeyRef": {"name": "late-secret", "key": "k"}}
    secretive["spec"]["containers"][0]["env"] = [{"name": "A", "valueFrom": reference}]
    unconfigured = create(kubernetes, "pods", secretive)
    strange = pod_body()
    strange["spec"]["containers"][0]["image"] = "strange:1"
    unpulled = create(kubernetes, "pods", strange)
    until(lambda: waiting(seen(kubernetes, unconfigured)) == "CreateContainerConfigError")
    until(lambda: waiting(seen(kubernetes, unpulled)) == "ErrImagePull")
    (condition,) = seen(kubernetes, unscheduled)["status"]["conditions"]
    assert f'"{claim}" not found' in condition["message"]
    log = kubernetes.request("GET", f"default/pods/{unpulled}/log")
    assert (log.status_code, "waiting to start" in log.json()["message"]) == (400, True)
    events = kubernetes.request(
        "GET", f"default/events?fieldSelector=involvedObject.name={unpulled}"
    ).json()["items"]
    assert "strange:1" in events[0]["message"]
    kubernetes.put_secret("late-secret", {"k": "v"})
    create(kubernetes, "persistentvolumeclaims", claim_body(claim))
    late = {unscheduled, unconfigured}
    until(lambda: late <= succeeded(kubernetes))
    kubernetes.request("DELETE", f"default/pods/{unpulled}")
    until(lambda: seen(kubernetes, unpulled)["removed"])


def test_a_deleted_pod_may_finish_within_its_grace(kubernetes: Cluster) -> None:
    script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    name = create(kubernetes, "pods", pod_body(script))
    until(lambda: seen(kubernetes, name)["logs"]["base"])
    assert kubernetes.request("DELETE", f"default/pods/{name}").status_code == 200
    until(lambda: seen(kubernetes, name)["removed"])
    assert seen(kubernetes, name)["logs"]["base"] == "up\nbye\n"
    deaf = create(kubernetes, "pods", pod_body("trap '' TERM; echo up; sleep 600"))
    until(lambda: seen(kubernetes, deaf)["logs"]["base"])
    kubernetes.request("DELETE", f"default/pods/{deaf}", {"gracePeriodSeconds": 1})
    until(lambda: seen(kubernetes, deaf)["removed"])
    assert terminated(seen(kubernetes, deaf))["exitCode"] == 137
    listed = kubernetes.request("GET", "default/pods").json()["items"]
    assert not {name, deaf} & {pod["metadata"]["name"] for pod in listed}


def test_a_pod_whose_time_is_over_fails(kubernetes: Cluster) -> None:
    pod = run(kubernetes, pod_body("sleep 600", activeDeadlineSeconds=1))
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert terminated(pod)["exitCode"] == 137


def test_labels_change_and_select(kubernetes: Cluster) -> None:
    body = pod_body()
    body["metadata"]["labels"] = {"run": fresh("r"), "gone": "x"}
    name, path = create(kubernetes, "pods", body), f"default/pods/{body['metadata']['name']}"
    patch = {"metadata": {"labels": {"already_checked": "True", "gone": None}}}
    after = kubernetes.request("PATCH", path, patch).json()["metadata"]["labels"]
    assert after == {"run": body["metadata"]["labels"]["run"], "already_checked": "True"}
    for selector, count in (("already_checked!=True", 0), ("already_checked=True,!gone", 1)):
        query = f"?labelSelector=run={after['run']},{selector}"
        assert len(kubernetes.request("GET", f"default/pods{query}").json()["items"]) == count
    wrong = kubernetes.request("PATCH", path, {"metadata": {"labels": {"a": "b c"}}})
    assert wrong.status_code == 422
    frozen = kubernetes.request("PATCH", path, {"spec": {"containers": []}})
    assert (frozen.status_code, name in frozen.json()["message"]) == (422, True)


def test_a_log_is_followed_to_the_end(kubernetes: Cluster) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep 0.2; done; printf unfinished"
    name = create(kubernetes, "pods", pod_body(script))
    until(lambda: seen(kubernetes, name)["logs"]["base"])
    query = "container=base&follow=True&timestamps=True"
    text = kubernetes.request("GET", f"default/pods/{name}/log?{query}").text
    stamps, words = zip(*(line.split(" ", 1) for line in text.splitlines()), strict=True)
    assert words == ("line 1", "line 2", "line 3", "unfinished")
    assert sorted(stamps) == list(stamps)
    assert all(len(stamp) == len("2026-11-22T20:59:26.123456789Z") for stamp in stamps)
    assert terminated(kubernetes.request("GET", f"default/pods/{name}").json())["exitCode"] == 0
    tail = kubernetes.request("GET", f"default/pods/{name}/log?tailLines=2").text
    assert tail == "line 3\nunfinished"


def test_an_answer_gets_lost_though_the_deed_is_done(kubernetes: Cluster) -> None:
    body = claim_body()
    kubernetes.lose_answers("POST", r"/persistentvolumeclaims$")
    with pytest.raises(httpx.RemoteProtocolError):
        kubernetes.request("POST", "default/persistentvolumeclaims", body)
    again = kubernetes.request("POST", "default/persistentvolumeclaims", body)
    assert again.status_code == 409
    kubernetes.lose_answers("POST", r"/pods$", 2, answer="500", perform=False)
    broken = [kubernetes.request("POST", "default/pods", pod_body()) for _ in range(3)]
    assert [answer.status_code for answer in broken] == [500, 500, 201]
    assert [entry["fault"] for entry in kubernetes.journal()[-3:]] == ["500", "500", None]
    assert not [entry for entry in kubernetes.refused() if entry["status"] == 500]


def test_a_claim_in_use_stays_until_its_pods_are_done(kubernetes: Cluster) -> None:
    claim = create(kubernetes, "persistentvolumeclaims", claim_body())
    path = f"default/persistentvolumeclaims/{claim}"
    script = "echo up; while [ ! -e /v/stop ]; do sleep 0.05; done"
    name = create(kubernetes, "pods", with_volume(pod_body(script), claim_source(claim), "/v"))
    until(lambda: seen(kubernetes, name)["logs"]["base"])
    kubernetes.request("DELETE", path)
    assert "deletionTimestamp" in kubernetes.request("GET", path).json()["metadata"]
    again = kubernetes.request("POST", "default/persistentvolumeclaims", claim_body(claim))
    assert again.json()["message"].startswith("object is being deleted: ")
    (kubernetes.claim_folder(claim) / "stop").touch()
    until(lambda: kubernetes.request("GET", path).status_code == 404)
    held = create(kubernetes, "persistentvolumeclaims", claim_body())
    kubernetes.hold_claim(held)
    kubernetes.request("DELETE", f"default/persistentvolumeclaims/{held}")
    assert kubernetes.claim_folder(held).exists()
    kubernetes.release_claim(held)
    gone = kubernetes.request("GET", f"default/persistentvolumeclaims/{held}")
    assert gone.status_code == 404


def test_namespaces_may_be_few(tmp_path: Path) -> None:
    with cluster(tmp_path, namespaces=["ml"]) as running:
        assert running.request("GET", "ml/pods").status_code == 200
        missing = running.request("POST", "default/pods", pod_body())
        assert (missing.status_code, missing.json()["details"]["kind"]) == (404, "namespaces")


@pytest.mark.parametrize("way", ["leave", "kill"])
def test_nothing_survives_the_cluster(tmp_path: Path, way: str) -> None:
    mark = fresh(f"sleeper-{os.getpid()}")
    with cluster(tmp_path, {"busy:1": Image()}) as running:
        name = create(running, "pods", pod_body(f"echo {mark}", "sleep 600"))
        until(lambda: seen(running, name)["logs"]["base"])
        assert commands_with(mark)
        if way == "kill":
            (server,) = commands_with(f"kubernetes_api\0{running.folder}")
            os.kill(server, signal.SIGKILL)
    until(lambda: not commands_with(mark) and not commands_with(str(tmp_path)))


def commands_with(text: str) -> list[int]:
    """Return the ids of what runs with a text in its command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text in path.read_text(encoding="utf-8", errors="replace"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
