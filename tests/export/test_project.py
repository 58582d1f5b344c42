"""Opening a project: what is none, what does not import, which Kedro, which pipeline."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from kairflow.errors import Code, Severity
from kairflow.export import Request, export_pipeline, registered_pipelines
from kairflow.ir.model import Source
from tests.export.tiny import (
    KEDRO,
    LINE,
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    warnings_of,
)


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    (found,) = errors_of(tmp_path)
    assert found.code is Code.PROJECT_NOT_FOUND
    assert found.where == str(tmp_path)
    assert "--project" in found.hint


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (found,) = errors_of(tmp_path / "nowhere")
    assert found.code is Code.PROJECT_NOT_FOUND
    assert found.message == "is no folder"


@pytest.mark.parametrize(
    "text",
    [
        "[tool.kedro]\nproject_name = 'x'\n",
        "[tool.kedro]\nthis is no TOML\n",
        f"[tool.kedro]\nproject_name = 'x'\npackage_name = 'x'\nkedro_init_version = '{KEDRO}'\n"
        "surprise = 1\n",
    ],
)
def test_a_broken_section_is_told_in_kedros_words(tmp_path: Path, text: str) -> None:
    project = make_project(tmp_path, {"pyproject.toml": text})
    (found,) = errors_of(project)
    assert found.code is Code.PROJECT_NOT_FOUND
    assert found.where == "pyproject.toml"


def test_a_project_of_another_kedro_says_what_to_do(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    other = "0.18.1" if LINE == "1" else "0.18.14"
    text = (project / "pyproject.toml").read_text(encoding="utf-8").replace(KEDRO, other)
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    (found,) = errors_of(project)
    assert found.code is Code.KEDRO_UNSUPPORTED
    assert KEDRO in found.message
    assert "kedro_init_version" in found.hint


@pytest.mark.parametrize("version", ["0.18.14", "0.19.14", "2.0.0"])
def test_an_unsupported_kedro_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    (found,) = errors_of(make_project(tmp_path))
    assert found.code is Code.KEDRO_UNSUPPORTED
    assert version in found.message


def test_a_missing_kedro_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> NoReturn:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    (found,) = errors_of(make_project(tmp_path))
    assert found.code is Code.KEDRO_MISSING
    assert 'pip install "kairflow[kedro]"' in found.hint


def test_a_missing_library_is_named_with_its_place_and_a_next_step(tmp_path: Path) -> None:
    (found,) = errors_of(copy_fixture("broken_import", tmp_path))
    assert found.code is Code.PROJECT_IMPORT
    assert "ModuleNotFoundError: No module named 'a_library_that_is_not_there'" in found.message
    assert found.where == "src/broken_import/pipeline_registry.py:3"
    assert "pip install -r requirements.txt" in found.hint


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = (\n", "SyntaxError", 1),
        ("x = 0\n\ny = 1 / x\n", "ZeroDivisionError: division by zero", 3),
        ("import sys\nsys.exit('enough')\n", "SystemExit: enough", 2),
        ("def register_pipelines():\n    return {}['x']\n", "KeyError: 'x'", 2),
        ("from kedro.pipeline import node\nx = node(print, 'a', 'a')\n", "ValueError", 2),
    ],
)
def test_what_the_registry_raises_is_told_with_its_line(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    project = make_project(tmp_path, {"src/tiny/pipeline_registry.py": text})
    (found,) = errors_of(project)
    assert found.code is Code.PROJECT_IMPORT
    assert message in found.message
    assert found.where == f"src/tiny/pipeline_registry.py:{line}"


def test_what_a_function_deeper_in_the_project_raises_has_its_own_line(tmp_path: Path) -> None:
    files = {
        "src/tiny/pipeline_registry.py": "from tiny.deep import dive\ndive()\n",
        "src/tiny/deep.py": "import json\n\ndef dive():\n    json.loads('{')\n",
    }
    (found,) = errors_of(make_project(tmp_path, files))
    assert "JSONDecodeError" in found.message
    assert found.where == "src/tiny/deep.py:4"


def test_settings_that_make_no_sense_are_told(tmp_path: Path) -> None:
    project = make_project(tmp_path, {"src/tiny/settings.py": "CONFIG_LOADER_CLASS = int"})
    (found,) = errors_of(project)
    assert found.code is Code.PROJECT_IMPORT
    assert "CONFIG_LOADER_CLASS" in found.message


def test_a_package_that_is_not_there_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "src" / "tiny").rename(project / "src" / "other")
    (found,) = errors_of(project)
    assert found.code is Code.PROJECT_IMPORT
    assert "tiny" in found.message


def test_a_missing_source_folder_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "src").rename(project / "elsewhere")
    assert codes(errors_of(project)) == [Code.PROJECT_IMPORT]


def test_something_that_is_no_pipeline_is_told(tmp_path: Path) -> None:
    text = "def register_pipelines():\n    return {'__default__': None, 'other': 3}\n"
    found = errors_of(make_project(tmp_path, {"src/tiny/pipeline_registry.py": text}))
    assert [diagnostic.where for diagnostic in found] == [
        "pipeline '__default__'",
        "pipeline 'other'",
    ]
    assert "expected a Pipeline, found NoneType" in found[0].message


FOUND_BY_KEDRO = {
    "src/tiny/pipeline_registry.py": """
        from kedro.framework.project import find_pipelines

        def register_pipelines():
            pipelines = find_pipelines()
            pipelines["__default__"] = sum(pipelines.values())
            return pipelines
    """,
    "src/tiny/pipelines/__init__.py": "",
    "src/tiny/pipelines/good/__init__.py": """
        from kedro.pipeline import node, pipeline

        def create_pipeline():
            return pipeline([node(lambda: 1, None, "one", name="good")])
    """,
    "src/tiny/pipelines/bad/__init__.py": """
        import a_library_that_is_not_there
    """,
}


def test_a_pipeline_that_kedro_leaves_out_is_an_error_for_the_default_pipeline(
    tmp_path: Path,
) -> None:
    (found,) = errors_of(make_project(tmp_path, FOUND_BY_KEDRO))
    assert found.code is Code.PROJECT_IMPORT
    assert found.severity is Severity.ERROR
    assert "tiny.pipelines.bad" in found.message
    assert "No module named 'a_library_that_is_not_there'" in found.message
    assert found.where == "src/tiny/pipelines/bad/__init__.py:1"
    assert "pip install -r requirements.txt" in found.hint


TAGS = {
    "resources:huge_machines": "resources.huge_machines, or name it under "
    "run_config.nodes.<node>.resources",
    "k8s_template:gpu": "k8s_template.gpu, or name it under run_config.nodes.<node>.pod_template",
    "team:a:b": "team.a.b",
}


@pytest.mark.parametrize(("tag", "hint"), TAGS.items())
@pytest.mark.parametrize("found_by_kedro", [True, False])
def test_a_tag_with_a_colon_has_a_hint(
    tmp_path: Path, tag: str, hint: str, found_by_kedro: bool
) -> None:
    bad = f"""
        from kedro.pipeline import node, pipeline

        def create_pipeline():
            return pipeline([node(print, None, "one", name="bad", tags="{tag}")])
        register_pipelines = create_pipeline
    """
    files = (
        {**FOUND_BY_KEDRO, "src/tiny/pipelines/bad/__init__.py": bad}
        if found_by_kedro
        else {"src/tiny/pipeline_registry.py": bad}
    )
    (found,) = errors_of(make_project(tmp_path, files))
    assert found.code is Code.PROJECT_IMPORT
    assert f"'{tag}' is not a valid node tag" in found.message
    assert found.hint == f"Kedro takes no colon in a tag: write {hint}"


def test_a_pipeline_that_kedro_leaves_out_is_a_warning_for_another_one(tmp_path: Path) -> None:
    (found,) = warnings_of(make_project(tmp_path, FOUND_BY_KEDRO), pipeline="good")
    assert found.code is Code.PROJECT_IMPORT
    assert found.severity is Severity.WARNING


def test_a_pipeline_of_another_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    (found,) = errors_of(project, pipeline="forcasting")
    assert found.code is Code.PIPELINE_NOT_FOUND
    assert found.hint == "did you mean 'forecasting'?"
    (found,) = errors_of(project, pipeline="zzz")
    assert found.hint == "registered: __default__, features, forecasting, ingestion"


def test_an_empty_pipeline_is_refused(tmp_path: Path) -> None:
    (found,) = errors_of(copy_fixture("corners", tmp_path), pipeline="empty")
    assert found.code is Code.SELECTION_EMPTY
    assert found.where == "pipeline 'empty'"


def test_registered_pipelines_are_listed_in_order(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    assert registered_pipelines(project) == ("__default__", "features", "forecasting", "ingestion")


def test_the_project_is_described(tmp_path: Path) -> None:
    document = export_pipeline(Request(project=copy_fixture("apiary", tmp_path))).document
    source = document.source
    assert (source.project, source.package, source.kedro_line) == ("Apiary", "apiary", LINE)
    assert source.git is None
    assert document.producer.kedro == KEDRO


@pytest.mark.parametrize("source", [".", "code", "lib/pure code"])
def test_a_source_folder_of_another_name_is_found(tmp_path: Path, source: str) -> None:
    pyproject = f"""
        [tool.kedro]
        package_name = "tiny"
        project_name = "Tiny"
        kedro_init_version = "{KEDRO}"
        source_dir = "{source}"
    """
    project = make_project(tmp_path, {"pyproject.toml": pyproject})
    (project / source).mkdir(parents=True, exist_ok=True)
    (project / "src" / "tiny").rename(project / source / "tiny")
    document = export(project)
    assert len(document.nodes) == 2
    assert document.source.source_dir == source


def test_a_plain_source_folder_is_what_documents_say_without_it(tmp_path: Path) -> None:
    """So that the field changes the digest of those projects alone that have another one."""
    document = export(make_project(tmp_path))
    source = document.source.model_dump(exclude={"source_dir"})
    assert document.source == Source.model_validate(source)


def test_a_project_in_a_folder_with_odd_characters_is_exported(tmp_path: Path) -> None:
    project = make_project(tmp_path / "with space and größe")
    assert len(export(project).nodes) == 2


def test_python_warnings_of_the_project_are_no_errors(tmp_path: Path) -> None:
    noisy = "import warnings\nwarnings.warn('old', DeprecationWarning)\n"
    project = make_project(tmp_path, {"src/tiny/settings.py": noisy})
    assert warnings_of(project) == []
