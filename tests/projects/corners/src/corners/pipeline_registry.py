"""One small pipeline per corner; what lies on disk is named `disk_*`."""

from typing import Any

from kedro.pipeline import Pipeline, node, pipeline


def start() -> str:
    """Return the first word."""
    return "start"


def note(*heard: str) -> str:
    """Return what was heard, in brackets."""
    return f"({' '.join(heard)})"


def echo(**values: Any) -> dict[str, Any]:
    """Return what came in, word for word."""
    return values


def names() -> Pipeline:
    """Use names that are no Python identifiers, or more than one."""
    return pipeline(
        [
            node(start, None, "disk_one", name="1_step"),
            node(note, "disk_one", "disk_two", name="class"),
            node(note, "disk_two", "disk_three", name="größe"),
            node(note, "disk_three", "disk_four", name="-x"),
            node(note, "disk_four", "disk_five", name="n" * 70),
        ]
    )


def colliding() -> Pipeline:
    """Use names that differ in punctuation or case only."""
    return pipeline(
        [
            node(start, None, "disk_a", name="a_b"),
            node(note, "disk_a", "disk_b", name="a-b"),
            node(note, "disk_b", "disk_c", name="a.b"),
            node(note, "disk_c", "disk_d", name="A_b"),
        ]
    )


def unnamed() -> Pipeline:
    """Leave the names to Kedro: its two lines make quite different ones."""
    return pipeline(
        [
            node(start, None, "disk_word"),
            node(note, "disk_word", "disk_note"),
            node(note, ["disk_word", "disk_note"], "disk_result"),
        ]
    )


def whole() -> Pipeline:
    """Pass a word through memory."""
    return pipeline(
        [
            node(start, None, "word", name="make_word"),
            node(note, "word", "disk_note", name="use_word"),
            node(note, "disk_note", "disk_result", name="use_note"),
        ]
    )


def half() -> Pipeline:
    """Leave out the node that makes the word in memory: this cannot run."""
    return whole().from_nodes("use_word")


def spark() -> Pipeline:
    """Mark nodes for Spark, the second one by a tag that does not group."""
    return pipeline(
        [
            node(start, None, "disk_word", name="collect"),
            node(note, "disk_word", "disk_note", name="crunch", tags="kairflow.engine.spark"),
            node(note, "disk_note", "disk_sum", name="add_up", tags="kairflow.group.pyspark"),
            node(note, "disk_sum", "disk_result", name="report"),
        ]
    )


def quarrel() -> Pipeline:
    """Share memory between two nodes that want different machines."""
    return pipeline(
        [
            node(start, None, "word", name="modest", tags="resources.small"),
            node(note, "word", "disk_note", name="greedy", tags="resources.large"),
        ]
    )


def parameters() -> Pipeline:
    """Write down all parameters, as a whole and one by one."""
    one_by_one = {
        "integer": "params:integer",
        "real": "params:real",
        "yes": "params:yes",
        "nothing": "params:nothing",
        "empty_list": "params:empty_list",
        "mapping": "params:mapping",
        "nested": "params:mapping.inner.deep",
        "time": "params:strings.time",
        "comma": "params:strings.comma",
        "quotes": "params:strings.quotes",
    }
    return pipeline(
        [
            node(echo, {"everything": "parameters"}, "disk_json_everything", name="echo_all"),
            node(echo, one_by_one, "disk_json_values", name="echo_each"),
        ]
    )


def register_pipelines() -> dict[str, Pipeline]:
    """Return one pipeline per corner."""
    return {
        "names": names(),
        "colliding": colliding(),
        "unnamed": unnamed(),
        "whole": whole(),
        "half": half(),
        "spark": spark(),
        "quarrel": quarrel(),
        "parameters": parameters(),
        "empty": Pipeline([]),
        "__default__": names() + parameters(),
    }
