"""No DAG, but an import that warns on line 3: it shows that warnings are seen."""

from airflow.utils.task_group import TaskGroup  # noqa: F401
