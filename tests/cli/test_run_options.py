"""What a run is given and how long it is watched: mistakes are told before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.driver import NOWHERE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run-once", "-", "-w", "30", "--timeout", "5"), "both say how long to wait"),
        (("run-once", "-", "--timeout", "nan"), "Invalid value for '--timeout'"),
        (("schedule", "-", "--timeout", "nan"), "Invalid value for '--timeout'"),
        (("follow", "apiary", "r1", "--timeout", "nan"), "Invalid value for '--timeout'"),
        (("follow", "apiary", "r1", "--timeout", "-1"), "--timeout"),
    ],
)
def test_a_time_that_is_none_is_a_mistake_of_use(
    kairflow: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    answer = kairflow(*words, "--host", NOWHERE, KAIRFLOW_OUTPUT=str(tmp_path / "dags"))
    assert answer.returncode == 2, answer.stderr
    assert said in " ".join(answer.stderr.replace("│", " ").split())
    assert not (tmp_path / "dags").exists()
