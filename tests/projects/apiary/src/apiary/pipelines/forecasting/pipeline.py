"""Forecasting: one modular pipeline used twice, then a verdict."""

from kedro.pipeline import Pipeline, node, pipeline

from apiary.pipelines.forecasting.nodes import (
    compare_models,
    plot_comparison,
    score,
    train,
    write_settings_card,
)


def create_model_pipeline(namespace: str) -> Pipeline:
    """Train and score one model; its settings are the parameters `<namespace>.*`."""
    template = pipeline(
        [
            node(
                train,
                inputs=[
                    "training_table@pandas",
                    "params:features.columns",
                    "params:season",
                    "params:method",
                    "params:options",
                    "params:seed",
                ],
                outputs="regressor",
                name="train",
                tags="resources.big_machine",
            ),
            node(
                score,
                inputs=[
                    "regressor",
                    "training_table@pandas",
                    "params:features.columns",
                    "params:season",
                ],
                outputs="score_card",
                name="score",
            ),
        ]
    )
    return pipeline(
        template,
        namespace=namespace,
        inputs={"training_table@pandas"},
        outputs={"score_card": f"{namespace}_score_card"},
        parameters={"params:features.columns", "params:season", "params:seed"},
    )


def create_verdict_pipeline() -> Pipeline:
    """Compare the two models, draw the result, and note the settings."""
    return pipeline(
        [
            node(
                compare_models,
                inputs=[
                    "gains",
                    "linear_score_card",
                    "forest_score_card",
                    "params:season",
                ],
                outputs=["comparison", "metrics"],
                name="compare_models",
            ),
            node(
                plot_comparison,
                inputs=[
                    "comparison",
                    "params:report.title",
                    "params:report.motto",
                    "params:report.highlighted_hive",
                ],
                outputs="harvest_plot",
                name="plot_comparison",
            ),
            node(
                write_settings_card,
                inputs={
                    "training_table": "training_table@text",
                    "seed": "params:seed",
                    "season": "params:season",
                    "weighing_time": "params:weighings.time",
                    "excluded_hives": "params:weighings.excluded_hives",
                    "swarm_loss_kg": "params:weighings.swarm_loss_kg",
                    "checks": "params:checks",
                    "columns": "params:features.columns",
                    "linear": "params:linear",
                    "forest": "params:forest",
                    "title": "params:report.title",
                    "motto": "params:report.motto",
                    "highlighted_hive": "params:report.highlighted_hive",
                },
                outputs="settings_card",
                name="write_settings_card",
            ),
        ],
        tags="report",
    )


def create_pipeline() -> Pipeline:
    """Forecast the season with a linear model and a forest, and compare them."""
    return pipeline(
        [
            create_model_pipeline("linear"),
            create_model_pipeline("forest"),
            create_verdict_pipeline(),
        ],
        tags="forecasting",
    )
