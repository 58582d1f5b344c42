"""Two nodes that say where they are."""

from kedro.pipeline import Pipeline, node, pipeline


def greet(region: str) -> str:
    """Return a greeting."""
    return f"hello, {region}"


def register_pipelines() -> dict[str, Pipeline]:
    """Return a pipeline whose files move with globals and runtime parameters."""
    return {
        "__default__": pipeline(
            [
                node(greet, "params:region", "greeting", name="greet"),
                node(str.upper, "greeting", "shout", name="shout"),
            ]
        )
    }
