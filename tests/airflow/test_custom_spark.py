"""Operators that a class of the project writes: from the project to runs in real Airflow."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.compiling import KAIRFLOW, compile_project, export_project, lower_document
from tests.airflow.conftest import Environment, InspectAll
from tests.airflow.running import LINES, DagRun, run_dags
from tests.export.tiny import make_project, nodes_file

BASH = {"3": "airflow.providers.standard.operators.bash", "2": "airflow.operators.bash"}
CONSENT = ("--allow-custom-operators", "--quiet")
SPARK = "tags='kairflow.engine.spark'"
CATALOG = "".join(
    f"{name}:\n  type: pickle.PickleDataset\n  filepath: data/{name}.pkl\n" for name in "abcdef"
)
ALL_SPARK = (
    f"node(make, None, 'a', name='split', {SPARK})",
    f"node(use, 'a', 'b', name='left', {SPARK})",
    f"node(use, 'a', 'c', name='right', {SPARK})",
    f"node(use, ['b', 'c'], 'd', name='join', {SPARK})",
)
MIXED = (
    "node(make, None, 'a', name='load')",
    f"node(use, 'a', 'b', name='join', {SPARK})",
    "node(use, 'b', 'c', name='count')",
    f"node(use, 'c', 'd', name='rank', {SPARK})",
)
FACTORY = '''
from kairflow.export import SparkOperatorFactoryBase


class OperatorFactory(SparkOperatorFactoryBase):
    """Writes a line for each task that runs; one of the tasks may fail."""

    @property
    def imports_statement(self):
        return "from {module} import BashOperator  # of this line of Airflow"

    def create_cluster_operator(self, project_name, config, init_script_path, cluster_config):
        return self.operator("create", cluster_config)

    def delete_cluster_operator(self, project_name, config):
        cluster = config.run_config.spark.cluster_config
        return self.operator("delete", cluster, ", trigger_rule='all_done', task_id='tidy-up'")

    def submit_operator(self, project_name, node, pipeline, config, main_python_file_path):
        return self.operator(node.name, config.run_config.spark.cluster_config, ", dag=dag")

    def operator(self, what, cluster, more=""):
        command = f"echo {{what}} >> {{cluster['log']}}"
        if what == cluster.get("broken"):
            command += "; exit 1"
        return f"""
            BashOperator(
                bash_command={{command!r}}{{more}},
            )
        """
'''
PREDECESSOR = '''
MODULE = "airflow.providers.google.cloud.operators.dataproc"


class OperatorFactory:
    imports_statement = (
        f"from {MODULE} import DataprocCreateClusterOperator\\n"
        f"from {MODULE} import DataprocDeleteClusterOperator, DataprocSubmitJobOperator"
    )

    def create_cluster_operator(self, project_name, config, init_script_path, cluster_config):
        return f"""DataprocCreateClusterOperator(
            task_id="create-spark-cluster",
            cluster_name="mine",
            region="{config.run_config.spark.region}",
            cluster_config={cluster_config!r},
        )"""

    def delete_cluster_operator(self, project_name, config):
        return f"""DataprocDeleteClusterOperator(
            cluster_name="mine",
            region="{config.run_config.spark.region}",
            trigger_rule="all_done",
        )"""

    def submit_operator(self, project_name, node, pipeline, config, main_python_file_path):
        job = {
            "placement": {"cluster_name": "mine"},
            "pyspark_job": {"main_python_file_uri": "gs://bucket/run.py", "args": [*node.nodes]},
        }
        return f"""DataprocSubmitJobOperator(
            task_id="kedro-{node.name}",
            job={job!r},
            region="{config.run_config.spark.region}",
            deferrable=True,
        )"""
'''


def make_spark_project(root: Path, factory: str, nodes: tuple[str, ...], **cluster: Any) -> Path:
    spark = {
        "type": "custom",
        "operator_factory": "tiny.factories.OperatorFactory",
        "region": "europe-west1",
        "cluster_config": cluster,
    }
    config = {
        "image": "registry.example.com/tiny:1",
        "namespace": "airflow",
        "experiment_name": "tiny",
        "cron_expression": None,
        "retries": 0,
        "volume": {"disabled": True},
        "group_spark_nodes": False,
        "spark": spark,
    }
    files = {
        **nodes_file(*nodes),
        "src/tiny/factories.py": factory,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/airflow-k8s.yml": json.dumps({"run_config": config}, indent=2),
    }
    return make_project(root, files)


def compiled(project: Path, dags: Path, line: str, *options: str) -> Path:
    return compile_project(project, dags, lower=(*CONSENT, "--airflow", line, *options))


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The IR of a project with Spark nodes among others, and the predecessor's operators."""
    root = tmp_path_factory.mktemp("predecessor") / "project"
    project = make_spark_project(root, PREDECESSOR, MIXED, master_config={"num_instances": 1})
    return export_project(project)


@pytest.fixture(scope="module")
def dag_file_of(document: bytes, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Lower that for a line of Airflow, once."""

    @cache
    def lower(line: str) -> Path:
        dags = tmp_path_factory.mktemp("dags")
        lower_document(document, dags, *CONSENT, "--airflow", line)
        (dag_file,) = dags.iterdir()
        return dag_file

    return lower


@dataclass(frozen=True)
class Ended:
    """A run, and what its tasks wrote, in their order."""

    run: DagRun
    wrote: list[str]


def run_both(folder: Path, line: str) -> dict[str, Ended]:
    """Run a DAG in which all goes well, and one in which a job fails, on one Airflow."""
    clusters: dict[str, dict[str, str]] = {"good": {}, "bad": {"broken": "left"}}
    dag_files = []
    for name, cluster in clusters.items():
        factory, log = FACTORY.format(module=BASH[line]), str(folder / f"{name}.log")
        project = make_spark_project(folder / name, factory, ALL_SPARK, log=log, **cluster)
        dag_files.append(compiled(project, folder / f"{name}-dags", line, "--dag-name", name))
    runs = run_dags(dag_files, folder / "airflow", LINES[line])
    wrote = [(folder / f"{name}.log").read_text(encoding="utf-8").split() for name in clusters]
    return dict(zip(clusters, map(Ended, runs, wrote), strict=True))


@pytest.fixture(scope="module")
def ended_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Ended]]:
    """Run both on a line of Airflow, once."""
    return cache(lambda line: run_both(tmp_path_factory.mktemp("runs"), line))


@pytest.fixture
def ended(ended_on: Callable[[str], dict[str, Ended]], line: str) -> dict[str, Ended]:
    return ended_on(line)


def test_a_run_creates_the_cluster_first_and_deletes_it_last(ended: dict[str, Ended]) -> None:
    run, wrote = ended["good"].run, ended["good"].wrote
    assert run.succeeded, run.log.read_text(encoding="utf-8")[-3000:]
    assert {task.task_id: task.state for task in run.tasks} == dict.fromkeys(
        ("create-spark-cluster", "split", "left", "right", "join", "tidy-up"), "success"
    )
    assert (wrote[:2], sorted(wrote[2:4]), wrote[4:]) == (
        ["create", "split"],
        ["left", "right"],
        ["join", "delete"],
    )


def test_a_failing_job_fails_the_run_and_the_cluster_goes(ended: dict[str, Ended]) -> None:
    run, wrote = ended["bad"].run, ended["bad"].wrote
    states = {task.task_id: task.state for task in run.tasks}
    assert not run.succeeded
    assert (states["left"], states["join"]) == ("failed", "upstream_failed")
    assert states["tidy-up"] == "success"
    assert wrote[-1] == "delete"
    assert "join" not in wrote


def test_every_airflow_imports_them(
    environment: Environment, inspect_all: InspectAll, dag_file_of: Callable[[str], Path]
) -> None:
    dag_file = dag_file_of(environment.line)
    report = inspect_all(dag_file)[str(dag_file)]
    assert (report["errors"], report["warnings"]) == ([], [])
    ((_, dag),) = report["dags"].items()
    assert dag["warnings"] == []
    assert dag["serialised"] is True
    tasks = dag["tasks"]
    assert not any("error" in task for task in tasks.values())
    assert {name: task["upstream"] for name, task in tasks.items()} == {
        "load": [],
        "create-spark-cluster": [],
        "kedro-join": ["create-spark-cluster", "load"],
        "count": ["kedro-join"],
        "kedro-rank": ["count"],
        "delete-spark-cluster": ["create-spark-cluster", "kedro-rank"],
    }
    create, delete = tasks["create-spark-cluster"], tasks["delete-spark-cluster"]
    assert (create["setup"], delete["teardown"]) == (True, True)
    assert delete["trigger_rule"] == "all_done_setup_success"
    assert create["fields"]["cluster_config"] == {"master_config": {"num_instances": 1}}
    join = tasks["kedro-join"]
    assert join["operator"] == "DataprocSubmitJobOperator"
    assert join["fields"]["job"]["pyspark_job"]["args"] == ["join"]
    assert "`join`" in join["doc_md"]
    assert "Waits for `load`: `a`" in join["doc_md"]


def test_text_of_the_project_needs_consent(document: bytes, tmp_path: Path) -> None:
    lowered = subprocess.run(
        [*KAIRFLOW, "lower", "-o", tmp_path / "dags"],
        input=document,
        capture_output=True,
        check=False,
    )
    assert lowered.returncode == 1
    told = " ".join(lowered.stderr.decode().split())
    assert "KF515" in told
    assert "tiny.factories.OperatorFactory" in told
    assert "--allow-custom-operators" in told
    assert not (tmp_path / "dags").exists()


def test_the_file_reads_like_the_others(dag_file_of: Callable[[str], Path]) -> None:
    text = dag_file_of("3").read_text(encoding="utf-8")
    assert '    join = DataprocSubmitJobOperator(\n        task_id="kedro-join",\n' in text
    assert "    create_spark_cluster >> join\n" in text
