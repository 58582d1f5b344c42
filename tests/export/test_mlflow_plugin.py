"""With kedro-mlflow installed and its server out of reach, an export notices neither."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

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
