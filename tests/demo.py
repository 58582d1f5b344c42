"""The demo: the example project through export, lower and a real Airflow, as a new user sees it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.airflow.compiling import EXAMPLE, KAIRFLOW, as_processes
from tests.airflow.running import ROOT, DagRun, migrate, run_dag

HERE = ROOT / ".demo"
PROJECT, DAGS, IR = HERE / "apiary", HERE / "airflow" / "dags", HERE / "ir.json"
METRICS = PROJECT / "data" / "08_reporting" / "metrics.json"

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run the demo and return the shell's exit code."""
    shutil.rmtree(HERE, ignore_errors=True)
    shutil.copytree(EXAMPLE, PROJECT)
    console.print("[bold]1/4[/] The Kedro project becomes an IR")
    _kairflow("export", "--project", PROJECT, "-o", IR)
    console.print("\n[bold]2/4[/] The IR becomes an Airflow DAG")
    _kairflow(
        *("lower", IR, "-o", DAGS),
        *as_processes(PROJECT),
    )
    console.print("\n[bold]3/4[/] A real Airflow 3 gets a database of its own")
    with console.status("airflow db migrate"):
        migrate(HERE / "airflow")
    console.print("\n[bold]4/4[/] Airflow runs the DAG")
    (dag_file,) = DAGS.glob("*.py")
    with console.status("airflow dags test"):
        run = run_dag(dag_file, HERE / "airflow", on_state=_show_state)
    return _conclude(run, dag_file)


def _kairflow(*arguments: str | Path) -> None:
    words = [str(argument) for argument in arguments]
    shown = " ".join(word.replace(f"{ROOT}/", "") for word in words)
    console.print(f"    $ kairflow {shown}", style="dim", markup=False)
    subprocess.run([*KAIRFLOW, *words], check=True)


def _show_state(task_id: str, state: str) -> None:
    if state in ("running", "success", "failed", "upstream_failed"):
        console.print(f"    {task_id}: {state}", markup=False)


def _conclude(run: DagRun, dag_file: Path) -> int:
    tasks = Table("Task", "State", "Seconds", title="What Airflow ran", title_justify="left")
    for task in run.tasks:
        tasks.add_row(task.task_id, task.state, f"{task.seconds:.1f}")
    console.print()
    console.print(tasks)
    if not run.succeeded or not METRICS.exists():
        console.print(f"[bold red]The run failed.[/] Airflow's log: {run.log.relative_to(ROOT)}")
        return 1
    console.print("Metrics that the pipeline wrote:")
    for name, value in json.loads(METRICS.read_text(encoding="utf-8")).items():
        console.print(f"    {name}: {value}", markup=False)
    console.print(
        f"\n[bold green]Done:[/] {len(run.tasks)} tasks succeeded in a real Airflow. "
        f"Read the DAG that it ran in {dag_file.relative_to(ROOT)}, then try "
        "`kairflow export --help` on a project of your own."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
