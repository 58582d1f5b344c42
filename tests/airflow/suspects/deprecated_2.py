"""No DAG, but an import that warns on line 2: it shows that warnings are seen."""

from airflow.operators.bash_operator import BashOperator  # noqa: F401
