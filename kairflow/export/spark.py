"""Which nodes need Spark, and why; it looks at one node at a time."""

from __future__ import annotations

from collections.abc import Collection

ENGINE_TAGS = (
    "kairflow.engine.spark",
    "kairflow.group.pyspark",
    "kedro-airflow-k8s.group.pyspark",
)
"""Tags that mark a node as one for Spark. They never group."""


def spark_reason(tags: Collection[str]) -> str | None:
    """Say why a node needs Spark; None for a node that does not."""
    found = next((tag for tag in ENGINE_TAGS if tag in tags), None)
    return None if found is None else f"tag {found}"
