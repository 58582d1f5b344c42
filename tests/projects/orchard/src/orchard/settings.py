"""Project settings: the hook that starts Spark, and where its configuration is."""

from orchard.hooks import SparkHooks

HOOKS = (SparkHooks(),)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"spark": ["spark*", "spark*/**"]},
}
