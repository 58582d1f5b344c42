"""Files to a DAG that runs; so far: files to where Airflow looks for them, on this machine."""
