"""Features: everything that a model may know about a hive's week."""

from kedro.pipeline import Pipeline, node, pipeline

from apiary.pipelines.features.nodes import build_training_table, describe_weather


def create_pipeline() -> Pipeline:
    """Build the training table out of gains, hives and weather."""
    return pipeline(
        [
            node(
                describe_weather,
                inputs=["weather", "params:features.trend_weeks"],
                outputs="weather_trends",  # in no catalog: it stays in memory
                name="describe_weather",
            ),
            node(
                build_training_table,
                inputs=["gains", "hive_table", "weather_trends"],
                outputs="training_table@pandas",
                name="build_training_table",
            ),
        ],
        tags="features",
    )
