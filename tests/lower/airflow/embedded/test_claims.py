"""The functions that make and delete a claim, called over the provider's real hook."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.airflow.running import AIRFLOW_2, AIRFLOW_3, airflow_environment, migrate
from tests.lower.airflow.embedded.claims_api import LEAVING, ClaimsApi, claims_api
from tests.lower.airflow.embedded.dag_text import (
    COMMON_IMPORTS,
    constants_text,
    functions_of,
)

CALL = Path(__file__).with_name("call_claims.py")
CREATE_CALLS = ("new", "ours", "leaving", "stuck", "theirs", "bare", "forbidden")


@pytest.fixture
def api() -> Iterator[ClaimsApi]:
    with claims_api() as api:
        yield api


@pytest.mark.parametrize("python", [AIRFLOW_3, AIRFLOW_2], ids=["airflow-3", "airflow-2"])
def test_every_way_to_make_and_delete_a_claim(api: ClaimsApi, python: Path, tmp_path: Path) -> None:
    api.add("ours", "ours")
    api.add("leaving", "leaving", **LEAVING)
    api.add("stuck", "stuck", **LEAVING)
    api.add("theirs", "someone-else")
    api.add("bare", "")
    creating = [f"create_claim:{name}" for name in CREATE_CALLS]
    outcomes = call(api, python, tmp_path, *creating, "delete_claim:new", "delete_claim:gone")
    fine = ("new", "ours", "leaving")
    assert [outcomes.pop(f"create_claim:{name}") for name in fine] == ["", "", ""]
    assert [outcomes.pop(f"delete_claim:{name}") for name in ("new", "gone")] == ["", ""]
    assert "still being deleted" in outcomes["create_claim:stuck"]
    assert "theirs in analytics is not of this run" in outcomes["create_claim:theirs"]
    assert "bare in analytics is not of this run" in outcomes["create_claim:bare"]
    assert "exceeded quota" in outcomes["create_claim:forbidden"]
    assert set(api.claims) == {"ours", "leaving", "stuck", "theirs", "bare"}
    assert "deletionTimestamp" not in api.claims["leaving"]["metadata"]
    assert [claim["metadata"]["name"] for claim in api.created] == ["new", "leaving"]
    assert api.requests.count("POST stuck") == 30


def call(api: ClaimsApi, python: Path, tmp_path: Path, *calls: str) -> dict[str, str]:
    home = tmp_path / "airflow"
    migrate(home, python)
    functions = tmp_path / "functions.py"
    functions.write_text(
        f"{COMMON_IMPORTS}\n{constants_text()}\n\n\n{functions_of('claims')}\n", encoding="utf-8"
    )
    config = str(api.kubeconfig(tmp_path))
    ended = subprocess.run(
        [python, CALL, functions, *calls],
        env={**airflow_environment(home), "KUBECONFIG": config},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return dict(json.loads(ended.stdout))
