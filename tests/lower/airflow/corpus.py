"""Print the digests of all golden products: the same lines on every Python, with any hash seed."""

from __future__ import annotations

import hashlib

from tests.lower.airflow.golden import RUNS, product


def digests() -> str:
    made = [(run.case, *product(run)) for run in RUNS]
    return "".join(f"{c}/{n} {hashlib.sha256(t.encode()).hexdigest()}\n" for c, n, t in made)


if __name__ == "__main__":
    print(digests(), end="")
