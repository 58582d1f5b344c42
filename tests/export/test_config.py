"""`airflow-k8s.yml`: found, filled, merged softly, and every mistake told with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kairflow.errors import Code, ExportError, Severity
from kairflow.export import Request, project_address
from kairflow.ir.deployment import RunConfig
from tests.export.tiny import (
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    warnings_of,
    write,
)

BASE = "conf/base/airflow-k8s.yml"


def run_config(project: Path, **options: object) -> RunConfig:
    return export(project, **options).deployment.run_config


def project_with(folder: Path, text: str) -> Path:
    return make_project(folder, {BASE: text})


def test_the_three_required_keys_are_enough(tmp_path: Path) -> None:
    deployment = export(make_project(tmp_path)).deployment
    assert deployment.run_config.image == "registry.example.com/tiny:latest"
    assert deployment.run_config.run_name == "Tiny"
    assert deployment.run_config.startup_timeout == 600


def test_a_missing_file_is_answered_with_an_example(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / BASE).unlink()
    (found,) = errors_of(project)
    assert found.code is Code.CONFIG_MISSING
    assert found.where == BASE
    for word in ("image", "namespace", "experiment_name"):
        assert word in found.hint


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "run_config:\n", "run_config: {image: , namespace: null}\n"]
)
def test_missing_keys_are_told_all_at_once(tmp_path: Path, text: str) -> None:
    found = errors_of(project_with(tmp_path, text))
    assert codes(found) == [Code.CONFIG_REQUIRED_KEY] * 3
    assert [d.where.split(" ")[-1] for d in found] == [
        "run_config.image",
        "run_config.namespace",
        "run_config.experiment_name",
    ]


def test_an_image_on_the_command_line_need_not_be_in_the_file(tmp_path: Path) -> None:
    text = "run_config:\n  namespace: airflow\n  experiment_name: Tiny\n"
    assert run_config(project_with(tmp_path, text), image="repo/x:1").image == "repo/x:1"


def test_an_image_on_the_command_line_wins(tmp_path: Path) -> None:
    assert run_config(make_project(tmp_path), image="repo/x:1").image == "repo/x:1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("run_config:\n  image: [a\n  namespace: b\n", 3),
        ("run_config:\n\timage: a\n", 2),
        ("run_config:\n  image: a\n  image: b\n", 3),
        ("a: 1\n---\nb: 2\n", 2),
        ("run_config: *nothing\n", 1),
        ("run_config: !!python/object:os.system {}\n", 1),
        ('run_config:\n  image: "a\\0b"\n', 2),
    ],
)
def test_broken_yaml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (found,) = errors_of(project_with(tmp_path, text))
    assert found.code is Code.CONFIG_SYNTAX
    assert found.where.startswith(f"{BASE}:{line}:")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "3\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (found,) = errors_of(project_with(tmp_path, text))
    assert found.code is Code.CONFIG_SYNTAX
    assert "expected a mapping" in found.message


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / BASE).write_bytes(b"run_config: \xff\n")
    assert codes(errors_of(project)) == [Code.CONFIG_SYNTAX]


def test_both_endings_in_one_folder_are_refused(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project, {"conf/base/airflow-k8s.yaml": "run_config: {}"})
    (found,) = [d for d in errors_of(project) if d.code is Code.CONFIG_AMBIGUOUS]
    assert "airflow-k8s.yml and airflow-k8s.yaml" in found.message
    assert found.where == "conf/base"


def test_the_endings_may_differ_between_environments(tmp_path: Path) -> None:
    files = {"conf/prod/airflow-k8s.yaml": "run_config: {namespace: prod}"}
    project = make_project(tmp_path, files)
    assert run_config(project, env="prod").namespace == "prod"


@pytest.mark.parametrize("name", ["airflow-k8s.json", "airflow-k8s.yml.bak", "my-airflow-k8s.yml"])
def test_files_of_other_names_are_ignored(tmp_path: Path, name: str) -> None:
    project = make_project(tmp_path, {f"conf/base/{name}": "{run_config: {namespace: other}}"})
    assert run_config(project).namespace == "airflow"


MISTAKES = """
    hosts: https://airflow.example.com
    run_config:
      imagee: a
      image: "with space"
      namespace: Not_A_Label
      experiment_name: Tiny
      volume:
        size: much
        acces_modes: []
      resources:
        huge:
          requests: {cpu: a lot}
          limit: {}
      secrets:
        - deploy_type: env
          secret: fine
        - deploy_type: air
          secret: fine
      description: ${missing}
"""


def test_all_mistakes_are_told_at_once_with_line_and_path(tmp_path: Path) -> None:
    found = errors_of(project_with(tmp_path, MISTAKES))
    told = {(d.code, d.where) for d in found}
    assert told == {
        (Code.CONFIG_PLACEHOLDER, f"{BASE}:19: run_config.description"),
        (Code.CONFIG_UNKNOWN_KEY, f"{BASE}:1: hosts"),
        (Code.CONFIG_UNKNOWN_KEY, f"{BASE}:3: run_config.imagee"),
        (Code.CONFIG_VALUE, f"{BASE}:4: run_config.image"),
        (Code.CONFIG_VALUE, f"{BASE}:5: run_config.namespace"),
        (Code.CONFIG_VALUE, f"{BASE}:8: run_config.volume.size"),
        (Code.CONFIG_UNKNOWN_KEY, f"{BASE}:9: run_config.volume.acces_modes"),
        (Code.CONFIG_VALUE, f"{BASE}:12: run_config.resources.huge.requests.cpu"),
        (Code.CONFIG_UNKNOWN_KEY, f"{BASE}:13: run_config.resources.huge.limit"),
        (Code.CONFIG_VALUE, f"{BASE}:17: run_config.secrets[1].deploy_type"),
    }
    hints = {d.where.split(": ")[1]: d.hint for d in found}
    assert hints["run_config.imagee"] == "did you mean 'image'?"
    assert hints["hosts"] == "did you mean 'host'?"


def test_a_mistake_is_in_the_file_that_made_it(tmp_path: Path) -> None:
    files = {
        "conf/prod/airflow-k8s.yml": "run_config:\n  namespace: NO\n",
        BASE: "run_config:\n  image: a\n  namespace: b\n  volume: {sise: 1Gi}\n",
    }
    found = errors_of(make_project(tmp_path, files), env="prod")
    assert {(d.code, d.where) for d in found} == {
        (Code.CONFIG_VALUE, "conf/prod/airflow-k8s.yml:2: run_config.namespace"),
        (Code.CONFIG_UNKNOWN_KEY, f"{BASE}:4: run_config.volume.sise"),
        (Code.CONFIG_REQUIRED_KEY, f"{BASE}:1: run_config.experiment_name"),
    }


def test_mistakes_of_other_kinds_are_told_in_the_same_breath(tmp_path: Path) -> None:
    files = {BASE: "run_config: {}", "conf/base/catalog.yml": "one: 3\n"}
    found = errors_of(make_project(tmp_path, files))
    assert set(codes(found)) == {Code.CONFIG_REQUIRED_KEY, Code.CATALOG_INVALID}


def test_environments_are_merged_softly(tmp_path: Path) -> None:
    config = run_config(copy_fixture("apiary", tmp_path), env="prod")
    assert config.namespace == "apiary"
    assert config.experiment_name == "Honey harvest"
    assert config.resources["big_machine"].requests == {"cpu": "8", "memory": "16Gi"}
    assert config.resources["big_machine"].labels == {"team": "beekeepers"}
    assert config.resources["__default__"].requests["cpu"] == "250m"


def test_lists_are_replaced_when_environments_are_merged(tmp_path: Path) -> None:
    files = {
        BASE: "run_config: {image: a, namespace: b, experiment_name: c, macro_params: [ds, ts]}",
        "conf/prod/airflow-k8s.yml": "run_config: {macro_params: [run_id]}",
    }
    assert run_config(make_project(tmp_path, files), env="prod").macro_params == {"run_id": None}


def test_the_projects_own_merge_strategy_wins(tmp_path: Path) -> None:
    settings = """
        CONFIG_LOADER_ARGS = {
            "base_env": "base",
            "default_run_env": "local",
            "merge_strategy": {"airflow-k8s": "destructive"},
        }
    """
    files = {
        "src/tiny/settings.py": settings,
        "conf/prod/airflow-k8s.yml": "run_config: {image: a, namespace: b}",
    }
    (found,) = errors_of(make_project(tmp_path, files), env="prod")
    assert found.code is Code.CONFIG_REQUIRED_KEY
    assert "experiment_name" in found.message


def test_a_null_of_a_later_environment_takes_a_value_back(tmp_path: Path) -> None:
    files = {
        BASE: "run_config: {image: a, namespace: b, experiment_name: c, cron_expression: '@daily'}",
        "conf/prod/airflow-k8s.yml": "run_config: {cron_expression: null, description: null}",
    }
    assert run_config(make_project(tmp_path, files), env="prod").cron_expression is None


@pytest.mark.parametrize("key", ["startup_time", "startup_timeout"])
def test_both_spellings_of_the_startup_timeout_count(tmp_path: Path, key: str) -> None:
    text = f"run_config: {{image: a, namespace: b, experiment_name: c, {key}: 5}}"
    assert run_config(project_with(tmp_path, text)).startup_timeout == 5


def test_a_later_environment_overrides_the_other_spelling(tmp_path: Path) -> None:
    files = {
        BASE: "run_config: {image: a, namespace: b, experiment_name: c, startup_timeout: 5}",
        "conf/prod/airflow-k8s.yml": "run_config: {startup_time: 7}",
    }
    assert run_config(make_project(tmp_path, files), env="prod").startup_timeout == 7


def test_two_startup_timeouts_in_one_file_are_an_error_unless_equal(tmp_path: Path) -> None:
    text = (
        "run_config:\n  image: a\n  namespace: b\n  experiment_name: c\n"
        "  startup_timeout: 5\n  startup_time: {}\n"
    )
    (found,) = errors_of(project_with(tmp_path / "different", text.format(6)))
    assert found.code is Code.CONFIG_VALUE
    assert found.where == f"{BASE}:6: run_config.startup_time"
    assert run_config(project_with(tmp_path / "equal", text.format(5))).startup_timeout == 5


def test_placeholders_globals_and_resolvers_work_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_fixture("templated", tmp_path)
    monkeypatch.setenv("KEDRO_CONFIG_GOOGLE_PROJECT_ID", "honey")
    monkeypatch.setenv("KEDRO_CONFIG_COMMIT_ID", "abc123")
    deployment = export(project).deployment
    config = deployment.run_config
    assert config.image == "eu.gcr.io/honey/templated:abc123"
    assert config.namespace == "templated-dev"
    assert config.run_name == "templated-main"
    assert config.description == "costs ${literal}, made from main"
    assert deployment.output == "gs://honey/dags"


def test_names_without_a_value_are_told_with_file_and_key(tmp_path: Path) -> None:
    (found,) = errors_of(copy_fixture("templated", tmp_path))
    assert found.code is Code.CONFIG_PLACEHOLDER
    assert found.where == "conf/base/airflow-k8s.yaml:5: run_config.image"
    assert "google_project_id" in found.message
    assert "KEDRO_CONFIG_" in found.hint


def test_an_image_that_is_given_needs_no_names_of_its_own(tmp_path: Path) -> None:
    project = copy_fixture("templated", tmp_path)
    assert export(project, image="mine:1").deployment.run_config.image == "mine:1"


def test_runtime_parameters_and_custom_resolvers_reach_the_file(tmp_path: Path) -> None:
    settings = """
        CONFIG_LOADER_ARGS = {
            "base_env": "base",
            "default_run_env": "local",
            "custom_resolvers": {"twice": lambda text: text + text, "fail": lambda: 1 / 0},
        }
    """
    text = """
        run_config:
          image: ${twice:ab}
          namespace: ${runtime_params:where, nowhere}
          experiment_name: ${run_config.namespace}
    """
    project = make_project(tmp_path, {"src/tiny/settings.py": settings, BASE: text})
    config = run_config(project, runtime_params={"where": "here"})
    assert (config.image, config.namespace, config.experiment_name) == ("abab", "here", "here")
    assert run_config(project).namespace == "nowhere"
    write(project, {BASE: text.replace("${twice:ab}", "${fail:}")})
    (found,) = errors_of(project)
    assert found.code is Code.CONFIG_PLACEHOLDER


def test_values_of_the_environment_are_text_that_the_models_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        run_config:
          image: repo/x:${tag}
          namespace: b
          experiment_name: c
          startup_timeout: ${seconds|30}
          cron_expression: ${cron|null}
          catchup: ${catchup|true}
          volume: {size: "${size}"}
          resources: {__default__: {labels: {version: "${tag}"}}}
    """
    monkeypatch.setenv("KEDRO_CONFIG_TAG", "1.10")
    monkeypatch.setenv("KEDRO_CONFIG_SIZE", "2Gi")
    config = run_config(project_with(tmp_path, text))
    assert config.image == "repo/x:1.10"
    assert config.resources["__default__"].labels == {"version": "1.10"}
    assert (config.startup_timeout, config.cron_expression, config.catchup) == (30, None, True)
    assert config.volume.size == "2Gi"


def test_keys_that_start_with_an_underscore_only_help_yaml(tmp_path: Path) -> None:
    text = """
        _small: &small {requests: {cpu: 100m}}
        run_config:
          image: a
          namespace: b
          experiment_name: c
          resources: {tiny: *small, other: {<<: *small, labels: {a: b}}}
    """
    resources = run_config(project_with(tmp_path, text)).resources
    assert resources["tiny"].requests == resources["other"].requests == {"cpu": "100m"}


def test_extension_blocks_are_carried_through(tmp_path: Path) -> None:
    text = """
        x-team: {owner: [ada, "$${grace}"]}
        run_config: {image: a, namespace: b, experiment_name: c, x-note: 2024-01-31}
    """
    deployment = export(project_with(tmp_path, text)).deployment
    assert deployment.model_extra == {"x-team": {"owner": ["ada", "${grace}"]}}
    assert deployment.run_config.model_extra == {"x-note": "2024-01-31"}


def test_settings_for_a_node_that_is_nowhere_are_a_warning(tmp_path: Path) -> None:
    text = """
        run_config:
          image: a
          namespace: b
          experiment_name: c
          resources: {small: {}}
          nodes:
            start: {resources: small}
            duoble: {resources: small}
    """
    (found,) = warnings_of(project_with(tmp_path, text))
    assert found.code is Code.CONFIG_UNKNOWN_NODE
    assert found.severity is Severity.WARNING
    assert found.where == f"{BASE}:8: run_config.nodes.duoble"
    assert found.hint == "did you mean 'double'?"


def test_settings_for_a_node_of_another_pipeline_are_no_mistake(tmp_path: Path) -> None:
    project = copy_fixture("corners", tmp_path)
    text = (project / BASE).read_text(encoding="utf-8")
    (project / BASE).write_text(f"{text}  nodes: {{crunch: {{}}}}\n", encoding="utf-8")
    assert warnings_of(project, pipeline="whole") == []


def test_addresses_need_neither_pipelines_nor_a_valid_run_config(tmp_path: Path) -> None:
    files = {
        "src/tiny/pipeline_registry.py": "raise RuntimeError",
        BASE: "host: https://a\nrun_config: {wrong: 1}\n",
        "conf/prod/airflow-k8s.yml": "output: gs://b\n",
    }
    project = make_project(tmp_path, files)
    request, prod = Request(project=project), Request(project=project, env="prod")
    assert project_address(request, "host") == project_address(prod, "host") == "https://a"
    assert project_address(request, "output") is None
    assert project_address(prod, "output") == "gs://b"
    (project / BASE).unlink()
    assert project_address(request, "host") is None


def test_an_address_that_cannot_be_filled_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEDRO_CONFIG_TEAM", raising=False)
    files = {
        BASE: "host: https://a\noutput: gs://${team}/dags\nrun_config: {}\n",
        "conf/prod/airflow-k8s.yml": "output: gs://b\n",
        "conf/test/airflow-k8s.yml": "output: gs://${team}-test\n",
    }
    project = make_project(tmp_path, files)
    request = Request(project=project)
    assert project_address(request, "host") == "https://a"
    assert project_address(replace(request, env="prod"), "output") == "gs://b"
    for env, text in ((None, "gs://${team}/dags"), ("test", "gs://${team}-test")):
        with pytest.raises(ExportError) as caught:
            project_address(replace(request, env=env), "output")
        (found,) = caught.value.diagnostics
        assert found.code is Code.CONFIG_PLACEHOLDER
        assert text in found.message
    monkeypatch.setenv("KEDRO_CONFIG_TEAM", "bees")
    assert project_address(request, "output") == "gs://bees/dags"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        (BASE, "host: https://a\noutput: [broken\n", Code.CONFIG_SYNTAX),
        ("conf/local/airflow-k8s.yml", "host: 'b\n", Code.CONFIG_SYNTAX),
        ("conf/base/airflow-k8s.yaml", "host: https://b\n", Code.CONFIG_AMBIGUOUS),
    ],
)
def test_an_address_of_unreadable_files_is_none(
    tmp_path: Path, name: str, text: str, code: Code
) -> None:
    project = make_project(tmp_path, {BASE: "host: https://a\n", name: text})
    with pytest.raises(ExportError) as caught:
        project_address(Request(project=project), "host")
    assert [found.code for found in caught.value.diagnostics] == [code]
