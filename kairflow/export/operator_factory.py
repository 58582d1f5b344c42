"""What the project's own class that writes Spark operators derives from, and what it is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from kairflow.ir.deployment import Deployment


@dataclass(frozen=True, slots=True)
class NamedNode:
    """A Kedro node, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class SparkGroup:
    """The nodes that become one Spark job: what `submit_operator` gets as `node`."""

    name: str
    """The group's id, which becomes the task's id."""
    nodes: tuple[str, ...]
    """Names of the nodes, in the order in which they run."""
    resource_class: str | None
    """Key in `run_config.resources`; None leaves it to the cluster."""

    @property
    def task_group(self) -> tuple[NamedNode, ...]:
        """The nodes as objects that have a `name`."""
        return tuple(map(NamedNode, self.nodes))


class SparkOperatorFactoryBase(ABC):
    """Writes the Airflow operators of a project's Spark groups, as text.

    Derive from it, and name the class in `airflow-k8s.yml`, beside `type: custom`, as
    `run_config.spark.operator_factory`. Exporting calls it once for each pipeline; lowering puts
    its texts into the DAG file, when it is told `--allow-custom-operators`:

        class OperatorFactory(SparkOperatorFactoryBase):
            @property
            def imports_statement(self) -> str:
                return "from airflow.providers.standard.operators.bash import BashOperator"

            def create_cluster_operator(
                self, project_name, config, init_script_path, cluster_config
            ) -> str:
                return f"BashOperator(bash_command={f'cluster create {project_name}'!r})"

            def delete_cluster_operator(self, project_name, config) -> str:
                return f"BashOperator(bash_command={f'cluster delete {project_name}'!r})"

            def submit_operator(
                self, project_name, node, pipeline, config, main_python_file_path
            ) -> str:
                return f"BashOperator(bash_command={f'submit {main_python_file_path}'!r})"

    A text is one call of an operator. All arguments are given by name. `config` is what
    `airflow-k8s.yml` says, such as `config.run_config.spark.region`; a change of it has no effect.
    """

    @property
    @abstractmethod
    def imports_statement(self) -> str:
        """The import statements for all that the operators mention."""

    @abstractmethod
    def create_cluster_operator(
        self,
        project_name: str,
        config: Deployment,
        init_script_path: str,
        cluster_config: dict[str, Any],
    ) -> str | None:
        """Write the operator that creates the cluster; nothing when there is none to create.

        `init_script_path` is where the script that installs the project is uploaded, empty when
        there is no `artifacts_path`.
        """

    @abstractmethod
    def delete_cluster_operator(self, project_name: str, config: Deployment) -> str | None:
        """Write the operator that deletes the cluster; nothing when there is none to delete."""

    @abstractmethod
    def submit_operator(
        self,
        project_name: str,
        node: SparkGroup,
        pipeline: str,
        config: Deployment,
        main_python_file_path: str,
    ) -> str:
        """Write the operator that runs a group of nodes.

        `main_python_file_path` is where the program that runs them is uploaded, empty when there is
        no `artifacts_path`.
        """
