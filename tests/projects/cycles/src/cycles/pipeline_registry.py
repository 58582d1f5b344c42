"""Four pipelines; what lies on disk is named `disk_*`, all else stays in memory."""

from kedro.pipeline import Pipeline, node, pipeline


def note(*heard: str) -> str:
    """Return what was heard, in brackets."""
    return f"({' '.join(heard)})"


def start() -> str:
    """Return the first word."""
    return "start"


def start_twice() -> tuple[str, str]:
    """Return the first word for memory and for disk."""
    return "start", "start"


def memory() -> Pipeline:
    """Let a and c share memory, while b waits for a's file and c for b's."""
    return pipeline(
        [
            node(start_twice, None, ["word", "disk_word"], name="a"),
            node(note, "disk_word", "disk_note", name="b"),
            node(note, ["word", "disk_note"], "disk_result", name="c"),
        ]
    )


def namespace() -> Pipeline:
    """Put a node of no namespace between two of one; everything is on disk."""
    inside = pipeline(
        [
            node(start, None, "disk_word", name="first"),
            node(note, "disk_note", "disk_result", name="last"),
        ],
        namespace="bees",
        inputs="disk_note",
        outputs={"disk_word", "disk_result"},
    )
    return pipeline([inside, pipeline([node(note, "disk_word", "disk_note", name="outside")])])


def tag() -> Pipeline:
    """Do the same with a tag on the outer two."""
    return pipeline(
        [
            node(start, None, "disk_word", name="first", tags="kairflow.group.honey"),
            node(note, "disk_word", "disk_note", name="outside"),
            node(note, "disk_note", "disk_result", name="last", tags="kairflow.group.honey"),
        ]
    )


def interleaved() -> Pipeline:
    """Let two memory groups wait for each other: a1, a2 and b1, b2."""
    return pipeline(
        [
            node(start_twice, None, ["a", "disk_a"], name="a1"),
            node(start_twice, None, ["b", "disk_b"], name="b1"),
            node(note, ["a", "disk_b"], "disk_a_result", name="a2"),
            node(note, ["b", "disk_a"], "disk_b_result", name="b2"),
        ]
    )


def register_pipelines() -> dict[str, Pipeline]:
    """Return one pipeline per way to make a cycle."""
    return {
        "memory": memory(),
        "namespace": namespace(),
        "tag": tag(),
        "interleaved": interleaved(),
        "__default__": memory(),
    }
