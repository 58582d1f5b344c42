"""The pipelines that `kedro run --pipeline NAME` knows."""

from kedro.pipeline import Pipeline

from apiary.pipelines import features, forecasting, ingestion


def register_pipelines() -> dict[str, Pipeline]:
    """Return the three modular pipelines, and all of them as `__default__`."""
    pipelines = {
        "ingestion": ingestion.create_pipeline(),
        "features": features.create_pipeline(),
        "forecasting": forecasting.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}
