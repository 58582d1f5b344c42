"""Two nodes; neither dataset has an entry of its own."""

from kedro.pipeline import Pipeline, node, pipeline


def start() -> list[int]:
    """Return something to count."""
    return [1, 2, 3]


def register_pipelines() -> dict[str, Pipeline]:
    """Return a pipeline whose two nodes can run apart."""
    return {
        "__default__": pipeline(
            [
                node(start, None, "numbers", name="start"),
                node(sum, "numbers", "total", name="add"),
            ]
        )
    }
