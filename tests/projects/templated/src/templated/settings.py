"""Configuration lives in `base`, and in `dev` when no environment is asked for."""

CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "dev"}
