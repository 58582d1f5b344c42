"""Environments, sources and loaders of a project's configuration."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from kairflow.errors import Code, Severity
from kairflow.ir.model import Parameter
from tests.export.tiny import (
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    nodes_file,
    warnings_of,
    write,
)

LOADER_ARGS = "CONFIG_LOADER_ARGS = {{'base_env': 'base', 'default_run_env': 'local', {}}}"


@pytest.mark.parametrize("env", ["../base", "a/b", "", "a b", "größe", "base\n", ".", "*"])
def test_an_environment_must_be_a_plain_name(tmp_path: Path, env: str) -> None:
    (found,) = errors_of(make_project(tmp_path), env=env)
    assert found.code is Code.ENVIRONMENT_NAME
    assert repr(env) in found.message


def test_an_environment_must_exist(tmp_path: Path) -> None:
    (found,) = errors_of(copy_fixture("apiary", tmp_path), env="production")
    assert found.code is Code.ENVIRONMENT_NAME
    assert found.where == "conf/production"
    assert "base, local, prod" in found.hint


def test_the_default_environment_must_exist_as_kedro_demands(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    shutil.rmtree(project / "conf" / "local")
    (found,) = errors_of(project)
    assert found.code is Code.ENVIRONMENT_NAME
    assert found.where == "conf/local"
    assert ".gitkeep" in found.hint
    assert export(project, env="base").source.env == "base"


def test_the_environment_that_was_asked_for_is_recorded(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    document = export(project, env="prod")
    assert document.source.env == "prod"
    assert document.datasets["hives"].uri == "s3://beekeepers-register/hives.csv"
    assert document.datasets["hives"].credentials == ("beekeepers_s3",)
    assert export(project).source.env is None


def test_the_variable_kedro_env_is_the_callers_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEDRO_ENV", "prod")
    project = copy_fixture("apiary", tmp_path)
    assert export(project).datasets["hives"].uri == "data/01_raw/hives.csv"


def test_a_configuration_elsewhere_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "project")
    (project / "conf").rename(tmp_path / "settings")
    assert len(export(project, conf_source=str(tmp_path / "settings")).nodes) == 2
    monkeypatch.chdir(tmp_path)
    assert len(export(project, conf_source="settings").nodes) == 2


def test_the_projects_own_conf_source_is_read(tmp_path: Path) -> None:
    project = make_project(tmp_path, {"src/tiny/settings.py": "CONF_SOURCE = 'settings'"})
    (project / "conf").rename(project / "settings")
    assert len(export(project).nodes) == 2


@pytest.mark.parametrize("kind", ["gztar", "zip"])
def test_an_archive_of_the_configuration_is_read(tmp_path: Path, kind: str) -> None:
    project = make_project(tmp_path / "project", {"conf/local/parameters.yml": "a: 1"})
    archive = shutil.make_archive(str(tmp_path / "conf-tiny"), kind, project, "conf")
    expected = export(project)
    shutil.rmtree(project / "conf")
    assert export(project, conf_source=archive) == expected
    found = warnings_of(project, conf_source=archive)
    assert codes(found) == [Code.LOCAL_CONFIG_USED]


def test_an_archive_without_the_environment_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with zipfile.ZipFile(tmp_path / "conf.zip", "w") as archive:
        archive.write(project / "conf" / "base" / "catalog.yml", "conf/base/catalog.yml")
    found = errors_of(project, conf_source=str(tmp_path / "conf.zip"))
    assert Code.CONFIG_LOADER in codes(found)


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    (found,) = errors_of(make_project(tmp_path), conf_source=str(tmp_path / "nowhere"))
    assert found.code is Code.CONFIG_LOADER
    assert found.where == "nowhere"
    assert "--conf-source" in found.hint


@pytest.mark.parametrize(
    ("files", "word", "hint"),
    [
        ({"conf/base/catalog.yml": "one: [a\n"}, "catalog.yml", ""),
        ({"conf/base/parameters.yml": "a: ${b}\n"}, "'b' not found", ""),
        (
            {"conf/base/catalog.yml": "one: {type: x, filepath: '${runtime_params:where}'}"},
            "where",
            "--params where=…",
        ),
        ({"conf/base/catalog.yml": "one: ${globals:nothing}"}, "nothing", ""),
        ({"conf/base/catalog_more.yml": "one: {type: MemoryDataset}"}, "one", ""),
    ],
)
def test_what_the_loader_cannot_read_is_told(
    tmp_path: Path, files: dict[str, str], word: str, hint: str
) -> None:
    (found,) = errors_of(make_project(tmp_path, files))
    assert found.code is Code.CONFIG_LOADER
    assert word in found.message
    assert hint in found.hint


def test_a_resolver_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    settings = (
        "def fail():\n    raise SystemExit('enough')\n\n"
        + LOADER_ARGS.format("'custom_resolvers': {'fail': fail}")
        + "\n"
    )
    files = {"src/tiny/settings.py": settings, "conf/base/catalog.yml": "one: ${fail:}"}
    (found,) = errors_of(make_project(tmp_path, files))
    assert found.code is Code.CONFIG_LOADER
    assert "enough" in found.message
    assert found.where == "src/tiny/settings.py:2"


def test_a_loader_that_cannot_be_built_is_told(tmp_path: Path) -> None:
    files = {"src/tiny/settings.py": LOADER_ARGS.format("'surprise': 1")}
    (found,) = errors_of(make_project(tmp_path, files))
    assert found.code is Code.CONFIG_LOADER
    assert "surprise" in found.message


def test_a_missing_catalog_is_told_since_kedro_runs_nothing_without(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "conf" / "base" / "catalog.yml").unlink()
    (found,) = errors_of(project)
    assert found.code is Code.CONFIG_LOADER
    assert found.where == "conf/base/catalog.yml"
    write(project, {"conf/base/catalog.yml": "# nothing on disk\n"})
    assert len(export(project).nodes) == 2


def test_faults_of_several_files_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "conf/base/catalog.yml": "one: [a\n",
        "conf/base/parameters.yml": "a: ${b}\n",
        "conf/base/airflow-k8s.yml": "run_config: {}",
    }
    found = codes(errors_of(make_project(tmp_path, files)))
    assert found == [Code.CONFIG_REQUIRED_KEY] * 3 + [Code.CONFIG_LOADER] * 2


def test_a_loader_of_the_projects_own_is_used(tmp_path: Path) -> None:
    settings = """
        from kedro.config import OmegaConfigLoader

        class Loader(OmegaConfigLoader):
            def __getitem__(self, key):
                found = super().__getitem__(key)
                if key == "catalog":
                    found["one"] = {"type": "text.TextDataset", "filepath": "from/the/loader"}
                return found

        CONFIG_LOADER_CLASS = Loader
        CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
    """
    document = export(make_project(tmp_path, {"src/tiny/settings.py": settings}))
    assert document.datasets["one"].uri == "from/the/loader"


def test_credentials_are_never_read(tmp_path: Path) -> None:
    files = {
        "conf/base/credentials.yml": "this: [is: no: yaml",
        "conf/base/catalog.yml": """
            one:
              type: json.JSONDataset
              filepath: s3://bucket/one.json
              credentials: absent
            two: {type: MemoryDataset}
        """,
    }
    document = export(make_project(tmp_path, files))
    assert document.datasets["one"].credentials == ("absent",)


@pytest.mark.parametrize(
    "name",
    ["catalog.yml", "catalog_more.yml", "parameters.yml", "globals.yml", "airflow-k8s.yaml"],
)
def test_configuration_from_local_is_told(tmp_path: Path, name: str) -> None:
    project = make_project(tmp_path, {f"conf/local/{name}": "x-extra: {type: MemoryDataset}"})
    (found,) = warnings_of(project)
    assert found.code is Code.LOCAL_CONFIG_USED
    assert found.severity is Severity.WARNING
    assert found.where == "conf/local"
    assert name in found.message


@pytest.mark.parametrize(
    "name", ["credentials.yml", "notes.txt", ".hidden/catalog.yml", "spark.yml"]
)
def test_other_files_in_local_are_nothing_to_tell(tmp_path: Path, name: str) -> None:
    assert warnings_of(make_project(tmp_path, {f"conf/local/{name}": "a: 1"})) == []


def test_local_is_not_told_when_another_environment_is_read(tmp_path: Path) -> None:
    files = {"conf/local/parameters.yml": "a: 1", "conf/prod/.gitkeep": ""}
    project = make_project(tmp_path, files)
    assert warnings_of(project, env="prod") == []
    assert codes(warnings_of(project, env="local")) == [Code.LOCAL_CONFIG_USED]


def test_values_that_settings_put_into_the_environment_fill_placeholders(tmp_path: Path) -> None:
    files = {
        "src/tiny/settings.py": "import os\nos.environ['KEDRO_CONFIG_TAG'] = 'v1'",
        "conf/base/airflow-k8s.yml": """
            run_config: {image: "repo:${tag}", namespace: a, experiment_name: b}
        """,
    }
    assert export(make_project(tmp_path, files)).deployment.run_config.image == "repo:v1"
    assert "KEDRO_CONFIG_TAG" not in os.environ


def test_globals_and_runtime_parameters_reach_catalog_and_parameters(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, 'params:rate', 'one', name='n')"),
        "conf/base/globals.yml": "bucket: honey",
        "conf/base/parameters.yml": "rate: ${runtime_params:rate, 0.5}",
        "conf/base/catalog.yml": """
            one:
              type: json.JSONDataset
              filepath: s3://${globals:bucket}/${runtime_params:where, here}/one.json
        """,
    }
    project = make_project(tmp_path, files)
    document = export(project, runtime_params={"where": "there", "rate": 2})
    assert document.datasets["one"].uri == "s3://honey/there/one.json"
    assert document.parameters["params:rate"] == Parameter(type="integer", value=2)
    assert document.source.runtime_params == {"where": "there", "rate": 2}
    assert export(project).parameters["params:rate"] == Parameter(type="number", value=0.5)
