"""`kairflow destroy`: what was deployed goes, what is somebody else's is not even looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.services.faulty_airflow import Server, dag_body, reply

ELSEWHERE = "sftp://queen.example/packages/shop-0123456789abcdef"
FOREIGN = f"""
from airflow import DAG

RUNNER = "{ELSEWHERE}-load-abcdef.py"
SCRIPT = "{ELSEWHERE}.sh"
"""


@pytest.fixture
def server(server: Server) -> Server:
    server.become("3")
    return server


@pytest.fixture
def dag(kairflow: Run, spark_ir: Path, tmp_path: Path) -> Path:
    """A DAG that is deployed, with what its jobs fetch in the folder `artifacts`."""
    answer = kairflow("deploy", spark_ir, "-o", tmp_path / "dags", "--dag-name", "shop")
    assert answer.returncode == 0, answer.stderr
    assert len(list((tmp_path / "artifacts").iterdir())) > 3
    return tmp_path / "dags" / "shop.py"


def test_all_goes_and_no_address_of_other_dags_is_asked(
    kairflow: Run, dag: Path, tmp_path: Path
) -> None:
    """Whoever wrote that DAG must not get our credentials, nor stop us."""
    (dag.parent / "foreign.py").write_text(FOREIGN, encoding="utf-8")
    answer = kairflow("destroy", "shop", "-o", dag.parent, "--yes")
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in dag.parent.iterdir()] == ["foreign.py"]
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_what_is_left_is_named_once_the_dag_has_gone(
    kairflow: Run, dag: Path, tmp_path: Path
) -> None:
    script = next((tmp_path / "artifacts").glob("*-*.py"))
    script.unlink()
    script.mkdir()
    answer = kairflow("destroy", "shop", "-o", dag.parent, "--yes")
    assert answer.returncode == 1
    assert not dag.exists()
    (told,) = (
        line for line in answer.stderr.splitlines() if "what its jobs fetched is left" in line
    )
    assert str(script) in told
    assert "remove it by hand" in answer.stderr


def test_a_record_that_goes_slowly_was_there(kairflow: Run, server: Server, dag: Path) -> None:
    server.script["GET /api/v2/dags/shop/details"] = [reply(dag_body("3", dag_id="shop"))]
    late, gone = reply({"detail": "too slow"}, 504), reply({"detail": "not found"}, 404)
    server.script["DELETE /api/v2/dags/shop"] = [late, gone]
    words = ("destroy", "shop", "-o", dag.parent, "--record", "--yes", "--host", server.url)
    answer = kairflow(*words, "--json", AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 0, answer.stdout
    assert json.loads(answer.stdout)["record"] is True


def test_a_record_that_never_was_is_told(kairflow: Run, server: Server, tmp_path: Path) -> None:
    words = ("destroy", "shop", "-o", tmp_path, "--record", "--yes", "--host", server.url)
    answer = kairflow(*words, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 0, answer.stderr
    assert "there was no file of DAG 'shop'; Airflow had no record of 'shop'" in answer.stderr


def test_who_may_not_ask_removes_nothing(kairflow: Run, server: Server, dag: Path) -> None:
    server.script["GET /api/v2/dags/shop/details"] = [reply({"detail": "Forbidden"}, 403)]
    words = ("destroy", "shop", "-o", dag.parent, "--record", "--yes", "--host", server.url)
    answer = kairflow(*words, AIRFLOW_API_TOKEN="any")
    assert answer.returncode == 3
    assert dag.exists()
