"""From the beekeeper's notebooks to clean tables."""

from apiary.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
