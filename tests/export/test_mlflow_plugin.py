"""With kedro-mlflow installed and its server out of reach, an export notices neither."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export import Request, export_pipeline
from tests.export.tiny import copy_fixture, make_project, snapshot

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("kedro_mlflow") is None,
    reason="kedro-mlflow has an environment of its own: make test runs this file there",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copied = copy_fixture("cycles", tmp_path)
    settings = "server:\n  mlflow_tracking_uri: http://127.0.0.1:9\n"
    (copied / "conf" / "base" / "mlflow.yml").write_text(settings, encoding="utf-8")
    return copied


@pytest.mark.parametrize(
    "text",
    [
        "server:\n  mlflow_tracking_uri: http://127.0.0.1:9\n",
        "mlflow_tracking_uri: http://127.0.0.1:9\n",
    ],
    ids=["current", "older"],
)
def test_the_address_is_found_without_a_call(project: Path, text: str) -> None:
    (project / "conf" / "base" / "mlflow.yml").write_text(text, encoding="utf-8")
    exported = export_pipeline(Request(project=project))
    found = exported.document.deployment.run_config.mlflow
    assert found is not None
    assert found.tracking_uri == "http://127.0.0.1:9"
    assert Code.MLFLOW_OFF not in [warning.code for warning in exported.warnings]


def test_the_file_that_the_plugin_writes_is_read(project: Path) -> None:
    """As it comes, the file names no server, and has resolvers and keys of every kind."""
    spec = importlib.util.find_spec("kedro_mlflow")
    assert spec is not None
    assert spec.origin is not None
    template = Path(spec.origin).parent / "template" / "project" / "mlflow.yml"
    text = template.read_text(encoding="utf-8").replace("{{ python_package }}", "cycles")
    (project / "conf" / "base" / "mlflow.yml").write_text(text, encoding="utf-8")
    exported = export_pipeline(Request(project=project))
    assert exported.document.deployment.run_config.mlflow is None
    assert Code.MLFLOW_OFF in [warning.code for warning in exported.warnings]


@pytest.mark.filterwarnings("ignore")  # the plugin's own
def test_the_experiment_of_a_file_that_names_none_is_the_plugins(project: Path) -> None:
    plugin: Any = importlib.import_module("kedro_mlflow.config.kedro_mlflow_config")
    found = export_pipeline(Request(project=project)).document.deployment.run_config.mlflow
    assert found is not None
    assert found.experiment_name == plugin.KedroMlflowConfig().tracking.experiment.name


@pytest.mark.filterwarnings("ignore")  # the plugin's own
def test_the_plugin_would_call_its_server_if_its_hooks_fired(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    bootstrap_project(project)
    session: Any = KedroSession.create(project)
    with session, pytest.raises(BaseException, match="socket"):
        session.load_context()


def test_an_export_calls_nobody_and_leaves_no_file(project: Path) -> None:
    before = snapshot(project)
    exported = export_pipeline(Request(project=project))
    assert len(exported.document.nodes) == 3
    assert snapshot(project) == before


@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_nodes_log_into_a_run_of_the_experiment_that_the_export_names(tmp_path: Path) -> None:
    """The plugin names the experiment itself, and MLflow refuses a run of any other."""
    from mlflow.tracking import MlflowClient

    project = make_project(tmp_path / "project", {})
    base, there = project / "conf" / "base", project / "conf" / "here"
    experiment = "tracking:\n  experiment:\n    name: bees\n"
    server = "server:\n  mlflow_tracking_uri: http://127.0.0.1:9\n"
    (base / "mlflow.yml").write_text(server + experiment, encoding="utf-8")
    exported = export_pipeline(Request(project=project)).document.deployment.run_config.mlflow
    assert exported is not None
    assert exported.experiment_name == "bees"
    database = f"sqlite:///{tmp_path}/mlflow.db"
    there.mkdir()
    settings = f"server:\n  mlflow_tracking_uri: {database}\n{experiment}"
    (there / "mlflow.yml").write_text(settings, encoding="utf-8")
    client = MlflowClient(database)
    ends = {
        name: _kedro_run(project, client.create_run(client.create_experiment(name)).info.run_id)
        for name in (exported.experiment_name, "another")
    }
    assert ends["bees"].returncode == 0, ends["bees"].stderr
    assert "does not match environment run ID" in " ".join(ends["another"].stderr.split())


def _kedro_run(project: Path, mlflow_run: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--env", "here"],
        cwd=project,
        env={**os.environ, "MLFLOW_RUN_ID": mlflow_run, "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
