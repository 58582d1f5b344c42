"""Where the launcher of the local runtime finds the project's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from kairflow.lower.spark.programs.launcher import environment

KEDRO = '[tool.kedro]\npackage_name = "shop"\n'
PROJECTS = {
    "not named": (KEDRO, "src"),
    "named": (f'{KEDRO}source_dir = "lib/pure code"\n', "lib/pure code"),
    "in single quotes": (f"{KEDRO}  source_dir='code' # here\n", "code"),
    "the project's own folder": (f'{KEDRO}source_dir = "."\n', ""),
    "named by another tool": (f'{KEDRO}[tool.viz]\nsource_dir = "viz"\n', "src"),
    "named by a tool before": (f'[tool.viz]\nsource_dir = "viz"\n{KEDRO}', "src"),
    "a list between": (f'{KEDRO}tools = ["x"]\nsource_dir = "code"\n', "code"),
    "commented out": (f'{KEDRO}# source_dir = "code"\n', "src"),
    "no project": (None, "src"),
}


@pytest.mark.parametrize(("text", "folder"), PROJECTS.values(), ids=PROJECTS)
def test_python_looks_where_the_project_has_its_code(
    text: str | None, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert environment(tmp_path / "bin" / "submit")["PYTHONPATH"] == str(tmp_path / folder)
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    told = environment(tmp_path / "bin" / "submit")["PYTHONPATH"]
    assert told == f"{tmp_path / folder}:/theirs"
