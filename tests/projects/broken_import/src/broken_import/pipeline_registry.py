"""A registry that cannot be imported."""

import a_library_that_is_not_there
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Never reached."""
    return {"__default__": a_library_that_is_not_there.pipeline()}
