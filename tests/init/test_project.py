"""A project as its folder shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kairflow.errors import Code, ProjectError
from kairflow.init import find_project
from tests.cli.conftest import APIARY


def project_named(folder: Path, line: str, before: str = "") -> str:
    text = (
        f'{before}[tool.kedro]\npackage_name = "p"\n{line}\n\n[tool.other]\nproject_name = "no"\n'
    )
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return find_project(folder).name


def test_the_example_project() -> None:
    found = find_project(APIARY / "src" / "apiary")
    assert (found.root, found.name, found.slug) == (APIARY, "Apiary", "apiary")
    assert found.requirements == "requirements.txt"
    assert found.repository == APIARY.parents[2]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('project_name = "Apiary"', "Apiary"),
        ("  project_name='it is \"plain\" \\n'  # so", 'it is "plain" \\n'),
        (r'project_name = "a \"b\" \\ c # d"', 'a "b" \\ c # d'),
        (r'project_name = "a\nb\tc\u0142\U0001F41D \\U0001F41D"', "a\nb\tcł🐝 \\U0001F41D"),
        (r'project_name = "a\u0000b\ud800c"', "abc"),
        (r'project_name = "bad \x escape"', r"bad \x escape"),
        ('project_name = "żółw [tool.kedro]"', "żółw [tool.kedro]"),
    ],
)
def test_names(tmp_path: Path, line: str, name: str) -> None:
    assert project_named(tmp_path, line) == name


def test_a_project_without_a_name_has_that_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "Bee hive"
    folder.mkdir()
    assert project_named(folder, "") == "Bee hive"
    assert project_named(folder, 'project_name = ""') == "Bee hive"
    assert find_project(folder).slug == "bee-hive"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Honey harvest, 2024!", "honey-harvest-2024"),
        ("--Żółw__x--", "zow-x"),
        ("a" * 150, "a" * 100),
        ("蜂", "folder"),
    ],
)
def test_slugs_are_legal_everywhere(tmp_path: Path, name: str, slug: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    project_named(folder, f'project_name = "{name}"')
    assert find_project(folder).slug == slug


def test_a_project_within_a_repository(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines" / "one"
    (folder / "src").mkdir(parents=True)
    (tmp_path / ".git").touch()  # a file, as in a worktree
    (folder / "src" / "requirements.txt").touch()
    project_named(folder, "")
    found = find_project(folder)
    assert (found.repository, found.requirements) == (tmp_path, "src/requirements.txt")


@pytest.mark.parametrize("folder", [".", "absent"])
def test_no_project(tmp_path: Path, folder: str) -> None:
    (tmp_path / "pyproject.toml").write_text("# [tool.kedro]\n", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path / folder)
    (found,) = caught.value.diagnostics
    assert found.code is Code.PROJECT_NOT_FOUND
    assert "--project" in found.hint


def test_the_home_of_nobody_is_no_project() -> None:
    with pytest.raises(ProjectError) as caught:
        find_project(Path("~nobody-has-this-name/project"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.PROJECT_NOT_FOUND, "~nobody-has-this-name/project")


def test_a_circle_of_links_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(ProjectError):
        find_project(tmp_path / "circle")
