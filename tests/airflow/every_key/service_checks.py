"""The claim, and the calls that arrived at MLflow, at Slack and at another DAG."""

from __future__ import annotations

import base64

from tests.airflow.every_key import configuration as c
from tests.airflow.every_key.checking import Check, Runs, expects

RUN_ID = "run-of-mlflow"


@expects("volume.storageclass")
def storageclass(runs: Runs) -> None:
    assert runs.full.claim["spec"]["storageClassName"] == "fast"


@expects("volume.size")
def size(runs: Runs) -> None:
    assert runs.full.claim["spec"]["resources"] == {"requests": {"storage": "3Gi"}}


@expects("volume.access_modes")
def access_modes(runs: Runs) -> None:
    assert runs.full.claim["spec"]["accessModes"] == ["ReadWriteMany", "ReadOnlyMany"]


@expects("volume.skip_init")
def skip_init(runs: Runs) -> None:
    tasks = {pod["metadata"]["labels"]["task_id"] for pod in runs.full.pods}
    assert tasks == {"observe", "compare", "break_down"}


@expects("volume.owner")
def owner(runs: Runs) -> None:
    assert runs.full.pod("observe")["spec"]["securityContext"]["fsGroup"] == 1234
    assert 1234 in runs.full.observed["groups"]


@expects("volume.disabled")
def disabled(runs: Runs) -> None:
    assert runs.alone.claims == []
    assert not runs.alone.container("observe").get("volumeMounts")
    assert len(runs.full.claims) == 1


@expects("volume.keep")
def keep(runs: Runs) -> None:
    """The run failed, so its volume stays."""
    assert not runs.full.run.succeeded
    assert not runs.full.claim["removed"]


@expects("volume.mount_path")
def mount_path(runs: Runs) -> None:
    assert c.MOUNTED in [line.split()[1] for line in runs.full.observed["mounts"]]


@expects("experiment_name")
def experiment_name(runs: Runs) -> None:
    assert runs.alone.dag_id == "Probe-alone"


@expects("run_name")
def run_name(runs: Runs) -> None:
    assert runs.full.dag_id == "probe-run"
    (call,) = runs.full.calls("runs/log-batch")
    assert {"key": "dag_id", "value": "probe-run"} in call.json()["params"]


@expects("mlflow.tracking_uri")
def tracking_uri(runs: Runs) -> None:
    states = [call.json()["status"] for call in runs.full.calls("runs/update")]
    assert states == ["RUNNING", "FAILED"]
    assert runs.full.observed["environment"]["MLFLOW_RUN_ID"] == RUN_ID


@expects("mlflow.experiment_name")
def mlflow_experiment_name(runs: Runs) -> None:
    (call,) = runs.full.calls("experiments/get-by-name")
    assert "experiment_name=Runs+of+%7B%7B+probes+%7D%7D" in call.path


@expects("mlflow.disabled")
def mlflow_disabled(runs: Runs) -> None:
    assert runs.alone.received == []
    names = [one["name"] for one in runs.alone.container("observe")["env"]]
    assert "MLFLOW_RUN_ID" not in names


@expects("authentication.type", "authentication.params")
def authentication(runs: Runs) -> None:
    login = f"ada:{c.VARIABLES['MLFLOW_TRACKING_PASSWORD']}"
    wanted = f"Basic {base64.b64encode(login.encode()).decode()}"
    calls = [call for call in runs.full.received if "/mlflow/" in call.path]
    assert {call.headers.get("authorization") for call in calls} == {wanted}


@expects("failure_handlers.type", "failure_handlers.connection_id")
def failure_handler(runs: Runs) -> None:
    """Of all tasks only the one that failed says so, and only when no try is left."""
    assert [call.path for call in runs.full.calls("/services/T/B/x")] == ["/services/T/B/x"]


@expects("failure_handlers.message_template")
def message_template(runs: Runs) -> None:
    (call,) = runs.full.calls("/services/T/B/x")
    assert call.json()["text"] == "break_down of probe-run: {{ ds }} 'q'"


SENSOR = "wait_for_upstream.done"


@expects("external_dependencies.dag_id", "external_dependencies.execution_delta")
def awaited_run(runs: Runs) -> None:
    """The other DAG ran an hour before, and at no other time."""
    assert runs.full.task_instances[SENSOR]["state"] == "success"
    assert runs.full.task_instances["observe"]["state"] == "success"


def _of_sensor(attribute: str, wanted: object) -> Check:
    def check(runs: Runs) -> None:
        assert runs.full.view["tasks"][SENSOR][attribute] == wanted

    return check


expects("external_dependencies.task_id")(_of_sensor("external_task_id", "done"))
expects("external_dependencies.timeout")(_of_sensor("timeout", 5 * 60))
expects("external_dependencies.check_existence")(_of_sensor("check_existence", False))
