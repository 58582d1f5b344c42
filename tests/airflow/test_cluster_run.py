"""The example project, pod by pod in a cluster: what a run leaves, and what a failure does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.airflow.cluster_project import IMAGE, compile_dag, image_of, make_project
from tests.airflow.running import LINES, ROOT, DagRun, run_dag
from tests.airflow.test_local_run import data_of
from tests.services.cluster import Cluster, cluster
from tests.services.fixtures import mlflow, sink
from tests.services.http_sink import Sink
from tests.services.mlflow_server import Mlflow

__all__ = ["mlflow", "sink"]

MESSAGE = "*Task*: {task}\n*Dag*: {dag}\n*Execution Time*: {execution_time}\n{url}\n{not} {{it}}"


@dataclass(frozen=True)
class Outcome:
    """A run, and the cluster and the project that it was made of."""

    run: DagRun
    cluster: Cluster
    project: Path
    dag_file: Path


@contextmanager
def run_in_cluster(
    folder: Path,
    line: str,
    config: dict[str, Any],
    sink: Sink,
    *export: str,
    broken: bool = False,
) -> Iterator[Outcome]:
    project = make_project(folder, {"volume": {"disabled": False}, **config})
    if broken:
        (project / "data" / "01_raw" / "hives.csv").unlink()
    home = folder / "airflow"
    dag_file = compile_dag(project, home / "dags", line, *export)
    slack = {"conn_type": "slackwebhook", "password": f"{sink.url}/services/T/B/x"}
    with cluster(folder, {IMAGE: image_of(project)}) as running:
        env = {**running.env, "AIRFLOW_CONN_SLACK": json.dumps(slack)}
        run = run_dag(dag_file, home, LINES[line], env=env)
        yield Outcome(run, running, project, dag_file)


def environment_of(pod: dict[str, Any]) -> dict[str, str]:
    (container,) = pod["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"] if "value" in item}


def task_of(pod: dict[str, Any]) -> str:
    name: str = pod["metadata"]["labels"]["task_id"]
    return name


def check_that_nothing_is_left(outcome: Outcome) -> None:
    (claim,) = outcome.cluster.claims()
    assert claim["removed"]
    assert all(pod["removed"] for pod in outcome.cluster.pods())
    assert outcome.cluster.refused() == []


def test_pods_leave_what_plain_kedro_leaves(
    tmp_path: Path, line: str, mlflow: Mlflow, sink: Sink
) -> None:
    experiment = f"success on {line}"
    config = {
        "experiment_name": experiment,
        "mlflow": {"tracking_uri": mlflow.url},
        "failure_handlers": [{"type": "slack", "connection_id": "slack"}],
    }
    with run_in_cluster(tmp_path, line, config, sink) as outcome:
        assert outcome.run.succeeded, outcome.run.log.read_text(encoding="utf-8")[-4000:]
        assert {task.state for task in outcome.run.tasks} == {"success"}
        check_that_nothing_is_left(outcome)
        check_the_data(outcome)
        check_that_mlflow_has(mlflow, experiment, outcome, "FINISHED")
        assert sink.received == []


def check_the_data(outcome: Outcome) -> None:
    plain = outcome.project.parent / "plain"
    subprocess.run(["cp", "-R", outcome.project, plain], check=True)
    subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--env", "cluster"],
        cwd=plain,
        env=image_of(plain).env,  # numerical libraries listen to the environment
        capture_output=True,
        check=True,
    )
    volume = outcome.project.parent / "volume"
    volume.mkdir()
    (claim,) = outcome.cluster.claims()
    (volume / "data").symlink_to(claim["folder"])
    found = {name: text for name, text in data_of(volume).items() if "data_volume" not in name}
    assert found == data_of(plain)
    assert len(found) > len(data_of(outcome.project)) + 8


def check_that_mlflow_has(mlflow: Mlflow, experiment: str, outcome: Outcome, status: str) -> None:
    (run,) = mlflow.runs(experiment)
    assert run["info"]["status"] == status
    params = {item["key"]: item["value"] for item in run["data"]["params"]}
    assert (params["image"], params["dag_id"]) == (IMAGE, outcome.dag_file.stem)
    assert params["execution_date"][:3] == "202"
    for pod in outcome.cluster.pods():
        expected = None if task_of(pod) == "data_volume_init" else run["info"]["run_id"]
        assert environment_of(pod).get("MLFLOW_RUN_ID") == expected


@pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferrable"])
def test_a_failing_node_fails_the_run_and_leaves_nothing_behind(
    tmp_path: Path, line: str, deferrable: bool, mlflow: Mlflow, sink: Sink
) -> None:
    experiment = f"failure on {line}, {deferrable}"
    handler = {"type": "slack", "connection_id": "slack", "message_template": MESSAGE}
    config = {
        "experiment_name": experiment,
        "mlflow": {"tracking_uri": mlflow.url},
        "failure_handlers": [handler],
        "deferrable": deferrable,
    }
    nodes = "clean_hives,clean_weighings,check_weighings,weekly_gains"
    with run_in_cluster(tmp_path, line, config, sink, "--nodes", nodes, broken=True) as outcome:
        states = {task.task_id: task.state for task in outcome.run.tasks}
        assert not outcome.run.succeeded
        assert states["clean_hives"] == "failed"
        assert states["clean_weighings--weekly_gains"] == "upstream_failed"
        assert states["delete_pipeline_storage"] == states["end_mlflow_run"] == "success"
        assert "hives.csv" in outcome.run.log.read_text(encoding="utf-8")
        check_that_nothing_is_left(outcome)
        check_that_mlflow_has(mlflow, experiment, outcome, "FAILED")
        check_the_message(sink, outcome)


def check_the_message(sink: Sink, outcome: Outcome) -> None:
    (received,) = sink.received
    assert received.path == "/services/T/B/x"
    task, dag, moment, url, rest = received.json()["text"].split("\n")
    assert (task, dag) == ("*Task*: clean_hives", f"*Dag*: {outcome.dag_file.stem}")
    assert re.fullmatch(r"\*Execution Time\*: 20\d\d-\d\d-\d\d.*", moment)
    assert url.startswith("http")
    assert "clean_hives" in url
    assert rest == "{not} {{it}}"


def test_the_pod_of_the_readme_writes_into_the_volume(
    tmp_path: Path, line: str, mlflow: Mlflow, sink: Sink
) -> None:
    """The example of a pod template, word for word, but for its image.

    Its volume is kept if the run fails, but the run goes well.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(  kubernetes_pod_templates:.*?)```", readme, re.DOTALL)
    config = yaml.safe_load(example)
    config["kubernetes_pod_templates"]["spark"]["image"] = IMAGE
    experiment = f"template on {line}"
    config |= {
        "experiment_name": experiment,
        "mlflow": {"tracking_uri": mlflow.url},
        "nodes": {"clean_hives": {"pod_template": "spark"}},
        "volume": {"keep": "on_failure"},
    }
    with run_in_cluster(tmp_path, line, config, sink, "--nodes", "clean_hives") as outcome:
        assert outcome.run.succeeded, outcome.run.log.read_text(encoding="utf-8")[-4000:]
        check_that_nothing_is_left(outcome)
        (claim,) = outcome.cluster.claims()
        made = {path.name for path in Path(claim["folder"]).rglob("*.*")}
        assert made - {path.name for path in (outcome.project / "data").rglob("*.*")}
        check_that_mlflow_has(mlflow, experiment, outcome, "FINISHED")
        (pod,) = (pod for pod in outcome.cluster.pods() if task_of(pod) == "clean_hives")
        assert pod["metadata"]["labels"]["spark_driver"] == "clean_hives"
