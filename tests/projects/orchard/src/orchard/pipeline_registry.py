"""The pipelines that `kedro run --pipeline NAME` knows."""

from kedro.pipeline import Pipeline

from orchard.pipelines import harvest, report


def register_pipelines() -> dict[str, Pipeline]:
    """Return both pipelines, and all of it as `__default__`."""
    pipelines = {
        "harvest": harvest.create_pipeline(),
        "report": report.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}
