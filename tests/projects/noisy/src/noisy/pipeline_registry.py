"""Two nodes, and a print."""

from kedro.pipeline import Pipeline, node, pipeline

print("noisy: registry imported")


def shout() -> str:
    """Return something loud."""
    return "HONEY"


def register_pipelines() -> dict[str, Pipeline]:
    """Return a pipeline that no catalog of this project can run."""
    print("noisy: pipelines registered")
    return {
        "__default__": pipeline(
            [
                node(shout, None, "explosive", name="shout"),
                node(str.lower, "explosive", "locked", name="whisper"),
            ]
        )
    }
