"""Compare each stage at 1,000 and 10,000 nodes, and light commands with Python itself.

A stage that grows linearly costs the same per node at both sizes, so the last column is near 1.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from kairflow.export.group_by import GroupBy
from kairflow.export.grouping import make_groups
from kairflow.ir import Document, dump_document, read_document
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.model import (
    Dataset,
    DatasetKind,
    Engine,
    Node,
    Producer,
    Selection,
    Source,
)
from kairflow.ir.pods import Volume
from kairflow.lower.airflow.dag_file import compile_dag
from kairflow.lower.airflow.options import Options

SMALL, LARGE = 1_000, 10_000
RUN_CONFIG = RunConfig(
    image="image", namespace="ns", experiment_name="bench", volume=Volume(disabled=True)
)


def make_pipeline(size: int) -> tuple[tuple[Node, ...], dict[str, Dataset]]:
    """Make a pipeline in which each node reads two of the fifty datasets before its own."""
    dice = random.Random(size)
    nodes, datasets = [], {}
    for index in range(size):
        nearby = range(max(0, index - 50), index)
        reads = sorted({f"d{dice.choice(nearby)}" for _ in range(2)}) if index else []
        kind = DatasetKind.MEMORY if dice.random() < 0.1 else DatasetKind.PERSISTENT
        datasets[f"d{index}"] = Dataset(kind=kind, base=f"d{index}", uri="s3://bucket/data")
        nodes.append(
            Node(
                name=f"node_{index}",
                function="bench.node",
                namespace=None,
                inputs=tuple(reads),
                outputs=(f"d{index}",),
                tags=(),
                engine=Engine.PYTHON,
                engine_reason=None,
            )
        )
    return tuple(nodes), datasets


def make_document(size: int) -> Document:
    """Make the document of such a pipeline."""
    nodes, datasets = make_pipeline(size)
    groups, _ = make_groups(nodes, datasets, RUN_CONFIG, GroupBy.NONE, "bench")
    source = Source(
        project="bench",
        package="bench",
        kedro_line="1",
        pipeline="bench",
        env=None,
        runtime_params={},
        selection=Selection(),
        git=None,
    )
    return Document(
        producer=Producer(kairflow="0", kedro="1"),
        source=source,
        datasets=datasets,
        parameters={},
        nodes=nodes,
        groups=groups,
        deployment=Deployment(run_config=RUN_CONFIG),
    )


def seconds(action: Callable[[], object], times: int = 3) -> float:
    """Return the least of several wall-clock times, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


def stages(size: int) -> dict[str, float]:
    """Time each stage for one size of pipeline."""
    nodes, datasets = make_pipeline(size)
    document = make_document(size)
    text = dump_document(document)
    return {
        "group": seconds(lambda: make_groups(nodes, datasets, RUN_CONFIG, GroupBy.NONE, "b")),
        "write the IR": seconds(lambda: dump_document(document)),
        "read and check the IR": seconds(lambda: read_document(text)),
        "lower": seconds(lambda: compile_dag(document, Options())),
    }


def commands() -> dict[str, float]:
    """Time light commands against an interpreter that does nothing."""
    python = {"python -c pass": [sys.executable, "-c", "pass"]}
    ours = {
        f"kairflow {words}": [sys.executable, "-m", "kairflow", *words.split()]
        for words in ("--version", "lower --help")
    }
    return {
        name: seconds(lambda line=line: subprocess.run(line, capture_output=True, check=True))  # type: ignore[misc]
        for name, line in {**python, **ours}.items()
    }


def main() -> None:
    """Print both tables."""
    console = Console()
    small, large = stages(SMALL), stages(LARGE)
    table = Table("Stage", f"{SMALL} nodes, s", f"{LARGE} nodes, s", "per node, large : small")
    for name, before in small.items():
        growth = large[name] / before * SMALL / LARGE
        table.add_row(name, f"{before:.3f}", f"{large[name]:.3f}", f"{growth:.2f}")
    console.print(table)
    table = Table("Command", "Seconds")
    for name, taken in commands().items():
        table.add_row(name, f"{taken:.3f}")
    console.print(table)


if __name__ == "__main__":
    main()
