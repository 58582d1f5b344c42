"""`kairflow schedule` before a server is asked: what of a schedule is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

CLOSED = "http://127.0.0.1:1"
"""Where nobody listens: whoever asks there fails in another way."""


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
    unscheduled: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    folder = tmp_path / "dags"
    given = (*options, "--host", CLOSED, "--output", str(folder))
    answer = kairflow("schedule", unscheduled, *given)
    assert answer.returncode == code, answer.stderr
    assert said in " ".join(answer.stderr.split())
    assert not folder.exists()


def test_a_right_one_is_sent(kairflow: Run, unscheduled: Path, tmp_path: Path) -> None:
    given = ("--cron-expression", "@daily", "--host", CLOSED, "--output", str(tmp_path / "dags"))
    answer = kairflow("schedule", unscheduled, *given, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 3, answer.stderr
    assert CLOSED in answer.stderr
