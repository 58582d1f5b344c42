"""Files to where Airflow finds them, and from there to a run that has been seen to succeed."""
