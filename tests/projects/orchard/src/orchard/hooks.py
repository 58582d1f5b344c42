"""The hook that starts the Spark session, much as Kedro's documentation recommends."""

from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline


class SparkHooks:
    """Start Spark only for runs that need it: the pods of pandas have no Java."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the settings in conf/base/spark.yml."""
        self.settings: dict[str, Any] = context.config_loader["spark"]

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Start a session if the run has to do with a dataset of Spark's."""
        if not any(name.endswith("@spark") for name in pipeline.datasets()):
            return
        # Imported here: whoever only reads the project needs no Spark.
        from pyspark import SparkConf
        from pyspark.sql import SparkSession

        settings = SparkConf().setAll(self.settings.items())
        builder = SparkSession.builder.appName("orchard").config(conf=settings)
        builder.getOrCreate().sparkContext.setLogLevel("WARN")
