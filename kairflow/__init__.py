"""Kairflow compiles Kedro pipelines to Airflow DAGs; this module holds the version alone."""

__version__ = "0.1.0"
