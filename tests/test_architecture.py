"""The import table, held by reading every module; and what a light command must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "kairflow"
FORBIDDEN_WORDS = ("manager", "helper", "helpers", "util", "utils", "process")

STDLIB = sys.stdlib_module_names
OURS = (
    "errors",
    "ir",
    "init",
    "export",
    "lower.airflow.embedded",
    "lower.codegen",
    "lower.spark.programs",
    "lower",
    "deploy",
    "cli",
)
MAY_IMPORT = {
    "__init__": set(),
    "__main__": {"kairflow.cli"},
    "errors": set(),
    "ir": {"kairflow.errors", "kairflow.ir", "pydantic", "pydantic_core"},
    "init": {
        "kairflow",
        "kairflow.deploy",
        "kairflow.errors",
        "kairflow.init",
        "kairflow.ir",
        "yaml",
    },
    "export": {
        "kairflow",
        "kairflow.errors",
        "kairflow.ir",
        "kairflow.export",
        "kedro",
        "networkx",
        "omegaconf",
        "pydantic",
        "yaml",
    },
    # What DAG files take over: it runs in Airflow or beside Kedro, and nothing of ours imports it.
    "lower.airflow.embedded": {
        "kairflow.lower.airflow.embedded",
        "airflow",
        "google",
        "httpx",
        "kedro",
        "kubernetes",
    },
    "lower.codegen": {"kairflow.errors", "kairflow.lower.codegen"},
    # What Spark jobs are made of: taken over as text, and imported by nothing of ours.
    "lower.spark.programs": set(),
    "lower": {
        "kairflow",
        "kairflow.errors",
        "kairflow.ir",
        "kairflow.lower",
        "kairflow.lower.codegen",
        "pydantic",
    },
    "deploy": {"kairflow.errors", "kairflow.deploy", "fsspec", "httpx"},
    "cli": {
        "kairflow",
        "kairflow.cli",
        "kairflow.deploy",
        "kairflow.errors",
        "kairflow.export",
        "kairflow.init",
        "kairflow.ir",
        "kairflow.lower",
        "rich",
        "typer",
    },
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    """Return the row of the table that a module belongs to."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    dotted = ".".join(parts)
    return next((name for name in OURS if f"{dotted}.".startswith(f"{name}.")), parts[0])


LAYERS = {f"kairflow.{name}" for name in OURS}


def imported_layer(module: str) -> str:
    """Name what an import reaches: a layer of ours, or another project's top-level package."""
    if module == "kairflow":
        return module
    if not module.startswith("kairflow."):
        return module.split(".", 1)[0]
    return max((name for name in LAYERS if f"{module}.".startswith(f"{name}.")), key=len)


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            yield from ((alias.name, statement.lineno) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{path}:{statement.lineno} imports relatively"
            assert statement.module is not None
            yield statement.module, statement.lineno


def test_every_layer_of_the_table_exists() -> None:
    assert {layer_of(path) for path in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    allowed = MAY_IMPORT[layer_of(path)]
    strays = [
        f"line {line}: {module}"
        for module, line in imports_of(path)
        if module.split(".", 1)[0] not in STDLIB and imported_layer(module) not in allowed
    ]
    assert strays == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_says_its_duty_first(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") < 400
    assert ast.get_docstring(tree), "a module's first line says its duty"
    long = [
        f"{item.name}: {(item.end_lineno or 0) - item.lineno + 1} lines"
        for item in ast.walk(tree)
        if isinstance(item, ast.FunctionDef) and (item.end_lineno or 0) - item.lineno + 1 > 50
    ]
    assert long == []
    assert not any(word in path.stem.split("_") for word in FORBIDDEN_WORDS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_clock_the_network_and_the_disk_stay_outside_the_pure_stages(path: Path) -> None:
    if layer_of(path) not in ("ir", "lower", "lower.codegen"):
        return
    effects = {"os", "pathlib", "socket", "subprocess", "time", "random", "tempfile", "shutil"}
    allowed = {"pathlib"} if path.name == "support.py" else set()  # PurePosixPath touches nothing
    assert {module.split(".")[0] for module, _ in imports_of(path)} & effects <= allowed


LIGHT = {
    "kairflow --version": "import sys; sys.argv = ['kairflow', '--version']",
    "kairflow lower --help": "import sys; sys.argv = ['kairflow', 'lower', '--help']",
    "kairflow init --help": "import sys; sys.argv = ['kairflow', 'init', '--help']",
    "kairflow run-once --help": "import sys; sys.argv = ['kairflow', 'run-once', '--help']",
    "kairflow lower": "import sys; sys.argv = ['kairflow', 'lower', '{ir}', '-o', '{out}']",
}


@pytest.mark.parametrize("command", LIGHT)
def test_a_light_command_loads_nothing_heavy(command: str, tmp_path: Path) -> None:
    document = next((ROOT / "tests" / "compat").rglob("*.json"))
    script = LIGHT[command].format(ir=document, out=tmp_path / "dag.py") + (
        "\nfrom kairflow.cli.app import main"
        "\ntry: main()"
        "\nexcept SystemExit as end: print(end.code, file=sys.stderr)"
        "\nheavy = {'kedro', 'networkx', 'httpx', 'fsspec', 'airflow', 'omegaconf', 'yaml'}"
        "\nprint(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"
    assert answer.stderr.split()[-1] in ("0", "None", "1")


def test_importing_kairflow_loads_no_other_package() -> None:
    script = (
        "import sys; before = set(sys.modules); import kairflow;"
        "print(sorted(set(sys.modules) - before))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "['__future__', 'kairflow']" or (
        answer.stdout.strip() == "['kairflow']"
    )
