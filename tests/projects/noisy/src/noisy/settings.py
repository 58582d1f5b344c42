"""Hooks that leave `hook-was-here` in the project whenever one of them fires."""

from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

print("noisy: settings imported")
PROJECT = Path(__file__).parents[2]


def leave_trace(hook: str) -> None:
    """Write the hook's name down, and say it."""
    print(f"noisy: {hook}")
    with (PROJECT / "hook-was-here").open("a") as file:
        file.write(f"{hook}\n")


class NoisyHooks:
    """All hooks that Kedro fires around configuration, catalog, runs and nodes."""


def noisy_hook(name: str) -> Any:
    """Make one hook implementation."""

    def hook(self: NoisyHooks) -> None:
        leave_trace(name)

    hook.__name__ = name
    return hook_impl(hook)


ALL_HOOKS = [
    *("after_context_created", "after_catalog_created"),
    *("before_pipeline_run", "after_pipeline_run", "on_pipeline_error"),
    *("before_node_run", "after_node_run", "on_node_error"),
    *("before_dataset_loaded", "after_dataset_loaded"),
    *("before_dataset_saved", "after_dataset_saved"),
]
for hook_name in ALL_HOOKS:
    setattr(NoisyHooks, hook_name, noisy_hook(hook_name))

HOOKS = (NoisyHooks(),)
