"""Print Python source from typed nodes; it knows nothing of Airflow and takes no raw source."""
