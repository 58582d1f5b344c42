"""Report: tables for people, and a plan of the store rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from kedro.pipeline import Pipeline, node, pipeline

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def write_report(revenue: pd.DataFrame) -> pd.DataFrame:
    """Sort the varieties, the most valuable first."""
    columns = ["variety", "use", "trees", "kg", "eur_per_kg", "eur"]
    return revenue[columns].sort_values(["eur", "variety"], ascending=[False, True])


def write_settings_card(**settings: Any) -> dict[str, Any]:
    """Note what this run was told, word for word."""
    return settings


def plan_storage(report: DataFrame) -> DataFrame:
    """Give each use of apples a room, and count the crates."""
    from pyspark.sql import functions as f

    return report.groupBy("use").agg(f.ceil(f.sum("kg") / 20).alias("crates"))


def write_storage_plan(storage: pd.DataFrame) -> pd.DataFrame:
    """Sort the rooms by name."""
    return storage.sort_values("use")


def create_pipeline() -> Pipeline:
    """Report the revenue, and plan the storage on what was reported."""
    return pipeline(
        [
            node(
                write_report,
                inputs="revenue@pandas",
                outputs="report@pandas",
                name="write_report",
            ),
            node(
                plan_storage,
                inputs="report@spark",
                outputs="storage@spark",
                name="plan_storage",
            ),
            node(
                write_storage_plan,
                inputs="storage@pandas",
                outputs="storage_plan",
                name="write_storage_plan",
            ),
            node(
                write_settings_card,
                inputs={
                    "season": "params:season",
                    "excluded_trees": "params:pickings.excluded_trees",
                    "surcharge": "params:prices.surcharge",
                    "report": "params:report",
                },
                outputs="settings_card",
                name="write_settings_card",
            ),
        ],
        tags="report",
    )
