"""The README keeps its word: its steps are followed, and its tables name what there is."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from kairflow.cli.app import app
from kairflow.ir.deployment import Deployment, RunConfig
from kairflow.ir.pods import Volume
from tests.readme_keys import table, with_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMPILE = "kairflow export | kairflow lower -o dags/"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Kedro project with the configuration of the README's second step, and no other."""
    copied = Path(shutil.copytree(ROOT / "tests" / "projects" / "apiary", tmp_path / "project"))
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found is not None
    (copied / "conf" / "base" / "airflow-k8s.yml").write_text(found[1], encoding="utf-8")
    return copied


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of the README as a user does, with `kairflow` on the path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_five_minutes_end_with_a_dag(project: Path) -> None:
    assert COMPILE in README
    answer = shell(COMPILE, project)
    assert answer.returncode == 0, answer.stderr
    text = (project / "dags" / "My-project.py").read_text(encoding="utf-8")
    ast.parse(text)
    assert '"image": "registry.example.com/my-project:latest"' in text
    assert "`dags/My-project.py`" in README


def test_the_same_graph_runs_as_processes(project: Path) -> None:
    found = re.search(r"^kairflow export \| kairflow lower.*--runtime local.*$", README, re.M)
    assert found is not None
    answer = shell(found[0], project)
    assert answer.returncode == 0, answer.stderr
    text = (project / "airflow" / "dags" / "My-project.py").read_text(encoding="utf-8")
    assert f'"{project}"' in text


def test_the_table_of_keys_is_that_of_the_models() -> None:
    assert with_table(README) == README, "run `make schemas`"


def test_the_table_has_every_key() -> None:
    paths = set(re.findall(r"^\| `\.?([^`]+)` \|", table(), re.M))
    assert {path.partition(".")[0].removesuffix("[]") for path in paths} == {
        *RunConfig.model_fields,
        *Deployment.model_fields,
    } - {"run_config"}
    nested = {path.rpartition(".")[2] for path in paths if path.startswith("volume.")}
    assert nested == set(Volume.model_fields)


EXAMPLES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES[1:], ids=lambda text: text.split()[0])
def test_an_example_of_the_configuration_is_valid(example: str) -> None:
    found = yaml.safe_load(example)
    config = found.get("run_config", found)
    minimal = {"image": "image", "namespace": "ns", "experiment_name": "name"}
    RunConfig.model_validate({**minimal, **config})


@pytest.mark.parametrize("command", ["export", "lower"])
def test_every_option_of_the_text_exists(command: str) -> None:
    section = README.split("## Exporting")[1] if command == "export" else README
    section = section.split("## Lowering")[0 if command == "export" else 1].split("\n## ")[0]
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section)) - {"--json", "--debug"}
    answer = shell(f"COLUMNS=200 kairflow {command} --help", ROOT)
    assert options
    assert {option for option in options if option not in answer.stdout} == set()


def command_lines() -> list[list[str]]:
    """Every command line of ours in the text's blocks of code, continued lines joined."""
    blocks = [block.partition("\n") for block in README.split("\n```")[1::2]]
    shell = [text.replace("\\\n", " ") for language, _, text in blocks if language in ("", "sh")]
    lines = [line for text in shell for line in text.splitlines()]
    found = [piece for line in lines for piece in re.findall(r"kairflow [a-z][^|&;]*", line)]
    return [shlex.split(piece, comments=True)[1:] for piece in found]


def test_every_command_line_of_the_text_can_be_given() -> None:
    verbs: Any = typer.main.get_command(app)
    lines = command_lines()
    assert {"init", "export", "lower", "compile", "deploy", "run-once", "schedule"} <= {
        line[0] for line in lines
    }
    for verb, *words in lines:
        known = {name for one in verbs.commands[verb].params for name in one.opts}
        given = {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)}
        assert given <= known, (verb, given - known)


def test_the_table_of_commands_has_every_verb() -> None:
    verbs: Any = typer.main.get_command(app)
    shown = {name for name, one in verbs.commands.items() if not one.hidden}
    assert {verb for verb in shown if f"`kairflow {verb}" not in README} == set()


def test_the_targets_of_the_text_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        for target in re.findall(r"\bmake ([a-z]+)\b", text):
            assert f"\n{target}:" in makefile
