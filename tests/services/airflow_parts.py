"""All parts of an Airflow server, as children of one process that loads Airflow once.

Runs as a program of its own in an Airflow environment, first in its process namespace. Its one
argument holds commands of `airflow` as JSON: those that prepare in order, then those that serve.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Started by its path, in an environment that has Airflow and no Kairflow.
sys.path[0] = str(Path(__file__).parents[2])

from tests.airflow.commands import run  # noqa: E402

# Airflow finds nothing of ours.
del sys.path[0]


def start(words: Sequence[str]) -> int:
    """Run a command in a child, and return its process."""
    child = os.fork()
    if child == 0:
        run(*words)
        sys.exit(1)
    return child


def main() -> int:
    """Prepare, serve, and end with the first part that ends."""
    prepare, serve = json.loads(sys.argv[1])
    for words in prepare:
        run(*words)
    parts = {start(words): words[0] for words in serve}
    # Orphans of the namespace come here too.
    while (ended := os.wait())[0] not in parts:
        pass
    print(f"{parts[ended[0]]} ended with status {ended[1]}", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
