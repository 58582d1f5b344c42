"""The runner: what it prints is code as a formatter leaves it, and does what a job needs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairflow.lower.spark import generic_runner_text, runner_text
from kairflow.lower.spark.programs import runner as program
from tests.export.tiny import make_project
from tests.lower.codegen.checking import lint, reformatted
from tests.strategies import hostile_text

HOSTILE = ["run", "--params=a:\n- \"x\", 'y'\n", "{{ ds }}", "\\", '"""', "${x}", "雪\x00"]
REGISTRY = """
    import json
    import os
    from pathlib import Path

    from kedro.pipeline import node, pipeline


    def tell(value):
        told = {"cwd": os.getcwd(), "mark": os.environ.get("MARK"), "value": value}
        Path("told.json").write_text(json.dumps(told))
        if value == "fail":
            raise RuntimeError("asked to fail")


    def register_pipelines():
        return {"__default__": pipeline([node(tell, "params:value", None, name="tell")])}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "src/tiny/pipeline_registry.py": REGISTRY,
        "conf/base/parameters.yml": "value: 1\n",
    }
    return make_project(tmp_path / "home" / "project", files)


def call(text: str, folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a runner with plain Python, from a folder that is not the project."""
    ambient = {k: v for k, v in os.environ.items() if not k.startswith(("KEDRO", "PROJECT"))}
    script = folder / "spark_run.py"
    script.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, script, *arguments],
        cwd=folder,
        env={**ambient, "DO_NOT_TRACK": "1", "COLUMNS": "1000", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def told(project: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((project / "told.json").read_text(encoding="utf-8"))
    return found


def constants(text: str) -> dict[str, object]:
    """Evaluate the constants at the top of a runner."""
    found: dict[str, object] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[ast.unparse(target)] = ast.literal_eval(node.value)
    return found


def test_the_text_is_as_a_formatter_and_a_linter_leave_it(tmp_path: Path) -> None:
    texts = [generic_runner_text(), runner_text(project_home="/opt/'x'", arguments=HOSTILE)]
    assert reformatted(texts, tmp_path) == []
    assert lint(texts, tmp_path, "F,I") == ""


def test_the_generic_runner_is_for_images() -> None:
    found = constants(generic_runner_text())
    assert (found["PROJECT_HOME"], found["ARGUMENTS"]) == ("/home/kedro", [])


@given(hostile_text(), st.lists(hostile_text(), max_size=4))
def test_no_text_becomes_code(home: str, arguments: list[str]) -> None:
    text = runner_text(project_home=home, arguments=arguments)
    found = constants(text)
    assert (found["PROJECT_HOME"], found["ARGUMENTS"]) == (home, arguments)
    plain = ast.parse(generic_runner_text()).body
    assert [ast.dump(node) for node in ast.parse(text).body[6:]] == [
        ast.dump(node) for node in plain[6:]
    ]


NAMES = st.from_regex("[A-Z_]+", fullmatch=True)


@given(st.dictionaries(NAMES, st.text("=- a'\"\n")), st.lists(st.text()))
def test_what_leads_as_name_and_value_is_environment(env: dict[str, str], rest: list[str]) -> None:
    arguments = ["run", *rest]
    given = [f"{name}={value}" for name, value in env.items()]
    before = dict(os.environ)
    try:
        assert program.set_environment([*given, *arguments]) == arguments
        assert {name: os.environ[name] for name in env} == env
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_it_runs_kedro_in_the_project_that_it_was_made_for(project: Path) -> None:
    text = runner_text(project_home=str(project), arguments=["run", "--params=value=2"])
    answer = call(text, project.parent, "MARK=a=b c", "--nodes=tell")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert told(project) == {"cwd": str(project), "mark": "a=b c", "value": 2}


def test_a_relative_project_is_below_the_folder_where_the_job_starts(project: Path) -> None:
    text = runner_text(project_home="project", arguments=["run"])
    answer = call(text, project.parent)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert told(project)["cwd"] == str(project)


@pytest.mark.parametrize("given", ["environment", "argument"])
def test_project_home_says_where_the_project_is(project: Path, given: str) -> None:
    env = {"PROJECT_HOME": str(project)}
    arguments = [f"PROJECT_HOME={project}"] if given == "argument" else []
    answer = call(
        generic_runner_text(),
        project.parent,
        *arguments,
        "run",
        **(env if given == "environment" else {"PROJECT_HOME": "/nowhere"}),
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert told(project)["cwd"] == str(project)


def test_parameters_of_the_run_follow_the_arguments_of_the_runner(project: Path) -> None:
    text = runner_text(project_home=str(project), arguments=["run", "--nodes=tell"])
    answer = call(text, project.parent, '--params=value="a, b"'.replace(",", "\\u002c"))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert told(project)["value"] == "a, b"


def test_without_a_project_it_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    answer = call(generic_runner_text(), tmp_path, "run", PROJECT_HOME=str(tmp_path))
    assert answer.returncode == 1
    expected = f"No Kedro project in {tmp_path}: set PROJECT_HOME to its folder."
    assert answer.stderr.strip() == expected


@pytest.mark.parametrize("version", [(), ("--dataset-version=2024-01-31T23.59.59.000Z",)])
def test_a_failing_node_gives_an_exit_code_and_a_traceback(
    project: Path, version: tuple[str, ...]
) -> None:
    text = runner_text(project_home=str(project), arguments=["run", "--params=value=fail"])
    answer = call(text, project.parent, *version)
    assert answer.returncode == 1
    assert "RuntimeError: asked to fail" in answer.stderr


@pytest.mark.parametrize("wrong", ["--nodes=nowhere", "--no-such-option"])
def test_what_kedro_refuses_fails_the_job(project: Path, wrong: str) -> None:
    text = runner_text(project_home=str(project), arguments=["run"])
    assert call(text, project.parent, wrong).returncode not in (0, None)
