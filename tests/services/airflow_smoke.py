"""The least that a server of any line does: it says its version, and runs a compiled project."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx

from tests.airflow.compiling import EXAMPLE, as_processes, compile_project
from tests.services.airflow_server import AirflowServer

PATIENCE = 120
ENDED = ("success", "failed")
TRIGGER = {"3": {"logical_date": None}, "2": {}}


def smoke(server: AirflowServer, folder: Path) -> None:
    """Compile one node of the example into the server's DAGs, and run it over REST."""
    project = folder / "project"
    shutil.copytree(EXAMPLE, project)
    dag_file = compile_project(
        project,
        server.dags,
        export=("--nodes", "clean_hives"),
        lower=(*as_processes(project), "--airflow", server.line),
    )
    with server.client() as client:
        assert client.get("/version").json()["version"].startswith(f"{server.line}.")
        dag = f"/dags/{dag_file.stem}"
        _wait_for(client, dag, "is_paused", (True,))
        client.patch(dag, json={"is_paused": False}).raise_for_status()
        run = client.post(f"{dag}/dagRuns", json=TRIGGER[server.line]).raise_for_status().json()
        state = _wait_for(client, f"{dag}/dagRuns/{run['dag_run_id']}", "state", ENDED)
    assert state == "success", server.log.read_text(encoding="utf-8")[-5000:]


def _wait_for(client: httpx.Client, path: str, field: str, values: tuple[object, ...]) -> object:
    """Ask until a field has one of the values; return that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = client.get(path)
        if answer.status_code != 404 and answer.raise_for_status().json()[field] in values:
            found: object = answer.json()[field]
            return found
        time.sleep(0.5)
    raise AssertionError(f"{path}: no {field} of {values}: {answer.text}")
