"""Run commands of `airflow` one after the other; end with the worst of their exit codes.

    …/bin/python commands.py '[["db", "check"], …]'

One process runs them all: Airflow takes seconds to start, and more until it runs its first task.
"""

from __future__ import annotations

import json
import sys


def run(*words: str) -> None:
    """Run one command as `airflow` does."""
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", *words]
    airflow()


def exit_code(*words: str) -> int:
    try:
        run(*words)
    except SystemExit as ended:
        print(f"airflow {' '.join(words)} ended with {ended}", file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    # Airflow finds nothing of ours.
    del sys.path[0]
    sys.exit(max([exit_code(*command) for command in json.loads(sys.argv[1])]))
