"""`kairflow schedule` before a server is asked: what of a schedule is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.services.faulty_airflow import Server, faulty_server


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has nothing of what it is asked for."""
    with faulty_server() as running:
        yield running


@pytest.fixture
def unscheduled(apiary_ir: str, tmp_path: Path) -> Path:
    """The IR of the example, without a schedule of its own."""
    document = json.loads(apiary_ir)
    document["deployment"]["run_config"]["cron_expression"] = None
    path = tmp_path / "ir.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--cron-expression", "0 25 * * *"), 1, "KF506"),
        (("--cron-expression", "@yearlong"), 1, "KF506"),
        (("--cron-expression", ""), 2, "there is no schedule"),
        ((), 2, "there is no schedule"),
        (("--cron-expression", "@daily", "--timezone", "Europe/Bienenstadt"), 2, "Bienenstadt"),
    ],
    ids=["hour", "preset", "empty", "none", "zone"],
)
def test_a_wrong_schedule_is_refused_before_anything_is_sent(
    kairflow: Run,
    server: Server,
    unscheduled: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    folder = tmp_path / "dags"
    given = (*options, "--host", server.url, "--output", str(folder))
    answer = kairflow("schedule", unscheduled, *given)
    assert answer.returncode == code, answer.stderr
    assert said in " ".join(answer.stderr.split())
    assert not folder.exists()
    assert server.asked() == []


def test_a_right_one_is_sent(
    kairflow: Run, server: Server, unscheduled: Path, tmp_path: Path
) -> None:
    given = ("-c", "@daily", "--host", server.url, "--output", str(tmp_path / "dags"))
    answer = kairflow("schedule", unscheduled, *given, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 3, answer.stderr
    assert server.asked() == ["GET /api/v2/version", "GET /api/v1/version"]
