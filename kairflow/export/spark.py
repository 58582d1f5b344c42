"""Which nodes need Spark, and why; it looks at one node at a time and starts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export.catalog import Catalog
from kairflow.export.spark_datasets import find_spark_datasets
from kairflow.export.spark_hints import HintReader
from kairflow.export.spark_sources import Sources

ENGINE_TAGS = (
    "kairflow.engine.spark",
    "kairflow.group.pyspark",
    "kedro-airflow-k8s.group.pyspark",
)
"""Tags that mark a node as one for Spark. They never group."""

_HINT = (
    f"tag the node {ENGINE_TAGS[0]} if it needs Spark; "
    "or import what the type hint names, if only under `if TYPE_CHECKING:`"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a node needs Spark."""

    reason: str | None = None
    """Why it does; None for a node that does not, as far as can be told."""
    doubt: Diagnostic | None = None
    """What could not be read, when nothing else shows that the node needs Spark."""


class SparkSigns:
    """Looks for signs of Spark: tags first, then type hints, inputs and outputs."""

    def __init__(self, datasets: Mapping[str, str], sources: Sources) -> None:
        self._datasets = datasets
        self._hints = HintReader(sources)

    def judge(self, node: Any) -> Verdict:
        """Judge one node of Kedro's by the first sign there is."""
        if (tagged := tag_reason(node.tags)) is not None:
            return Verdict(tagged)
        found = self._hints.read(node.func)
        reason = found.spark or self._dataset_reason(node)
        if reason is not None or found.unread is None:
            return Verdict(reason)
        return Verdict(doubt=_doubt(node.name, found.unread))

    def _dataset_reason(self, node: Any) -> str | None:
        sides = [("input", name) for name in node.inputs]
        sides += [("output", name) for name in node.outputs]
        return next(
            (
                f"{side} {name!r} is {_with_article(self._datasets[name])}"
                for side, name in sides
                if name in self._datasets
            ),
            None,
        )


def look_for_signs(names: Iterable[str], catalog: Catalog) -> SparkSigns:
    """Return what judges nodes whose datasets have these names; it reads no file yet."""
    sources = Sources()
    return SparkSigns(find_spark_datasets(names, catalog, sources), sources)


def tag_reason(tags: Collection[str]) -> str | None:
    """Say which tag marks a node as one for Spark; None when none does."""
    found = next((tag for tag in ENGINE_TAGS if tag in tags), None)
    return None if found is None else f"tag {found}"


def _with_article(text: str) -> str:
    return f"{'an' if text[0].lower() in 'aeiou' else 'a'} {text}"


def _doubt(node: str, unread: str) -> Diagnostic:
    return Diagnostic(
        Code.SPARK_HINT_UNREAD,
        f"cannot tell whether the node needs Spark, so it counts as a Python node; {unread}",
        f"node {node!r}",
        _HINT,
        Severity.WARNING,
    )
