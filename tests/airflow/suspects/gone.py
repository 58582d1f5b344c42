"""No DAG, but an import that neither line has any more: it shows that errors are seen."""

from airflow.contrib.kubernetes.secret import Secret  # noqa: F401
