"""The initialisation script: bash that shells and linters take, whatever it is made of."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kairflow.lower.spark import Installation, init_script_text

HOSTILE = ("$(touch made)", "`touch made`", "a'b", 'a"b', "a b;c", "*", "-rf", "雪", "a\nb", "${x}")
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
exit ${FAIL:-0}
"""


def text(**given: Any) -> str:
    told = {
        "project_home": "/opt/orchard",
        "source_dir": "src",
        "archive": "gs://bucket/folder/orchard.tar.gz",
        "sha256": "0" * 64,
    }
    told |= {name: given.pop(name) for name in told if name in given}
    return init_script_text(Installation(**told), **given)


def bash(script: str, folder: Path, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    file = folder / "init.sh"
    file.write_text(script, encoding="utf-8")
    return subprocess.run(
        ["bash", *options, str(file)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def shellcheck(script: str, folder: Path, severity: str = "style") -> str:
    file = folder / "init.sh"
    file.write_text(script, encoding="utf-8")
    program = shutil.which("shellcheck")
    assert program is not None, "shellcheck is missing: apt-get install shellcheck"
    command: list[str | Path] = [program, f"--severity={severity}", file]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Mapping[str, str]:
    """A machine with an archive, and a Python that only writes down what it is told."""
    (tmp_path / "python").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "pyproject.toml").write_text("[build-system]\n", encoding="utf-8")
    (project / "requirements.txt").write_text("six\n", encoding="utf-8")
    with tarfile.open(tmp_path / "project.tar.gz", "w:gz") as archive:
        for file in sorted(project.iterdir()):
            archive.add(file, file.name)
    return {
        "PROJECT_HOME": "/nowhere",
        "PYTHON": str(tmp_path / "python"),
        "LOG": str(tmp_path / "log"),
    }


def local(folder: Path, **given: Any) -> str:
    """Return a script for the archive of the machine."""
    archive = folder / "project.tar.gz"
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    home = str(folder / "home")
    return text(**{"project_home": home, "archive": str(archive), "sha256": sha256, **given})


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


INSTALLED = ["python -m pip install --requirement requirements.txt", "python -m pip install ."]


@pytest.mark.parametrize("scheme", ["gs", "s3", "https", "http", "file", "hdfs", ""])
def test_shellcheck_has_nothing_to_say_of_our_parts(scheme: str, tmp_path: Path) -> None:
    archive = f"{scheme}://bucket/a.tar.gz" if scheme else "/mnt/a.tar.gz"
    script = text(archive=archive, user_init="echo before", user_post_init="echo after")
    assert shellcheck(script, tmp_path) == ""
    assert script.startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_names_are_words_to_the_shell(
    word: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    folder = tmp_path / f"in {word}"
    folder.mkdir()
    shutil.move(tmp_path / "project.tar.gz", folder)
    script = local(folder, project_home=f"{tmp_path}/home {word}")
    assert bash(script, tmp_path, "-n").stderr == ""
    # It warns of quotes within a word, and those are what is wanted here.
    assert shellcheck(script, tmp_path, "error") == ""
    answer = bash(script, tmp_path, **machine)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / f"home {word}" / "pyproject.toml").is_file()
    assert not list(tmp_path.rglob("made"))


@given(
    st.text("ab'\"$`\\ \n!*;&|<>(){}-~#\t", min_size=1), st.text(min_size=1).filter(str.isprintable)
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_one_word(tmp_path: Path, home: str, name: str) -> None:
    archive = f"gs://{name}"
    script = text(project_home=home, archive=archive)
    head = script.partition("# In a shell of its own")[0]
    tell = 'printf "%s\\0" "$PROJECT_HOME" "$KAIRFLOW_ARCHIVE"\nKAIRFLOW_INSTALLED=yes\n'
    told = bash(head + tell, tmp_path).stdout.split("\0")
    assert told == [home, archive, ""]


def test_it_unpacks_and_installs_twice_without_harm(
    tmp_path: Path, machine: Mapping[str, str]
) -> None:
    for times in (1, 2):
        answer = bash(local(tmp_path), tmp_path, **machine)
        assert answer.returncode == 0, answer.stderr
        assert log(tmp_path) == INSTALLED * times
        assert (tmp_path / "home" / "requirements.txt").is_file()


def test_an_archive_that_was_changed_is_not_unpacked(
    tmp_path: Path, machine: Mapping[str, str]
) -> None:
    answer = bash(local(tmp_path, sha256="0" * 64), tmp_path, **machine)
    assert answer.returncode == 1
    assert "FAILED" in answer.stdout
    assert "The project was not installed" in answer.stderr
    assert not (tmp_path / "home").exists()
    assert log(tmp_path) == []


def test_pip_that_fails_fails_the_machine(tmp_path: Path, machine: Mapping[str, str]) -> None:
    answer = bash(local(tmp_path), tmp_path, **{**machine, "FAIL": "3"})
    assert answer.returncode == 3
    assert "ended early, with exit code 3" in answer.stderr
    assert log(tmp_path) == INSTALLED[:1]


def test_the_parts_of_the_user_stand_around_ours_in_one_shell(
    tmp_path: Path, machine: Mapping[str, str]
) -> None:
    before = 'echo "before $PROJECT_HOME" >> "$LOG"\ncd /\nset +e\nfalse\necho $UNSET\nexport A=1'
    after = 'echo "after $A $PWD" >> "$LOG"'
    answer = bash(local(tmp_path, user_init=before, user_post_init=after), tmp_path, **machine)
    assert answer.returncode == 0, answer.stderr
    home = tmp_path / "home"
    assert log(tmp_path) == [f"before {home}", *INSTALLED, f"after 1 {home}"]


def test_what_the_first_part_exports_reaches_pip(
    tmp_path: Path, machine: Mapping[str, str]
) -> None:
    shown = STAND_IN.replace("$*", "$PIP_INDEX_URL")
    (tmp_path / "python").write_text(shown, encoding="utf-8")
    script = local(tmp_path, user_init="export PIP_INDEX_URL=https://index.example.com")
    assert bash(script, tmp_path, **machine).returncode == 0
    assert log(tmp_path) == ["python https://index.example.com"] * 2


def test_the_project_lies_where_the_runners_look_whatever_the_machine_says(
    tmp_path: Path, machine: Mapping[str, str]
) -> None:
    """The machine names /nowhere, and the first part yet another folder."""
    elsewhere = f"PROJECT_HOME={tmp_path}/elsewhere"
    answer = bash(local(tmp_path, user_init=elsewhere), tmp_path, **machine)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "home" / "pyproject.toml").is_file()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("source", ["code", "lib/pure code", ".", "-rf", "$(touch made)"])
def test_the_code_is_where_the_project_has_it(
    source: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    project = tmp_path / "other"
    (project / source).mkdir(parents=True)
    (project / "pyproject.toml").write_text("[tool.kedro]\n", encoding="utf-8")
    (project / source / "requirements.txt").write_text("six\n", encoding="utf-8")
    (project / source / "setup.py").write_text("", encoding="utf-8")
    with tarfile.open(tmp_path / "project.tar.gz", "w:gz") as archive:
        archive.add(project, ".")
    answer = bash(local(tmp_path, source_dir=source), tmp_path, **machine)
    assert answer.returncode == 0, answer.stderr
    told = f"python -m pip install --requirement ./{source}/requirements.txt"
    assert log(tmp_path)[-2:] == [told, f"python -m pip install ./{source}"]
    assert not list(tmp_path.rglob("made"))


ENDS_EARLY = ("exit 0", "exit 7", "set -e\nfalse", "echo 'open", "if true; then", "${NO:?}", "((")


@pytest.mark.parametrize("user_init", ENDS_EARLY)
def test_a_first_part_that_ends_the_script_is_no_success(
    user_init: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    answer = bash(local(tmp_path, user_init=user_init), tmp_path, **machine)
    assert answer.returncode == 7 if "7" in user_init else answer.returncode not in (0, 7)
    assert "The project was not installed" in answer.stderr
    assert log(tmp_path) == []


HARMLESS = (
    "cat <<END\nnever ended",
    "return 3",
    "true \\",
    "END_OF_YOURS",
    "installed=x; fetch() { :; }",
)


@pytest.mark.parametrize("user_text", HARMLESS)
def test_what_a_part_leaves_open_or_names_is_its_own_affair(
    user_text: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    script = local(tmp_path, user_init=user_text, user_post_init=f"{user_text}\ntrue")
    answer = bash(script, tmp_path, **machine)
    assert log(tmp_path) == INSTALLED, answer.stderr
    assert answer.returncode == (3 if "return" in user_text else 0)


@pytest.mark.parametrize(
    ("user_post_init", "code"), [("exit 0", 0), ("exit 4", 4), ("false", 1), ("((", 2)]
)
def test_the_second_part_has_the_last_word(
    user_post_init: str, code: int, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    answer = bash(local(tmp_path, user_post_init=user_post_init), tmp_path, **machine)
    assert answer.returncode == code
    assert "not installed" not in answer.stderr
    assert log(tmp_path) == INSTALLED


def test_user_text_stands_there_as_it_was_written(tmp_path: Path) -> None:
    written = 'cat <<"END" | sort \\\n  > /dev/null\n{{ x }} ${y} %s\nEND\n'
    assert written in text(user_init=written)


FETCHERS = {
    "gs://b/a.tar.gz": ["gcloud storage cp gs://b/a.tar.gz"],
    "s3://b/a.tar.gz": ["aws s3 cp s3://b/a.tar.gz"],
    "hdfs://b/a.tar.gz": ["hadoop fs -copyToLocal hdfs://b/a.tar.gz"],
    "abfss://c@b/a.tar.gz": ["hadoop fs -copyToLocal abfss://c@b/a.tar.gz"],
}


@pytest.mark.parametrize("address", FETCHERS)
def test_the_archive_is_fetched_with_what_knows_its_address(
    address: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    stand_ins(tmp_path, "gcloud", "gsutil", "aws", "hadoop", "curl")
    env = {**machine, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    answer = bash(text(archive=address), tmp_path, **env)
    assert answer.returncode == 1, "nothing was fetched, so the digest cannot be right"
    assert [line.rpartition(" ")[0] for line in log(tmp_path)] == FETCHERS[address]


def test_a_machine_without_gcloud_uses_gsutil(tmp_path: Path, machine: Mapping[str, str]) -> None:
    stand_ins(tmp_path, "gsutil")
    env = {**machine, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    bash(text(), tmp_path, **env)
    assert [line.split()[0] for line in log(tmp_path)] == ["gsutil"]


def stand_ins(folder: Path, *names: str) -> None:
    (folder / "bin").mkdir()
    for name in names:
        (folder / "bin" / name).write_text(STAND_IN, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)


@pytest.mark.parametrize("source", ["src", "lib/code"])
def test_a_project_that_is_no_package_is_put_on_the_path(
    source: str, tmp_path: Path, machine: Mapping[str, str]
) -> None:
    """Executors import the nodes' functions, and know nothing of the project."""
    subprocess.run(["python3", "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    project = tmp_path / "plain"
    (project / source / "orchard").mkdir(parents=True)
    (project / source / "orchard" / "__init__.py").write_text("NAME = 'orchard'\n")
    (project / "pyproject.toml").write_text("[tool.kedro]\n", encoding="utf-8")
    with tarfile.open(tmp_path / "project.tar.gz", "w:gz") as archive:
        for file in sorted(project.iterdir()):
            archive.add(file, file.name)
    script = local(tmp_path, source_dir=source)
    answer = bash(script, tmp_path, **{**machine, "PYTHON": str(python)})
    assert answer.returncode == 0, answer.stderr
    said = subprocess.check_output(
        [python, "-c", "import orchard; print(orchard.NAME)"], cwd="/", text=True
    )
    assert said == "orchard\n"
