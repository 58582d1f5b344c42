"""Ingestion: the register of hives, and what their scales showed."""

from kedro.pipeline import Pipeline, node, pipeline

from apiary.pipelines.ingestion.nodes import (
    check_weighings,
    clean_hives,
    clean_weighings,
    weekly_gains,
)


def create_pipeline() -> Pipeline:
    """Clean and check the raw files; the result is what each hive gained per week."""
    return pipeline(
        [
            node(clean_hives, inputs="hives", outputs="hive_table", name="clean_hives"),
            node(
                clean_weighings,
                inputs=[
                    "weighings",
                    "params:weighings.time",
                    "params:weighings.excluded_hives",
                ],
                outputs="sound_weighings",
                name="clean_weighings",
            ),
            node(
                check_weighings,
                inputs=[
                    "sound_weighings",
                    "hive_table",
                    "params:checks.weight_kg",
                    "params:checks.allow_unknown_hives",
                ],
                outputs=None,
                name="check_weighings",
                tags="quality",
            ),
            node(
                weekly_gains,
                inputs=["sound_weighings", "params:weighings.swarm_loss_kg"],
                outputs="gains",
                name="weekly_gains",
            ),
        ],
        tags="ingestion",
    )
