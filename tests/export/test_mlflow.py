"""The MLflow server of `mlflow.yml`: found, judged, overridden, and never repeated when secret."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path

import pytest

from kairflow.errors import Code, Severity
from kairflow.export import Request, export_all
from tests.export.tiny import RUN_CONFIG, errors_of, export, make_project, warnings_of

PLUGIN = {"src/kedro_mlflow/__init__.py": "raise RuntimeError('nobody imports the plugin')"}
MLFLOW = "conf/base/mlflow.yml"
CONFIG = "conf/base/airflow-k8s.yml"
SERVER = "https://mlflow.example.com"
BARE = f"server:\n  mlflow_tracking_uri: {SERVER}\n"
NEW = BARE + "tracking:\n  experiment: {name: Tiny}\n"
OLD = f"mlflow_tracking_uri: {SERVER}\nhooks: {{node: {{}}}}\nexperiment: {{name: Tiny}}\n"


def project(
    folder: Path, mlflow: str | None = NEW, settings: str = "", plugin: bool = True
) -> Path:
    """Write a project with kedro-mlflow beside it: a package that must not be imported."""
    config = textwrap.dedent(RUN_CONFIG) + (f"  mlflow: {settings}\n" if settings else "")
    files = {CONFIG: config, **(PLUGIN if plugin else {})}
    return make_project(folder, files if mlflow is None else {**files, MLFLOW: mlflow})


def address(root: Path, **options: object) -> str | None:
    found = export(root, **options).deployment.run_config.mlflow
    return None if found is None else found.tracking_uri


@pytest.mark.parametrize("text", [NEW, OLD], ids=["current", "older"])
def test_the_address_of_both_layouts_is_found(tmp_path: Path, text: str) -> None:
    root = project(tmp_path, text)
    assert address(root) == SERVER
    assert warnings_of(root) == []


def test_without_the_file_mlflow_stays_off(tmp_path: Path) -> None:
    root = project(tmp_path, None)
    assert export(root).deployment.run_config.mlflow is None
    assert warnings_of(root) == []


@pytest.mark.skipif(
    importlib.util.find_spec("kedro_mlflow") is not None, reason="kedro-mlflow is installed"
)
def test_without_the_plugin_mlflow_stays_off_and_says_why(tmp_path: Path) -> None:
    root = project(tmp_path, plugin=False)
    assert export(root).deployment.run_config.mlflow is None
    (found,) = warnings_of(root)
    assert (found.code, found.severity) == (Code.MLFLOW_OFF, Severity.WARNING)
    assert found.where == MLFLOW
    assert "kedro-mlflow is not installed" in found.message


@pytest.mark.parametrize("plugin", [True, False])
@pytest.mark.parametrize("mlflow", [NEW, None])
def test_the_configurations_own_address_wins(
    tmp_path: Path, plugin: bool, mlflow: str | None
) -> None:
    root = project(tmp_path, mlflow, "{tracking_uri: http://own:5000}", plugin)
    assert address(root) == "http://own:5000"
    assert warnings_of(root) == []


@pytest.mark.parametrize("mlflow", [NEW, "server: {mlflow_tracking_uri: mlruns}\n", "a: [\n"])
def test_switched_off_is_off_without_a_word(tmp_path: Path, mlflow: str) -> None:
    root = project(tmp_path, mlflow, "{disabled: true}")
    assert export(root).deployment.run_config.mlflow is None
    assert warnings_of(root) == []


@pytest.mark.parametrize(
    "uri", ["mlruns", "sqlite:///secret.db", "databricks", "null", "''", "file:/a", "5"]
)
def test_another_kind_of_address_leaves_mlflow_to_the_nodes(tmp_path: Path, uri: str) -> None:
    root = project(tmp_path, f"ui: {{}}\nserver:\n  mlflow_tracking_uri: {uri}\n")
    assert export(root).deployment.run_config.mlflow is None
    (found,) = warnings_of(root)
    assert found.code is Code.MLFLOW_OFF
    assert found.where == f"{MLFLOW}:3: server.mlflow_tracking_uri"
    assert "on their own" in found.message
    assert "secret" not in found.message


def test_a_password_in_the_address_is_an_error_that_does_not_repeat_it(tmp_path: Path) -> None:
    root = project(tmp_path, "mlflow_tracking_uri: https://me:hush@mlflow\n")
    (found,) = errors_of(root)
    assert (found.code, found.where) == (Code.CONFIG_VALUE, f"{MLFLOW}:1: mlflow_tracking_uri")
    assert "hush" not in str(found)


@pytest.mark.parametrize(
    "disabled",
    [
        "tracking: {disable_tracking: {disable_autologging: true, pipelines: [__default__]}}\n",
        "disable_tracking: {pipelines: [__default__]}\n",
    ],
)
def test_a_pipeline_that_the_plugin_leaves_alone_has_no_mlflow(
    tmp_path: Path, disabled: str
) -> None:
    assert address(project(tmp_path, BARE + disabled)) is None
    others = disabled.replace("__default__", "other")
    assert address(project(tmp_path / "other", BARE + others)) == SERVER
    own = project(tmp_path / "own", BARE + disabled, "{tracking_uri: http://own}")
    assert address(own) is None
    silent = project(tmp_path / "silent", "server: {}\n" + disabled)
    assert warnings_of(silent) == []


def test_an_address_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    (found,) = errors_of(project(tmp_path, None, "{}"))
    assert (found.code, found.where) == (Code.CONFIG_VALUE, f"{CONFIG}:5: run_config.mlflow")
    assert "tracking_uri" in found.message


def test_an_empty_block_takes_the_address_of_the_file(tmp_path: Path) -> None:
    assert address(project(tmp_path, NEW, "{}")) == SERVER


def test_the_loader_merges_and_fills_as_for_every_other_file(tmp_path: Path) -> None:
    root = project(tmp_path, "server:\n  mlflow_tracking_uri: ${globals:mlflow}\n")
    (root / "conf/base/globals.yml").write_text(f"mlflow: {SERVER}\n", encoding="utf-8")
    assert address(root) == SERVER
    (root / "conf/prod").mkdir()
    (root / "conf/prod/mlflow.yml").write_text(NEW.replace("mlflow.", "prod."), encoding="utf-8")
    assert address(root, env="prod") == "https://prod.example.com"


def test_the_resolver_of_the_plugin_is_no_obstacle(tmp_path: Path) -> None:
    text = BARE + 'tracking: {run: {name: "${km.random_name:}"}}\n'
    assert address(project(tmp_path, text)) == SERVER


def test_a_file_that_cannot_be_read_is_told_with_all_else(tmp_path: Path) -> None:
    root = project(tmp_path, "server: {mlflow_tracking_uri: '${nothing}'}\n")
    (root / "conf/base/catalog.yml").write_text("a: [\n", encoding="utf-8")
    assert [found.code for found in errors_of(root)] == [Code.CONFIG_LOADER] * 2


def test_what_lies_in_local_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, None)
    (root / "conf/local/mlflow.yml").write_text(NEW, encoding="utf-8")
    (found,) = warnings_of(root)
    assert found.code is Code.LOCAL_CONFIG_USED
    assert "mlflow.yml" in found.message


def test_a_warning_is_told_once_for_all_pipelines(tmp_path: Path) -> None:
    root = project(tmp_path, "server: {}\n")
    registry = root / "src/tiny/pipeline_registry.py"
    text = registry.read_text(encoding="utf-8")
    more = text.replace("register_pipelines", "_one") + (
        "\n\ndef register_pipelines():\n    return {**_one(), 'again': _one()['__default__']}\n"
    )
    registry.write_text(more, encoding="utf-8")
    found = export_all(Request(project=root))
    assert [[w.code for w in one.warnings] for one in found] == [[Code.MLFLOW_OFF], []]


def experiment(root: Path, **options: object) -> str | None:
    found = export(root, **options).deployment.run_config.mlflow
    assert found is not None
    return found.experiment_name


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        (BARE, "Default", f"{MLFLOW}: tracking.experiment.name"),
        (f"mlflow_tracking_uri: {SERVER}\n", "Default", f"{MLFLOW}: tracking.experiment.name"),
        (f"{BARE}tracking:\n  experiment:\n", "Default", f"{MLFLOW}:4: tracking.experiment.name"),
        (NEW.replace("Tiny", "Bees"), "Bees", f"{MLFLOW}:4: tracking.experiment.name"),
        (OLD.replace("Tiny", "Bees"), "Bees", f"{MLFLOW}:3: experiment.name"),
    ],
)
@pytest.mark.parametrize("settings", ["", f"{{tracking_uri: {SERVER}}}"])
def test_runs_are_where_the_plugin_lets_nodes_log(
    tmp_path: Path, text: str, name: str, place: str, settings: str
) -> None:
    root = project(tmp_path, text, settings)
    assert experiment(root) == name
    (found,) = warnings_of(root)
    assert (found.code, found.severity) == (Code.MLFLOW_EXPERIMENT, Severity.WARNING)
    assert found.where == place
    assert f"in the experiment '{name}', not in 'Tiny'" in found.message
    assert "mlflow.yml" in found.message
    assert ("default" in found.message) == (name == "Default")


@pytest.mark.parametrize("text", [NEW, OLD], ids=["current", "older"])
def test_an_experiment_of_the_same_name_needs_no_warning(tmp_path: Path, text: str) -> None:
    root = project(tmp_path, text)
    assert experiment(root) == "Tiny"
    assert warnings_of(root) == []


def test_the_configurations_own_experiment_wins(tmp_path: Path) -> None:
    root = project(tmp_path, BARE, "{experiment_name: Own}")
    assert experiment(root) == "Own"
    assert address(root) == SERVER
    assert warnings_of(root) == []


@pytest.mark.skipif(
    importlib.util.find_spec("kedro_mlflow") is not None, reason="kedro-mlflow is installed"
)
@pytest.mark.parametrize("text", [None, BARE])
def test_without_the_plugin_the_experiment_stays_open(tmp_path: Path, text: str | None) -> None:
    root = project(tmp_path, text, f"{{tracking_uri: {SERVER}}}", plugin=False)
    assert experiment(root) is None
    assert warnings_of(root) == []
