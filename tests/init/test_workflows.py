"""The workflows: sound for GitHub, safe with names that others choose, and their scripts run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from kairflow import __version__
from kairflow.cli.app import app
from kairflow.errors import UsageError
from kairflow.init import Project, Request, workflow_texts
from tests.init.templates import ACTIONS, PROJECT

OUTPUTS = ["gs://bucket/dags", "s3://bucket/dags", "abfs://box@account/dags", "sftp://host/dags"]
NAMES = ["on-push.yml", "on-merge-to-main.yml"]
EVERY = [(output, name) for output in OUTPUTS for name in NAMES]
SECRETS = {
    "REGISTRY_USERNAME",
    "REGISTRY_PASSWORD",
    "AIRFLOW_API_TOKEN",
    "AIRFLOW_API_USERNAME",
    "AIRFLOW_API_PASSWORD",
}


def text_of(name: str, output: str = OUTPUTS[0], project: Project = PROJECT) -> str:
    return workflow_texts(replace(ACTIONS, output=output), project)[name]


def read(text: str) -> dict[str, Any]:
    """Parse a workflow; with YAML 1.1 the key `on` would be True."""
    found = yaml.load(text, yaml.BaseLoader)
    assert isinstance(found, dict)
    return found


def job_of(text: str) -> dict[str, Any]:
    (job,) = read(text)["jobs"].values()
    assert isinstance(job, dict)
    return job


def scripts_in(text: str) -> dict[str, str]:
    return {step["name"]: step["run"] for step in job_of(text)["steps"] if "run" in step}


@pytest.mark.parametrize(("output", "name"), EVERY)
def test_a_workflow_may_do_little_and_not_for_ever(output: str, name: str) -> None:
    text = text_of(name, output)
    workflow, job = read(text), job_of(text)
    assert workflow["permissions"] == {}
    rights = {"contents": "read", "actions": "read"}
    keyless = {"id-token": "write"} if output.startswith(("gs:", "s3:")) else {}
    assert job["permissions"] == {**rights, **keyless}
    assert int(job["timeout-minutes"]) <= 120
    assert workflow["concurrency"]["group"]
    assert workflow["on"].keys() == {"push"}
    assert max(map(len, text.splitlines())) <= 100
    assert "@" not in re.sub(r"uses: .*|KEDRO_CONFIG_@", "", text)


def test_when_they_run() -> None:
    push, merge = (read(text_of(name))["on"]["push"] for name in NAMES)
    assert merge == {"branches": ["main", "master"]}
    assert push == {"branches-ignore": ["main", "master", "dependabot/**"]}


@pytest.mark.parametrize(("output", "name"), EVERY)
def test_all_that_is_needed_is_said_at_the_top(output: str, name: str) -> None:
    text = text_of(name, output)
    head = text.partition("\nname:")[0]
    needed = set(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", text))
    assert needed >= SECRETS
    assert needed <= set(re.findall("[A-Z_]{4,}", head))


def test_the_schema_of_workflows_has_nothing_to_say(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}-{name}" for number, (_, name) in enumerate(EVERY)]
    for file, (output, name) in zip(files, EVERY, strict=True):
        file.write_text(text_of(name, output), encoding="utf-8")
    schema = ["--builtin-schema", "vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("name", NAMES)
def test_no_expression_stands_in_a_script(name: str) -> None:
    for script in scripts_in(text_of(name)).values():
        assert "${{" not in script


@pytest.mark.parametrize("name", NAMES)
def test_shellcheck_has_nothing_to_say_of_the_scripts(name: str, tmp_path: Path) -> None:
    program = shutil.which("shellcheck")
    assert program is not None, "shellcheck is missing: apt-get install shellcheck"
    for script in scripts_in(text_of(name)).values():
        (tmp_path / "run.sh").write_text(f"#!/bin/bash\nset -eo pipefail\n{script}", "utf-8")
        commands: list[list[str]] = [["bash", "-n"], [program, "--severity=style"]]
        for command in commands:
            answer = subprocess.run(
                [*command, str(tmp_path / "run.sh")], capture_output=True, text=True, check=False
            )
            assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", ""), script


def kairflow_lines(text: str) -> Iterator[list[str]]:
    for script in scripts_in(text).values():
        for line in script.replace("\\\n", " ").splitlines():
            if line.strip().startswith("kairflow "):
                yield shlex.split(line)


def test_every_command_line_has_options_that_exist() -> None:
    command: Any = typer.main.get_command(app)
    lines = [line for name in NAMES for line in kairflow_lines(text_of(name))]
    assert [line[1] for line in lines] == ["export", "run-once", "export", "schedule"]
    for _, verb, *arguments in lines:
        known = {name for one in command.commands[verb].params for name in one.opts}
        assert {one for one in arguments if re.match("--?[a-z]", one)} <= known


STAND_IN = """#!{python}
import json, pathlib, sys
pathlib.Path({said!r}).write_text(json.dumps(sys.argv[1:]))
"""


def run_step(text: str, step: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as GitHub does."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", scripts_in(text)[step]],
        cwd=folder,
        env={"PATH": f"{folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}", **env},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def stand_in(folder: Path, program: str) -> Path:
    """Put a program at the front of the path that only writes down what it is told."""
    said = folder / f"{program}.json"
    file = folder / "bin" / program
    file.parent.mkdir(exist_ok=True)
    file.write_text(STAND_IN.format(python=sys.executable, said=str(said)), encoding="utf-8")
    file.chmod(0o755)
    return said


JQ = """#!{python}
import functools, json, sys
option, path, file = sys.argv[1:]
assert option == "--raw-output"
print(functools.reduce(lambda value, key: value[key], path[1:].split("."), json.load(open(file))))
"""


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A folder with an IR, and with the little of jq that the scripts use."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "jq").write_text(JQ.format(python=sys.executable), encoding="utf-8")
    (tmp_path / "bin" / "jq").chmod(0o755)
    (tmp_path / "build").mkdir()
    write_ir(tmp_path / "build", "registry.example.com/team/apiary:abc")
    return tmp_path


def write_ir(folder: Path, image: str) -> None:
    config = {"image": image, "run_name": "apiary"}
    text = json.dumps({"deployment": {"run_config": config}}, indent=2)
    (folder / "ir.json").write_text(text + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("registry.example.com/team/apiary:abc", "registry.example.com"),
        ("localhost:5000/apiary:abc", "localhost:5000"),
        ("team/apiary:abc", ""),
        ("apiary:abc", ""),
        ("team/a.b/c:abc", ""),
    ],
)
def test_the_registry_is_that_of_the_image(runner: Path, image: str, registry: str) -> None:
    said = stand_in(runner, "kairflow")
    write_ir(runner / "build", image)
    output = runner / "output"
    answer = run_step(
        text_of("on-push.yml"), "Export the pipeline", runner,
        GITHUB_OUTPUT=str(output), KEDRO_CONFIG_COMMIT_ID="abc",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert output.read_text(encoding="utf-8") == f"image={image}\nregistry={registry}\n"
    assert json.loads(said.read_text(encoding="utf-8"))[0] == "export"


def test_a_variable_that_nobody_set_is_named(runner: Path) -> None:
    said = stand_in(runner, "kairflow")
    answer = run_step(
        text_of("on-push.yml"), "Export the pipeline", runner,
        KEDRO_CONFIG_COMMIT_ID="abc", KEDRO_CONFIG_REGISTRY="",
    )  # fmt: skip
    assert answer.returncode == 1
    assert answer.stdout == "::error::the variable REGISTRY of this repository is not set\n"
    assert not said.exists()


@pytest.mark.parametrize(
    ("branch", "dag_name"),
    [
        ("feature/bees", "apiary-feature-bees"),
        ("$(touch${IFS}x)`id`;\"'&", "apiary---touch--IFS-x--id-----"),
        ("żółw", "apiary----w"),
        ("a" * 250, "apiary-" + "a" * 193),
    ],
)
def test_the_name_of_a_branch_is_but_a_name(runner: Path, branch: str, dag_name: str) -> None:
    said = stand_in(runner, "kairflow")
    step = "Run the pipeline once"
    answer = run_step(text_of("on-push.yml"), step, runner, BRANCH=branch, LC_ALL="C.UTF-8")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(said.read_text(encoding="utf-8"))
    assert told == [
        "run-once", "build/ir.json", "--archive", "build/",
        "--dag-name", dag_name, "--wait", "--timeout", "60",
    ]  # fmt: skip
    assert {path.name for path in runner.iterdir()} == {"bin", "build", "kairflow.json"}


@pytest.mark.parametrize("earlier", [True, False])
def test_the_summary_shows_what_changes(runner: Path, earlier: bool) -> None:
    (runner / "bin" / "gh").write_text(
        '#!/bin/bash\n[ "$1 $2" = "run list" ] && echo 42\n' if earlier else "#!/bin/bash\nexit 1\n"
    )
    (runner / "bin" / "gh").chmod(0o755)
    if earlier:
        (runner / "main").mkdir()
        write_ir(runner / "main", "registry.example.com/team/apiary:old")
    summary = runner / "summary"
    answer = run_step(
        text_of("on-push.yml"), "Show what changes", runner,
        GITHUB_STEP_SUMMARY=str(summary), RUNNER_TEMP=str(runner),
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    shown = summary.read_text(encoding="utf-8")
    changed = '\n-      "image": "registry.example.com/team/apiary:old"'
    assert (changed in shown) is earlier
    assert ("No IR of main" in shown) is not earlier


def test_what_is_installed_is_what_the_output_needs() -> None:
    def install(output: str, project: Project = PROJECT) -> str:
        return scripts_in(text_of(NAMES[0], output, project))[
            "Install Kairflow and what the project requires"
        ]

    ours = f"=={__version__}"
    assert install(OUTPUTS[0]) == f'pip install "kairflow[kedro,gcs]{ours}" -r requirements.txt'
    assert install("s3a://b") == f'pip install "kairflow[kedro,s3]{ours}" -r requirements.txt'
    assert install(OUTPUTS[2]) == f'pip install "kairflow[kedro]{ours}" adlfs -r requirements.txt'
    bare = replace(PROJECT, requirements=None)
    assert install(OUTPUTS[3], bare) == f'pip install "kairflow[kedro]{ours}" .'


@pytest.mark.parametrize(
    ("image", "variables"),
    [
        (None, {"KEDRO_CONFIG_REGISTRY": "${{ vars.REGISTRY }}"}),
        ("registry.example.com/team/apiary", {}),
        (
            "r/${google_project_id}/${ a }:${commit_id}",
            {
                "KEDRO_CONFIG_GOOGLE_PROJECT_ID": "${{ vars.GOOGLE_PROJECT_ID }}",
                "KEDRO_CONFIG_A": "${{ vars.A }}",
            },
        ),
        ("r/${a|b}/$${c}/${globals:d}", {}),
    ],
)
def test_placeholders_become_variables(image: str | None, variables: dict[str, str]) -> None:
    request = Request("https://a", "gs://b", image, with_actions=True)
    for text in workflow_texts(request, PROJECT).values():
        commit = {"KEDRO_CONFIG_COMMIT_ID": "${{ github.sha }}"}
        assert read(text)["env"] == {**commit, **variables}


def test_a_project_within_a_repository() -> None:
    top = Path("/srv")
    for folder in ("a/b", 'it\'s: # "odd"', "null"):
        project = replace(PROJECT, root=top / folder, repository=top)
        for name in NAMES:
            text = text_of(name, project=project)
            assert read(text)["defaults"]["run"]["working-directory"] == folder
            given = [step.get("with", {}) for step in job_of(text)["steps"]]
            assert [one["path"] for one in given if "path" in one] == [f"{folder}/build/ir.json"]
            assert [one["context"] for one in given if "context" in one] == [folder]


def test_a_folder_that_github_would_compute_is_refused() -> None:
    project = replace(PROJECT, root=Path("/srv/${{ github.token }}"), repository=Path("/srv"))
    with pytest.raises(UsageError, match="found the folder"):
        workflow_texts(ACTIONS, project)
