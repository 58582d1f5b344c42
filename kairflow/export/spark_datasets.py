"""Which datasets of a catalog are Spark's, told from their types; no dataset is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kairflow.export.catalog import Catalog
from kairflow.export.dataset_type import name_of
from kairflow.export.spark_classes import dataset_name, is_spark_dataset, is_spark_dataset_class
from kairflow.export.spark_sources import Sources
from kairflow.export.spark_trails import End, Walk

_INNER = "dataset"
"""The key under which a cached or partitioned dataset has the one that it passes data on to."""


def find_spark_datasets(names: Iterable[str], catalog: Catalog, sources: Sources) -> dict[str, str]:
    """Return the datasets that are Spark's, each with its type in words."""
    types = _Types(sources)
    found = dict[str, str]()
    for name in names:
        entry = catalog.find(name)
        described = None if entry is None else types.describe(entry.config)
        if described is not None:
            found[name] = described
    return found


class _Types:
    """Judges types; each of them once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[str, str | None] = {}

    def describe(self, config: Mapping[str, Any]) -> str | None:
        """Say what an entry is, or what it wraps; None when neither is Spark's."""
        dataset_type = name_of(config.get("type"))
        if dataset_type is None:
            return None
        if dataset_type not in self._known:
            self._known[dataset_type] = self._judge(dataset_type)
        if (known := self._known[dataset_type]) is not None:
            return known
        inner = config.get(_INNER)
        within = self.describe(inner if isinstance(inner, Mapping) else {"type": inner})
        return None if within is None else f"{dataset_type} of {within}"

    def _judge(self, dataset_type: str) -> str | None:
        """Judge a type; a class of the project's own counts by its ancestors.

        They are those of the class or, where it cannot be imported, those that its source gives.
        """
        if is_spark_dataset(dataset_type):
            return dataset_type
        trails = Walk(self._sources, is_spark_dataset_class).dotted(dataset_type)
        ancestors = [name for trail in trails if trail.end is End.WANTED for name in trail.names]
        base = next(filter(is_spark_dataset_class, ancestors), None)
        return None if base is None else f"{dataset_type}, a {dataset_name(base)}"
