"""The real clients, and the real pod operator within real Airflows, against the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.airflow.running import AIRFLOW_2, AIRFLOW_3, ROOT, run_dag
from tests.services.bodies import claim_body
from tests.services.cluster import Cluster, Image, cluster

HEAD = '''
"""An airflow dag."""
import datetime
from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

claim = k8s.V1PersistentVolumeClaimVolumeSource(claim_name="data")
shared = {
    "volumes": [k8s.V1Volume(name="data", persistent_volume_claim=claim)],
    "volume_mounts": [k8s.V1VolumeMount(name="data", mount_path="/home/busy/data")],
}

def pod(task_id, script, **more):
    return KubernetesPodOperator(
        task_id=task_id, image="busy:1", cmds=["sh", "-c"], arguments=[script], **more
    )
'''
GOOD = f"""{HEAD}
with DAG("good", schedule=None, start_date=datetime.datetime(2024, 1, 1)):
    shared_too = {{"env_vars": {{"WHO": "me"}}, **shared}}
    write = pod("write", "echo honey > data/file; echo written by $WHO", **shared_too)
    read = pod("read", "sleep 1; cat data/file", deferrable=True, poll_interval=0.5, **shared)
    write >> read
"""
BAD = f"""{HEAD}
with DAG("bad", schedule=None, start_date=datetime.datetime(2024, 1, 1)):
    pod("plain", "echo said before the end; exit 3")
    pod("deferred", "sleep 1; exit 4", deferrable=True, poll_interval=0.5)
    pod("refused", "true", service_account_name="Not_Legal")
"""


def test_the_real_clients_find_a_kubernetes(kubernetes: Cluster) -> None:
    answer = subprocess.run(
        [AIRFLOW_3, ROOT / "tests" / "services" / "client_calls.py"],
        env={**os.environ, **kubernetes.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "version": "1",
        "log": ["one", "two"],
        "listed": 1,
        "labels": {"made": "yes", "done": "True"},
        "phase": "Succeeded",
        "events": ["Started"],
        "gone": [404, "NotFound"],
        "un_known": [404, "NotFound"],
    }


@pytest.mark.parametrize("python", [AIRFLOW_3, AIRFLOW_2], ids=["airflow-3", "airflow-2"])
def test_the_real_operator_runs_pods(python: Path, tmp_path: Path) -> None:
    assert python.exists(), f"{python} is missing: run `make environments`"
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    for name, text in (("good", GOOD), ("bad", BAD)):
        (home / "dags" / f"{name}.py").write_text(text, encoding="utf-8")
    with cluster(tmp_path, {"busy:1": Image(workdir="/home/busy")}) as running:
        body = claim_body("data")
        running.request("POST", "default/persistentvolumeclaims", body).raise_for_status()
        good = run_dag(home / "dags" / "good.py", home, python, env=running.env)
        said = good.log.read_text(encoding="utf-8")
        assert good.succeeded, said[-3000:]
        assert {(task.task_id, task.state) for task in good.tasks} == {
            ("write", "success"),
            ("read", "success"),
        }
        assert "written by me" in said
        assert "honey" in said
        assert (running.claim_folder("data") / "file").read_text(encoding="utf-8") == "honey\n"
        assert running.refused() == []
        assert all(pod["removed"] for pod in running.pods())
        bad = run_dag(home / "dags" / "bad.py", home, python, env=running.env)
        assert not bad.succeeded
        assert {(task.task_id, task.state) for task in bad.tasks} == {
            ("plain", "failed"),
            ("deferred", "failed"),
            ("refused", "failed"),
        }
        assert "said before the end" in bad.log.read_text(encoding="utf-8")
        assert {entry["status"] for entry in running.refused()} == {422}
        assert "spec.serviceAccountName" in running.refused()[0]["message"]
