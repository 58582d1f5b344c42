"""The functions that start and end an MLflow run, against a real MLflow server."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.airflow.running import LINES, DagRun, run_dags
from tests.lower.airflow.embedded.dag_text import dag_text
from tests.lower.airflow.embedded.local_http import Answer, Asked, serve
from tests.lower.airflow.embedded.mlflow_api import (
    EXISTS,
    EXPERIMENT,
    MISSING,
    fine,
    path_of,
    runs_of,
)
from tests.lower.airflow.embedded.mlflow_functions import (
    NOW,
    Xcoms,
    dag_run,
    mlflow_functions,
    task_instance,
)
from tests.services.cluster import cluster
from tests.services.mlflow_server import Mlflow


def test_a_run_is_started_once_and_ended(mlflow: Mlflow) -> None:
    name = 'it\'s a "test" / 100%'
    functions = mlflow_functions(mlflow.url, MLFLOW_EXPERIMENT=name)
    xcoms = Xcoms()
    run_id = functions.start_mlflow_run("image:1", dag_run("r1"), xcoms)
    assert xcoms.pushed == {"mlflow_run_id": run_id}
    (run,) = runs_of(mlflow, name)
    assert (run["run_id"], run["run_name"], run["status"]) == (run_id, "r1", "RUNNING")
    assert run["params"] == {
        "image": "image:1",
        "dag_id": "apiary",
        "execution_date": NOW.isoformat(),
    }
    assert run["tags"]["kairflow.run"] == str(uuid5(NAMESPACE_URL, "apiary/r1"))
    functions.end_mlflow_run(task_instance(run_id, first="success", delete="failed"))
    (run,) = runs_of(mlflow, name)
    assert run["status"] == "FINISHED"
    assert run["end_time"] >= run["start_time"]


def test_a_cleared_run_goes_on_and_keeps_what_was_logged(mlflow: Mlflow) -> None:
    functions = mlflow_functions(mlflow.url, MLFLOW_EXPERIMENT="cleared")
    first = functions.start_mlflow_run("image:1", dag_run("r1"), Xcoms())
    functions.end_mlflow_run(task_instance(first, first="success", second="upstream_failed"))
    assert runs_of(mlflow, "cleared")[0]["status"] == "FAILED"
    assert functions.start_mlflow_run("image:2", dag_run("r1"), Xcoms()) == first
    (run,) = runs_of(mlflow, "cleared")
    assert (run["status"], run["params"]["image"]) == ("RUNNING", "image:1")
    assert functions.start_mlflow_run("image:2", dag_run("r2"), Xcoms()) != first


def test_parameters_lost_with_an_earlier_try_are_logged(mlflow: Mlflow) -> None:
    functions = mlflow_functions(mlflow.url, MLFLOW_EXPERIMENT="half")
    experiment = mlflow.post("experiments/create", {"name": "half"})["experiment_id"]
    tag = {"key": "kairflow.run", "value": str(uuid5(NAMESPACE_URL, "apiary/r1"))}
    mlflow.post("runs/create", {"experiment_id": experiment, "run_name": "r1", "tags": [tag]})
    functions.start_mlflow_run("image:1", dag_run("r1", logical_date=None, run_after=NOW), Xcoms())
    (run,) = runs_of(mlflow, "half")
    assert run["params"]["execution_date"] == NOW.isoformat()


def test_a_deleted_run_is_left_alone(mlflow: Mlflow) -> None:
    functions = mlflow_functions(mlflow.url, MLFLOW_EXPERIMENT="gone")
    first = functions.start_mlflow_run("image:1", dag_run("r1"), Xcoms())
    mlflow.post("runs/delete", {"run_id": first})
    assert functions.start_mlflow_run("image:1", dag_run("r1"), Xcoms()) != first


def test_a_deleted_experiment_is_an_error(mlflow: Mlflow) -> None:
    experiment = mlflow.post("experiments/create", {"name": "deleted"})["experiment_id"]
    mlflow.post("experiments/delete", {"experiment_id": experiment})
    functions = mlflow_functions(mlflow.url, MLFLOW_EXPERIMENT="deleted")
    with pytest.raises(RuntimeError, match="experiment deleted is deleted; restore it"):
        functions.start_mlflow_run("image:1", dag_run("r1"), Xcoms())


def test_the_words_of_mlflow_are_passed_on(mlflow: Mlflow) -> None:
    functions = mlflow_functions(mlflow.url)
    with pytest.raises(RuntimeError, match=rf"MLflow at {mlflow.url} answered 404: .*no-such-run"):
        functions.end_mlflow_run(task_instance("no-such-run", first="success"))


@pytest.mark.parametrize("created", [EXISTS, (200, {"experiment_id": "1"})])
def test_another_dag_run_may_create_the_experiment_meanwhile(created: Answer) -> None:
    def answer(asked: Asked) -> Answer:
        if path_of(asked) == "experiments/create":
            return created
        if path_of(asked) == "experiments/get-by-name":
            return MISSING if len(requests) == 1 else (200, EXPERIMENT)
        return fine(asked)

    with serve(answer) as (url, requests):
        assert mlflow_functions(url).start_mlflow_run("image:1", dag_run("r1"), Xcoms()) == "run-1"


def test_an_experiment_that_never_shows_is_an_error() -> None:
    def answer(asked: Asked) -> Answer:
        return EXISTS if path_of(asked) == "experiments/create" else MISSING

    with serve(answer) as (url, _), pytest.raises(RuntimeError, match="neither finds nor creates"):
        mlflow_functions(url).start_mlflow_run("image:1", dag_run("r1"), Xcoms())


def test_without_a_run_there_is_nothing_to_end() -> None:
    with serve(fine) as (url, requests):
        mlflow_functions(url).end_mlflow_run(task_instance(None, first="failed"))
    assert requests == []


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"MLflow at http://127\.0\.0\.1:9 cannot be reached: "):
        mlflow_functions("http://127.0.0.1:9").start_mlflow_run("image:1", dag_run("r1"), Xcoms())


def test_a_page_is_no_answer_of_mlflow() -> None:
    with (
        serve(lambda asked: (200, "<html>Sign in")) as (url, _),
        pytest.raises(RuntimeError, match=f"MLflow at {url} answered 200: <html>Sign in"),
    ):
        mlflow_functions(url).start_mlflow_run("image:1", dag_run("r1"), Xcoms())


def test_an_address_may_have_a_path() -> None:
    with serve(lambda asked: (500, "broken")) as (url, requests):
        with pytest.raises(RuntimeError, match="answered 500: broken"):
            mlflow_functions(f"{url}/tracking").start_mlflow_run("image:1", dag_run("r1"), Xcoms())
        assert requests[0].path == (
            "/tracking/api/2.0/mlflow/experiments/get-by-name?experiment_name=apiary"
        )


@pytest.mark.parametrize("line", ["3", "2"])
def test_airflow_ends_the_run_as_its_tasks_ended(mlflow: Mlflow, line: str, tmp_path: Path) -> None:
    home, experiment = tmp_path / "airflow", f"airflow-{line}"
    dag_files = [home / "dags" / f"{dag_id}.py" for dag_id in FAILING]
    dag_files[0].parent.mkdir(parents=True)
    for dag_id, dag_file in zip(FAILING, dag_files, strict=True):
        text = dag_text(
            dag_id, line, mlflow.url, MLFLOW_EXPERIMENT=experiment, FAILING_TASK=FAILING[dag_id]
        )
        dag_file.write_text(text, encoding="utf-8")
    with cluster(folder_in(tmp_path, "cluster"), namespaces=["analytics"]) as kubernetes:
        env = {"KUBECONFIG": str(kubernetes.kubeconfig)}
        runs = run_dags(dag_files, home, LINES[line], env)
        assert kubernetes.refused() == []
        claims = {claim["metadata"]["name"]: claim for claim in kubernetes.claims()}
    assert len(claims) == len(runs)
    for dag_id, run in zip(FAILING, runs, strict=True):
        states = {task.task_id: task.state for task in run.tasks}
        expect = dict.fromkeys(states, "success") | OUTCOMES[dag_id]
        assert (run.succeeded, states) == (dag_id == "fine", expect), log_of(run)
        (mlflow_run,) = [r for r in runs_of(mlflow, experiment) if r["params"]["dag_id"] == dag_id]
        assert mlflow_run["status"] == ("FINISHED" if dag_id == "fine" else "FAILED")
        assert mlflow_run["params"]["image"] == "registry.example.com/apiary:1.0"
        assert mlflow_run["params"]["execution_date"].endswith("+00:00")
        if dag_id != "no_volume":
            assert f"MLFLOW_RUN_ID is {mlflow_run['run_id']}" in log_of(run)
        uuid = uuid5(NAMESPACE_URL, f"{dag_id}/{mlflow_run['run_name']}")
        assert claims[f"apiary-{uuid}"]["removed"] is True


FAILING = {"fine": None, "failing": "first", "no_volume": "data_volume_init"}
"""The DAGs, and which of their tasks fails."""
OUTCOMES: dict[str, dict[str, str]] = {
    "fine": {},
    "failing": {"first": "failed", "second": "upstream_failed"},
    "no_volume": {
        "data_volume_init": "failed",
        "first": "upstream_failed",
        "other": "upstream_failed",
        "second": "upstream_failed",
    },
}


def folder_in(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def log_of(run: DagRun) -> str:
    return run.log.read_text(encoding="utf-8")
