"""Tiny Kedro projects for runs of a few seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.export.tiny import make_project, nodes_file

FAR_AWAY = "20990101"
"""A start date that keeps a schedule from starting anything while a test is about."""

NEW_YEAR = "0 6 1 1 *"

NODES = """
import os
import time


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def wait(sign):
    while not os.path.exists(sign):
        time.sleep(0.1)
    return sign


def fail(seconds):
    raise ValueError("the queen has left the hive")


def tell(seconds):
    return {"seconds": seconds}
"""
CATALOG = "".join(
    f"{name}:\n  type: json.JSONDataset\n  filepath: data/{name}.json\n"
    for name in ("slept", "told", "after")
)
OPERATORS = '''
from kairflow.export import SparkOperatorFactoryBase


class OperatorFactory(SparkOperatorFactoryBase):
    """Jobs that only say who they are."""

    @property
    def imports_statement(self):
        return "from {module} import BashOperator"

    def create_cluster_operator(self, project_name, config, init_script_path, cluster_config):
        return 'BashOperator(bash_command="echo create")'

    def delete_cluster_operator(self, project_name, config):
        return 'BashOperator(bash_command="echo delete", trigger_rule="all_done")'

    def submit_operator(self, project_name, node, pipeline, config, main_python_file_path):
        return 'BashOperator(bash_command="echo submit")'
'''
BASH = {"3": "airflow.providers.standard.operators.bash", "2": "airflow.operators.bash"}
NO_MODULE = "airflow.providers.beehive.operators.smoke"


def quick(root: Path, **run_config: Any) -> Path:
    """Make a project of one node, which sleeps as long as `seconds` says and tells it."""
    return _project(root, ("node(sleep, 'params:seconds', 'slept', name='sleep')",), run_config)


def held(root: Path) -> Path:
    """Make a project of one node, which goes on until there is a file that `sign` names."""
    node = "node(wait, 'params:sign', 'slept', name='wait')"
    return _project(root, (node,), {"run_params": ["sign"]})


def failing(root: Path) -> Path:
    """Make a project whose first node fails, and which has one behind it."""
    broken = "node(fail, 'params:seconds', 'slept', name='broken')"
    return _project(root, (broken, "node(tell, 'slept', 'after', name='behind')"), {})


def configure(project: Path, **run_config: Any) -> None:
    """Write what differs from the least configuration."""
    least = {
        "image": "registry.example.com/tiny:1",
        "namespace": "airflow",
        "experiment_name": "Tiny",
        "cron_expression": None,
        "retries": 0,
        "run_params": ["seconds"],
        "volume": {"disabled": True},
    }
    text = json.dumps({"run_config": {**least, **run_config}}, indent=2)
    (project / "conf" / "base" / "airflow-k8s.yml").write_text(text, encoding="utf-8")


def with_operators(root: Path, module: str) -> Path:
    """Make a project whose one job is an operator that the DAG imports from a module."""
    node = "node(tell, 'params:seconds', 'told', name='job', tags='kairflow.engine.spark')"
    spark = {"type": "custom", "operator_factory": "tiny.factories.OperatorFactory"}
    factory = {"src/tiny/factories.py": OPERATORS.format(module=module)}
    return _project(root, (node,), {"spark": spark}, factory)


def slept(project: Path) -> Any:
    """Return what the last run has left."""
    return json.loads((project / "data" / "slept.json").read_text(encoding="utf-8"))


def _project(
    root: Path,
    nodes: tuple[str, ...],
    run_config: Mapping[str, Any],
    more: Mapping[str, str] | None = None,
) -> Path:
    files = {
        **nodes_file(*nodes, head=NODES),
        "conf/base/parameters.yml": "seconds: 0\nsign: /\n",
        "conf/base/catalog.yml": CATALOG,
        **(more or {}),
    }
    project = make_project(root, files)
    configure(project, **run_config)
    return project
