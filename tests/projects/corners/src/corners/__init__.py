"""What is legal in Kedro, and awkward everywhere else."""
