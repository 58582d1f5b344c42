"""The modular pipelines: ingestion, features, forecasting."""
