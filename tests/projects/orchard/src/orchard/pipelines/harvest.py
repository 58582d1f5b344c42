"""Harvest: what the trees bore, and what that is worth; Spark does the large tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from kedro.pipeline import Pipeline, node, pipeline

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def clean_trees(trees: pd.DataFrame, season: int) -> pd.DataFrame:
    """Mend spelling, and turn the year of planting into an age."""
    variety = trees["variety"].str.strip().str.title().str.replace("'S", "'s")
    table = trees.assign(variety=variety, age=season - trees["planted"])
    return table[["tree", "variety", "use", "age"]].sort_values(
        "tree", ignore_index=True
    )


def clean_pickings(
    pickings: DataFrame, season: int, lightest_kg: float, excluded_trees: list[str]
) -> DataFrame:
    """Keep one season's pickings that are worth the name."""
    wanted = (pickings.season == season) & (pickings.kg >= lightest_kg)
    return pickings.where(wanted & ~pickings.tree.isin(excluded_trees))


def spoken_variety(variety: str) -> str:
    """Say what the pickers say: Cox's Orange Pippin is a Cox."""
    return variety.replace("'s", "").split()[0]


def sum_yields(pickings: DataFrame, trees: DataFrame) -> DataFrame:
    """Add up what each variety bore, under the name that pickers use."""
    from pyspark.sql import functions as f

    spoken = f.udf(spoken_variety)
    return (
        pickings.join(trees, "tree")
        .groupBy(spoken("variety").alias("variety"), "use")
        .agg(
            f.round(f.sum("kg"), 1).alias("kg"),
            f.countDistinct("tree").alias("trees"),
        )
    )


def set_prices(
    yields: pd.DataFrame, eur_per_kg: dict[str, float], surcharge: dict[str, float]
) -> pd.DataFrame:
    """Set a price for each variety: what is rare costs more."""
    rare = yields["kg"] < yields["kg"].median()
    price = yields["use"].map(eur_per_kg) * rare.map({True: 1.25, False: 1.0})
    price += yields["variety"].map(lambda name: surcharge.get(name, 0.0))
    return pd.DataFrame({"variety": yields["variety"], "eur_per_kg": price.round(2)})


def compute_revenue(yields: DataFrame, prices: DataFrame) -> DataFrame:
    """Multiply what there is by what it costs."""
    from pyspark.sql import functions as f

    table = yields.join(prices, "variety")
    return table.withColumn("eur", f.round(table.kg * table.eur_per_kg, 2))


def create_pipeline() -> Pipeline:
    """Go from the pickers' notes to the revenue of each variety."""
    return pipeline(
        [
            node(
                clean_trees,
                inputs=["trees", "params:season"],
                outputs="tree_table@pandas",
                name="clean_trees",
            ),
            node(
                clean_pickings,
                inputs=[
                    "pickings@spark",
                    "params:season",
                    "params:pickings.lightest_kg",
                    "params:pickings.excluded_trees",
                ],
                outputs="sound_pickings",  # in no catalog: it stays in memory
                name="clean_pickings",
            ),
            node(
                sum_yields,
                inputs=["sound_pickings", "tree_table@spark"],
                outputs="yields@spark",
                name="sum_yields",
            ),
            node(  # pandas, but between two nodes that share a Spark job
                set_prices,
                inputs=[
                    "yields@pandas",
                    "params:prices.eur_per_kg",
                    "params:prices.surcharge",
                ],
                outputs="prices@pandas",
                name="set_prices",
            ),
            node(
                compute_revenue,
                inputs=["yields@spark", "prices@spark"],
                outputs="revenue@spark",
                name="compute_revenue",
            ),
        ],
        tags="harvest",
    )
