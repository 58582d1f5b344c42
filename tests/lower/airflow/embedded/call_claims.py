"""Runs in Airflow's Python: makes the calls that are named, and prints how each one ended.

Arguments: a file with the functions and their constants, then `function:claim` as often as wanted.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time


def main() -> None:
    # Airflow and its plugins talk on standard output.
    answer, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    functions = runpy.run_path(sys.argv[1])
    time.sleep = lambda seconds: None
    outcomes = {}
    for call in sys.argv[2:]:
        function, _, name = call.partition(":")
        try:
            functions[function](name)
            outcomes[call] = ""
        except Exception as error:  # noqa: BLE001  whatever it raises is the outcome
            outcomes[call] = f"{type(error).__name__}: {error}"
    json.dump(outcomes, answer)


if __name__ == "__main__":
    main()
