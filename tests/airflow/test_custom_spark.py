"""Operators that a class of the project writes: from the project to runs in real Airflow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.airflow.compiling import KAIRFLOW, compile_project
from tests.airflow.conftest import Environment, InspectAll
from tests.airflow.running import LINES, DagRun, run_dag
from tests.export.tiny import make_project, nodes_file

BASH = {"3": "airflow.providers.standard.operators.bash", "2": "airflow.operators.bash"}
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


def compiled(project: Path, dags: Path, line: str) -> Path:
    return compile_project(
        project, dags, lower=("--airflow", line, "--allow-custom-operators", "--quiet")
    )


def run(tmp_path: Path, line: str, **cluster: Any) -> tuple[DagRun, list[str]]:
    log = tmp_path / "log"
    factory = FACTORY.format(module=BASH[line])
    project = make_spark_project(tmp_path / "project", factory, ALL_SPARK, log=str(log), **cluster)
    home = tmp_path / "airflow"
    ended = run_dag(compiled(project, home / "dags", line), home, LINES[line])
    return ended, log.read_text(encoding="utf-8").split()


def test_a_run_creates_the_cluster_first_and_deletes_it_last(tmp_path: Path, line: str) -> None:
    ended, log = run(tmp_path, line)
    assert ended.succeeded, ended.log.read_text(encoding="utf-8")[-3000:]
    assert {task.task_id: task.state for task in ended.tasks} == dict.fromkeys(
        ("create-spark-cluster", "split", "left", "right", "join", "tidy-up"), "success"
    )
    assert (log[:2], sorted(log[2:4]), log[4:]) == (
        ["create", "split"],
        ["left", "right"],
        ["join", "delete"],
    )


def test_a_failing_job_fails_the_run_and_the_cluster_goes(tmp_path: Path, line: str) -> None:
    ended, log = run(tmp_path, line, broken="left")
    states = {task.task_id: task.state for task in ended.tasks}
    assert not ended.succeeded
    assert (states["left"], states["join"]) == ("failed", "upstream_failed")
    assert states["tidy-up"] == "success"
    assert log[-1] == "delete"
    assert "join" not in log


def test_every_airflow_imports_them(
    environment: Environment, inspect_all: InspectAll, tmp_path: Path
) -> None:
    project = make_spark_project(
        tmp_path / "project", PREDECESSOR, MIXED, master_config={"num_instances": 1}
    )
    dag_file = compiled(project, tmp_path / "dags", environment.line)
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


def test_text_of_the_project_needs_consent(tmp_path: Path) -> None:
    project = make_spark_project(tmp_path / "project", PREDECESSOR, MIXED)
    exported = subprocess.run(
        [*KAIRFLOW, "export", "--project", project], capture_output=True, check=True
    )
    lowered = subprocess.run(
        [*KAIRFLOW, "lower", "-o", tmp_path / "dags"],
        input=exported.stdout,
        capture_output=True,
        check=False,
    )
    assert lowered.returncode == 1
    told = " ".join(lowered.stderr.decode().split())
    assert "KF515" in told
    assert "tiny.factories.OperatorFactory" in told
    assert "--allow-custom-operators" in told
    assert not (tmp_path / "dags").exists()


def test_what_only_airflow_has_is_never_imported_by_the_export(tmp_path: Path) -> None:
    """The texts are text: the export needs no Airflow."""
    project = make_spark_project(tmp_path / "project", PREDECESSOR, MIXED)
    script = (
        "import sys; from pathlib import Path;"
        "from kairflow.export import Request, export_pipeline;"
        f"export_pipeline(Request(project=Path({str(project)!r})));"
        "assert 'airflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


def test_the_file_reads_like_the_others(tmp_path: Path) -> None:
    project = make_spark_project(tmp_path / "project", PREDECESSOR, MIXED)
    text = compiled(project, tmp_path / "dags", "3").read_text(encoding="utf-8")
    assert '    join = DataprocSubmitJobOperator(\n        task_id="kedro-join",\n' in text
    assert "    create_spark_cluster >> join\n" in text
