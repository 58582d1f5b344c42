"""From clean tables to one row per hive and week."""

from apiary.pipelines.features.pipeline import create_pipeline

__all__ = ["create_pipeline"]
