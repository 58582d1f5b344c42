"""With kedro-mlflow installed and its server out of reach, an export notices neither."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export import Request, export_pipeline
from tests.export.tiny import copy_fixture, snapshot

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
