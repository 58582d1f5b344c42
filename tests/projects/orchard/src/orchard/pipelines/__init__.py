"""The modular pipelines: harvest and report."""
