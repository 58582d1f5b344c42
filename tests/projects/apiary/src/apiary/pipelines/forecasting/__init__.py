"""Two models, one question: how much honey will it be."""

from apiary.pipelines.forecasting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
