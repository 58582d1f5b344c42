"""Runs Kedro so that all tasks of a DAG run save their datasets under one version.

Its arguments are the version, and what follows `kedro` on a command line.
"""

import sys
from typing import Any

from kedro.io import AbstractVersionedDataset, core


def run_kedro(version: str, arguments: list[str]) -> None:
    """Run the Kedro command line with a version in place of the time of day."""
    versioned: Any = AbstractVersionedDataset
    kedro_save_path = versioned._get_save_path
    saved: set[str] = set()

    def save_path(dataset: Any) -> Any:
        if dataset.resolve_save_version() == version:
            path, exists = str(dataset._get_versioned_path(version)), dataset._exists_function
            files: Any = getattr(dataset, "_fs", None) or getattr(exists, "__self__", None)
            # Kedro refuses to save where an earlier try did; what this try saved stays.
            if path not in saved and hasattr(files, "rm") and exists(path):
                files.rm(path, recursive=True)
            saved.add(path)
        return kedro_save_path(dataset)

    core.generate_timestamp = lambda: version
    versioned._get_save_path = save_path
    sys.argv = ["kedro", *arguments]
    # Imported last: Kedro's session keeps the function that it finds.
    from kedro.framework.cli import main

    main()


if __name__ == "__main__":
    run_kedro(sys.argv[1], sys.argv[2:])
