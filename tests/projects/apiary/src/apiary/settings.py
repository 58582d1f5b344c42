"""Project settings: where configuration lives, and nothing else."""

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
}
