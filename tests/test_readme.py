"""The README keeps its word: its steps are followed, and its tables name what there is."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kairflow.ir.deployment import ResourceClass, RunConfig
from kairflow.lower.airflow import support

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
    assert 'image="registry.example.com/my-project:latest"' in text
    assert "`dags/My-project.py`" in README


def test_the_same_graph_runs_as_processes(project: Path) -> None:
    found = re.search(r"^kairflow export \| kairflow lower.*--runtime local.*$", README, re.M)
    assert found is not None
    answer = shell(found[0], project)
    assert answer.returncode == 0, answer.stderr
    text = (project / "airflow" / "dags" / "My-project.py").read_text(encoding="utf-8")
    assert f'"{project}"' in text


def test_every_key_is_in_the_table_or_named_as_not_done_yet() -> None:
    table = set(re.findall(r"^\| `(?:run_config)?\.([a-z_]+)", README, re.M))
    not_lowered = {
        *("env_vars", "macro_params", "variables_params", "external_dependencies"),
        *("failure_handlers", "authentication", "versions", "secrets"),
        *("kubernetes_pod_templates", "spark"),
    }
    assert table | not_lowered == set(RunConfig.model_fields)
    assert not table & not_lowered
    source = Path(support.__file__).read_text(encoding="utf-8")
    assert all(f'"{key}"' in source for key in not_lowered - {"spark"})


def test_every_key_of_a_resource_class_is_in_the_table() -> None:
    (row,) = (line for line in README.splitlines() if line.startswith("| `.resources.<class>`"))
    assert set(re.findall(r"`([a-z_]+)`", row)) == set(ResourceClass.model_fields)


def test_the_defaults_of_the_table_are_those_of_the_models() -> None:
    config = RunConfig(image="image", namespace="ns", experiment_name="name")
    rows = dict(re.findall(r"^\| `\.([a-z_]+)`[^|]*\|[^|]*\| ([^|]+) \|$", README, re.M))
    stated = {key: text.strip("` ") for key, text in rows.items()}
    assert stated["image_pull_policy"] == config.image_pull_policy
    assert stated["startup_timeout"] == str(config.startup_timeout)
    assert stated["cron_expression"] == config.cron_expression
    assert stated["timetable"] == config.timetable
    assert stated["start_date"] == config.start_date.strftime("%Y%m%d")
    assert stated["catchup"] == str(config.catchup).lower()
    assert stated["on_finish_action"] == config.on_finish_action


@pytest.mark.parametrize("command", ["export", "lower"])
def test_every_option_of_the_text_exists(command: str) -> None:
    section = README.split("## Exporting")[1] if command == "export" else README
    section = section.split("## Lowering")[0 if command == "export" else 1].split("\n## ")[0]
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section)) - {"--json", "--debug"}
    answer = shell(f"COLUMNS=200 kairflow {command} --help", ROOT)
    assert options
    assert {option for option in options if option not in answer.stdout} == set()


def test_the_targets_of_the_text_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        for target in re.findall(r"\bmake ([a-z]+)\b", text):
            assert f"\n{target}:" in makefile
