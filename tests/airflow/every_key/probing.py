"""The runs of the project `probe`, and all that they left behind."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.airflow.cluster_project import compile_dag, image_of, make_project
from tests.airflow.every_key import configuration as c
from tests.airflow.every_key.awaited import place_awaited
from tests.airflow.running import (
    LINES,
    PATIENCE,
    ROOT,
    DagRun,
    airflow_environment,
    migrate,
    run_dag,
)
from tests.services.cluster import Cluster, cluster
from tests.services.http_sink import Received, Reply, Sink, http_sink

PROBE = ROOT / "tests" / "projects" / "probe"
FOLDERS = ["/run/all", "/run/one"]
MLFLOW = "/api/2.0/mlflow"
REPLIES = {
    f"{MLFLOW}/experiments/get-by-name": {
        "experiment": {"experiment_id": "7", "lifecycle_stage": "active"}
    },
    f"{MLFLOW}/runs/search": {"runs": []},
    f"{MLFLOW}/runs/create": {"run": {"info": {"run_id": "run-of-mlflow"}, "data": {}}},
    f"{MLFLOW}/runs/update": {},
    f"{MLFLOW}/runs/log-batch": {},
}


@dataclass(frozen=True)
class Traces:
    """What one run left: in the cluster, at the other services, in the volume and in Airflow."""

    line: str
    run: DagRun
    dag_id: str
    home: Path
    pods: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    received: list[Received]
    view: dict[str, Any]

    def pods_of(self, task_id: str) -> list[dict[str, Any]]:
        """Return the pods of a task, the first try first."""
        found = [pod for pod in self.pods if pod["metadata"]["labels"]["task_id"] == task_id]
        return sorted(found, key=lambda pod: str(pod["metadata"]["labels"]["try_number"]))

    def pod(self, task_id: str) -> dict[str, Any]:
        (pod,) = self.pods_of(task_id)
        return pod

    def container(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.pods_of(task_id)[0]["spec"]["containers"][0]
        return found

    @property
    def claim(self) -> dict[str, Any]:
        (claim,) = self.claims
        return claim

    @property
    def task_instances(self) -> dict[str, dict[str, Any]]:
        """Return the rows of Airflow's database, by task."""
        query = "SELECT * FROM task_instance WHERE dag_id = ?"
        return {row["task_id"]: row for row in self._rows(query)}

    @cached_property
    def dag_run(self) -> dict[str, Any]:
        (row,) = self._rows("SELECT * FROM dag_run WHERE dag_id = ?")
        return row

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.home / "airflow.db", timeout=PATIENCE)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, (self.dag_id,))]

    @cached_property
    def observed(self) -> dict[str, Any]:
        """Return what the first node wrote down, into the one version that there is."""
        (path,) = Path(self.claim["folder"]).glob("observed.json/*/observed.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @property
    def compared(self) -> dict[str, Any]:
        """Return what the second node wrote down."""
        text = (Path(self.claim["folder"]) / "compared.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def calls(self, path: str) -> list[Received]:
        """Return the requests that arrived at a path below the services' address."""
        return [one for one in self.received if one.path.partition("?")[0].endswith(path)]


def run_every_key(folder: Path, line: str) -> Traces:
    """Run all nodes with every key set, after the DAG that they wait for."""
    with http_sink() as sink:
        sink.replies.update({path: Reply(body=body) for path, body in REPLIES.items()})
        project, dag_file, viewed = _compile(folder, line, c.every_key(sink.url))
        _place_configuration(folder, project)
        home = folder / "airflow"
        migrate(home, LINES[line])
        first = place_awaited(home, line, ("upstream", "done", c.AWAITED))
        view = _view(viewed, home, line)
        with _probe_cluster(folder, project) as running:
            return _run(dag_file, home, view, line, running, sink, first, c.RUN_CONF)


def _compile(folder: Path, line: str, config: dict[str, Any]) -> tuple[Path, Path, Path]:
    """Return the project, the DAG file to run, and the one to view.

    On line 2 `dags test` goes on after a deferral with a task whose templates are filled in, and
    fills them in again; and a pod operator with a time limit misses the moment that it began.
    """
    viewed = make_project(folder / "viewed", config, PROBE)
    project = viewed
    if line == "2":
        project = make_project(folder, c.without_deferral(config), PROBE)
    files = [compile_dag(one, one.parent / "dags", line) for one in (project, viewed)]
    return project, files[0], files[1]


def run_exclusive_keys(folder: Path, line: str, like: Traces) -> Traces:
    """Run one node with the keys that exclude others, in the Airflow of another run."""
    with http_sink() as sink:
        project = make_project(folder, c.exclusive_keys(sink.url), PROBE)
        dag_file = compile_dag(project, folder / "dags", line, "--nodes", "observe")
        with _probe_cluster(folder, project) as running:
            view = _view(dag_file, like.home, line)
            return _run(dag_file, like.home, view, line, running, sink)


def _place_configuration(folder: Path, project: Path) -> None:
    """Give the pods a configuration of their own, besides that of the project."""
    globals_file = project / "conf" / "cluster" / "globals.yml"
    globals_file.write_text(yaml.safe_dump({"data": c.MOUNTED}), encoding="utf-8")
    shutil.copytree(project / "conf", folder / "conf")
    parameters = folder / "conf" / "base" / "parameters.yml"
    said = yaml.safe_load(parameters.read_text(encoding="utf-8"))
    changed = {**said, "place": "elsewhere", "look_at": FOLDERS}
    parameters.write_text(yaml.safe_dump(changed), encoding="utf-8")


@contextmanager
def _probe_cluster(folder: Path, project: Path) -> Iterator[Cluster]:
    image = image_of(project, PROBE_IMAGE="first")
    image.mounts.append((folder / "conf", c.CONF))
    side = image_of(project, PROBE_IMAGE="side")
    side.mounts.append((folder / "conf", c.CONF))
    (folder / "conf").mkdir(exist_ok=True)
    images = {c.IMAGE: image, c.SIDE_IMAGE: side}
    with cluster(folder, images, namespaces=[c.NAMESPACE]) as running:
        for name, data in c.SECRETS.items():
            running.put_secret(name, data, c.NAMESPACE)
        yield running


def _run(
    dag_file: Path,
    home: Path,
    view: dict[str, Any],
    line: str,
    running: Cluster,
    sink: Sink,
    first: Sequence[Sequence[str]] = (),
    conf: dict[str, Any] | None = None,
) -> Traces:
    alarm = {"conn_type": "slackwebhook", "password": f"{sink.url}/services/T/B/x"}
    variables = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in c.VARIABLES.items()}
    env = {**running.env, **variables, "AIRFLOW_CONN_ALARM": json.dumps(alarm)}
    run = run_dag(
        dag_file, home, LINES[line], env=env, conf=conf, logical_date=c.MOMENT, first=first
    )
    return Traces(
        line=line,
        run=run,
        dag_id=dag_file.stem,
        home=home,
        pods=running.pods(),
        claims=running.claims(),
        refused=running.refused(),
        received=list(sink.received),
        view=view,
    )


def _view(dag_file: Path, home: Path, line: str) -> dict[str, Any]:
    script = Path(__file__).with_name("airflow_view.py")
    answer = subprocess.run(
        [LINES[line], script, dag_file, *c.POOLS],
        env=airflow_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    found: dict[str, Any] = json.loads(answer.stdout)
    return found
