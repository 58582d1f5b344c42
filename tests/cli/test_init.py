"""`kairflow init` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import APIARY, ROOT, Run
from tests.cli.driver import Driver

BARE = ROOT / ".venvs" / "bare" / "bin" / "python"
HOST = "https://airflow.example.com"
Init = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example project, as it was before it had a configuration."""
    folder = tmp_path / "apiary"
    ignored = shutil.ignore_patterns("airflow-k8s.yml", "__pycache__")
    shutil.copytree(APIARY, folder, ignore=ignored)
    return folder


@pytest.fixture
def init(project: Path, loaded: Driver) -> Init:
    """Return a function that runs `kairflow init` in the project."""

    def run(*arguments: str | Path, cwd: Path = project) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("KEDRO")}
        return loaded.run(["init", *map(str, arguments)], env, cwd=cwd)

    return run


def config_of(project: Path) -> Path:
    return project / "conf" / "base" / "airflow-k8s.yml"


def files_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8", errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and ".git/" not in str(path)
    }


def test_what_is_written_can_be_exported(init: Init, kairflow: Run, project: Path) -> None:
    answer = init(f"{HOST}/", "--output", "gs://bucket/dags")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""
    assert f"wrote {config_of(project)}" in answer.stderr
    assert "kairflow compile" in answer.stderr
    assert "AIRFLOW_API_TOKEN" in answer.stderr
    exported = kairflow("export", "--project", project)
    assert exported.returncode == 0, exported.stderr
    deployment = json.loads(exported.stdout)["deployment"]
    assert (deployment["host"], deployment["output"]) == (HOST, "gs://bucket/dags")
    config = deployment["run_config"]
    assert (config["image"], config["run_name"]) == ("apiary", "apiary")


def test_a_hostile_name_arrives_in_the_ir(init: Init, kairflow: Run, project: Path) -> None:
    name = 'it\'s "${odd}": # {{ ds }}\n- żółw 🐝 @image@'
    pyproject = project / "pyproject.toml"
    escaped = json.dumps(name, ensure_ascii=False)
    text = pyproject.read_text(encoding="utf-8").replace('"Apiary"', escaped)
    pyproject.write_text(text, encoding="utf-8")
    assert init(HOST).returncode == 0
    exported = kairflow("export", "--project", project)
    assert exported.returncode == 0, exported.stderr
    config = json.loads(exported.stdout)["deployment"]["run_config"]
    assert config["experiment_name"] == name
    assert config["run_name"] == "it-s-odd-ds-zow-image"


def test_with_workflows_the_environment_names_the_image(
    init: Init, kairflow: Run, project: Path
) -> None:
    answer = init(HOST, "-o", "gs://bucket/dags", "--with-github-actions")
    assert answer.returncode == 0, answer.stderr
    workflows = project / ".github" / "workflows"
    for name in ("on-push.yml", "on-merge-to-main.yml"):
        assert f"wrote {workflows / name}" in answer.stderr
        assert "jobs" in yaml.safe_load((workflows / name).read_text(encoding="utf-8"))
    assert "KEDRO_CONFIG_COMMIT_ID=$(git rev-parse HEAD)" in answer.stderr
    unset = kairflow("export", "--project", project)
    assert unset.returncode == 1
    assert "KF207" in unset.stderr
    assert "set KEDRO_CONFIG_<NAME> in the environment" in unset.stderr
    env = {"KEDRO_CONFIG_COMMIT_ID": "abc", "KEDRO_CONFIG_REGISTRY": "registry.example.com/team"}
    exported = kairflow("export", "--project", project, **env)
    assert exported.returncode == 0, exported.stderr
    config = json.loads(exported.stdout)["deployment"]["run_config"]
    assert config["image"] == "registry.example.com/team/apiary:abc"


def test_workflows_lie_at_the_top_of_the_repository(init: Init, project: Path) -> None:
    (project.parent / ".git").mkdir()
    answer = init(HOST, "-o", "s3://bucket", "--with-github-actions", cwd=project / "src")
    assert answer.returncode == 0, answer.stderr
    text = (project.parent / ".github/workflows/on-push.yml").read_text(encoding="utf-8")
    assert "working-directory: apiary\n" in text
    assert config_of(project).is_file()


def test_what_is_missing_is_told(init: Init, project: Path) -> None:
    arguments = (HOST, "-o", "dags", "--with-github-actions")
    answer = init(*arguments)
    assert answer.returncode == 0
    assert "warning KF703: 'dags' is a folder of the machine" in answer.stderr
    assert "kedro-docker" in answer.stderr
    (project / "Dockerfile").touch()
    assert "kedro-docker" not in init(*arguments, "--force").stderr


def test_the_answer_for_programs(init: Init, project: Path) -> None:
    answer = init(HOST, "--json")
    assert json.loads(answer.stdout) == {
        "ok": True,
        "files": [{"file": str(config_of(project)), "changed": True}],
        "diagnostics": [],
    }
    assert answer.stderr == ""
    again = json.loads(init(HOST, "--json", "--force").stdout)
    assert again["files"][0]["changed"] is False
    refused = json.loads(init(HOST, "--json").stdout)
    assert refused["ok"] is False
    assert [found["code"] for found in refused["diagnostics"]] == ["KF603"]


def test_quiet_says_nothing(init: Init) -> None:
    answer = init(HOST, "--quiet")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["airflow-k8s.yml", "airflow-k8s.yaml"])
def test_nothing_is_overwritten_without_force(init: Init, project: Path, name: str) -> None:
    existing = config_of(project).with_name(name)
    existing.write_text("mine", encoding="utf-8")
    before = files_in(project)
    answer = init(HOST, "-o", "gs://bucket", "--with-github-actions")
    assert answer.returncode == 1
    assert f"error KF603: the file exists, and nothing was written\n  where: {existing}" in (
        answer.stderr
    )
    assert "--force" in answer.stderr
    assert files_in(project) == before
    forced = init(HOST, "--force")
    assert forced.returncode == 0, forced.stderr
    assert existing.read_text(encoding="utf-8").startswith("# yaml-language-server")
    assert len(list(existing.parent.glob("airflow-k8s.*"))) == 1


def test_every_file_in_the_way_is_named(init: Init, project: Path) -> None:
    arguments = (HOST, "-o", "gs://bucket", "--with-github-actions")
    workflow = project / ".github" / "workflows" / "on-merge-to-main.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("mine", encoding="utf-8")
    only = init(*arguments)
    assert only.stderr.count("KF603") == 1
    assert str(workflow) in only.stderr
    assert not config_of(project).exists()
    assert init(*arguments, "--force").returncode == 0
    assert init(*arguments).stderr.count("KF603") == 3


def test_a_workflow_that_is_not_asked_for_is_in_nobodys_way(init: Init, project: Path) -> None:
    workflow = project / ".github" / "workflows" / "on-push.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("mine", encoding="utf-8")
    assert init(HOST).returncode == 0
    assert workflow.read_text(encoding="utf-8") == "mine"


def test_two_spellings_of_the_file_are_for_the_user_to_settle(init: Init, project: Path) -> None:
    for ending in (".yml", ".yaml"):
        config_of(project).with_suffix(ending).write_text("mine", encoding="utf-8")
    before = files_in(project)
    answer = init(HOST, "--force")
    assert answer.returncode == 1
    assert "KF203" in answer.stderr
    assert files_in(project) == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["airflow.example.com"], "KF703"),
        (["https://me:hunter2@airflow.example.com"], "KF703"),
        ([HOST, "-o", "s3://key:hunter2@bucket"], "KF703"),
        ([HOST, "-i", "two words"], "KF511"),
        ([HOST, "--with-github-actions"], "KF701"),
        ([HOST, "-o", "gs://b", "-i", "a:1", "--with-github-actions"], "KF511"),
    ],
)
def test_mistakes_on_the_command_line(
    init: Init, project: Path, arguments: list[str], code: str
) -> None:
    before = files_in(project)
    answer = init(*arguments)
    assert answer.returncode == 2
    assert code in answer.stderr
    assert "hunter2" not in answer.stderr
    assert "Traceback" not in answer.stderr
    assert files_in(project) == before


def test_outside_a_project(init: Init, tmp_path: Path) -> None:
    answer = init(HOST, cwd=tmp_path)
    assert answer.returncode == 1
    assert "KF101" in answer.stderr
    assert "--project" in answer.stderr
    inside = init(HOST, "--project", tmp_path / "apiary" / "src", cwd=tmp_path)
    assert inside.returncode == 0, inside.stderr


def test_a_folder_that_cannot_be_written(init: Init, project: Path) -> None:
    shutil.rmtree(project / "conf")
    (project / "conf").write_text("a file", encoding="utf-8")
    answer = init(HOST)
    assert answer.returncode == 1
    assert "KF602" in answer.stderr
    assert "is a file, expected a folder" in answer.stderr


def test_it_needs_no_kedro(kairflow: Run, project: Path) -> None:
    answer = kairflow("init", HOST, "--project", project, python=str(BARE))
    assert answer.returncode == 0, answer.stderr
    assert config_of(project).is_file()


def test_help_has_examples(init: Init) -> None:
    answer = init("--help")
    assert "--with-github-actions" in answer.stdout
    assert "gs://bucket/dags" in answer.stdout


def test_what_cannot_be_written_whole_is_not_begun(init: Init, project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".github").write_text("in the way", encoding="utf-8")
    answer = init(HOST, "--output", "gs://bucket/dags", "--with-github-actions")
    assert answer.returncode == 1
    assert ".github is a file, expected a folder" in answer.stderr
    assert not config_of(project).exists()
    (project / ".github").unlink()
    assert init(HOST, "--output", "gs://bucket/dags", "--with-github-actions").returncode == 0
