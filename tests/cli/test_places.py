"""Where Airflow is: what was given wins, then the IR, then the project; else it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kairflow.cli.places import Configured, find_host, find_output, is_shared
from kairflow.errors import Code, ExitCode, ExportError, UsageError
from kairflow.ir.deployment import Deployment
from tests.lower.airflow.golden import document_of

PROJECTS = Path(__file__).parents[1] / "projects"
NOWHERE = Path("/nonexistent/kairflow")


def deployment(host: str | None, output: str | None) -> Deployment:
    found = document_of("minimal").deployment
    return found.model_copy(update={"host": host, "output": output})


def test_what_was_given_wins() -> None:
    places = Configured(NOWHERE, None, None, deployment("https://ir.example", "gs://ir/dags"))
    assert find_host("https://given.example/", places) == "https://given.example"
    assert find_output("s3://given/dags", places) == "s3://given/dags"


@pytest.mark.parametrize("given", [None, ""])
def test_the_ir_comes_before_the_project(given: str | None) -> None:
    places = Configured(NOWHERE, None, None, deployment("https://ir.example/", "gs://ir/dags"))
    assert find_host(given, places) == "https://ir.example"
    assert find_output(given, places) == "gs://ir/dags"


@pytest.mark.parametrize("find", [find_host, find_output])
def test_nobody_says_it(find: object) -> None:
    finder = find_host if find is find_host else find_output
    places = Configured(NOWHERE, None, None, deployment(None, None))
    with pytest.raises(UsageError) as caught:
        finder(None, places)
    assert caught.value.exit_code == ExitCode.USAGE
    (found,) = caught.value.diagnostics
    is_host = finder is find_host
    assert found.code is (Code.HOST_MISSING if is_host else Code.OUTPUT_MISSING)
    assert "no project does" in found.message
    assert ("KAIRFLOW_HOST" if is_host else "KAIRFLOW_OUTPUT") in found.hint
    assert "airflow-k8s.yml" in found.hint


@pytest.mark.parametrize(
    ("host", "given", "where"),
    [
        ("nonsense", None, "host in the IR"),
        (None, "nonsense", "--host or KAIRFLOW_HOST"),
    ],
)
def test_a_bad_address_is_told_with_who_gave_it(
    host: str | None, given: str | None, where: str
) -> None:
    with pytest.raises(UsageError) as caught:
        find_host(given, Configured(NOWHERE, None, None, deployment(host, None)))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, where)


def test_a_bad_output_is_told_with_who_gave_it() -> None:
    with pytest.raises(UsageError) as caught:
        find_output("https://bucket/dags", Configured(NOWHERE, None, None))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.ADDRESS_INVALID, "--output or KAIRFLOW_OUTPUT")


def project_with(tmp_path: Path, config: str) -> Path:
    """Write a project whose pipelines cannot be imported: nobody needs them for an address."""
    folder, conf = tmp_path / "src" / "hive", tmp_path / "conf" / "base"
    folder.mkdir(parents=True)
    conf.mkdir(parents=True)
    (tmp_path / "conf" / "local").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kedro]\npackage_name = "hive"\nproject_name = "hive"\n'
        'kedro_init_version = "1.0.0"\nsource_dir = "src"\n'
    )
    (folder / "__init__.py").write_text("")
    (folder / "settings.py").write_text("")
    (folder / "pipeline_registry.py").write_text("raise RuntimeError('who imports me?')\n")
    (conf / "airflow-k8s.yml").write_text(config)
    return tmp_path


def test_the_project_says_it_without_its_pipelines(tmp_path: Path) -> None:
    text = "host: https://project.example/airflow/\noutput: gs://project/dags\n"
    places = Configured(project_with(tmp_path, text), None, None)
    assert find_host(None, places) == "https://project.example/airflow"
    assert find_output(None, places) == "gs://project/dags"


@pytest.mark.parametrize(
    ("address", "host", "shared"),
    [
        ("/srv/dags", "http://localhost:8080", True),
        ("file:///srv/dags", "http://127.0.0.1:8080", True),
        ("/srv/dags", "https://airflow.example", False),
        ("gs://bucket/dags", "http://localhost:8080", False),
    ],
)
def test_airflow_reads_the_very_folder_on_this_machine_alone(
    address: str, host: str, shared: bool
) -> None:
    assert is_shared(address, host) is shared


def test_what_stands_in_the_way_of_the_projects_address_is_told(tmp_path: Path) -> None:
    """An address that is taken as it stands would name another folder."""
    text = "output: /srv/${a-name-that-nothing-has}/dags\n"
    places = Configured(project_with(tmp_path, text), None, None)
    with pytest.raises(ExportError) as caught:
        find_output(None, places)
    (found,) = caught.value.diagnostics
    assert found.code is Code.CONFIG_PLACEHOLDER
    assert "conf/base/airflow-k8s.yml" in found.where
    assert find_output("/srv/bees/dags", places) == "/srv/bees/dags"
