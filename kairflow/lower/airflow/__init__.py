"""The Airflow backend; `dag_file.compile_dag` takes an IR and gives one DAG file."""
