"""Resource classes that inherit, parameters that are named once, and blocks that are empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export.config_rules import inherited
from kairflow.ir.deployment import RunConfig
from tests.export.tiny import errors_of, export, make_project
from tests.ir_documents import make_run_config

CONFIG = "conf/base/airflow-k8s.yml"
HEAD = "run_config:\n  image: a\n  namespace: b\n  experiment_name: c\n"
DEFAULT: dict[str, Any] = {
    "labels": {"team": "a", "tier": "1"},
    "requests": {"cpu": "1", "memory": "1Gi"},
    "tolerations": [{"key": "k"}],
    "affinity": {"podAffinity": {"a": 1}},
    "retries": 2,
    "pool": "small",
}


def filled(**own: Any) -> dict[str, Any]:
    """Return what a class that inherits has beside what is at its default."""
    classes = {"__default__": DEFAULT, "big": {"inherit": True, **own}}
    found = inherited(make_run_config(resources=classes).resources)["big"]
    return found.model_dump(mode="json", exclude_defaults=True)


def test_a_class_that_says_nothing_is_the_default() -> None:
    plain = make_run_config(resources={"a": DEFAULT}).resources["a"]
    assert filled() == plain.model_dump(mode="json", exclude_defaults=True)


def test_mappings_are_filled_key_by_key_and_the_class_wins() -> None:
    found = filled(labels={"tier": "2", "big": "yes"}, requests={"cpu": 8}, limits={"cpu": 9})
    assert found["labels"] == {"team": "a", "tier": "2", "big": "yes"}
    assert found["requests"] == {"cpu": "8", "memory": "1Gi"}
    assert found["limits"] == {"cpu": "9"}


def test_everything_else_is_the_classs_own_where_it_has_any() -> None:
    found = filled(tolerations=[], affinity={}, retries=0, pool=None)
    assert "tolerations" not in found
    assert (found["affinity"], found["retries"], found["pool"]) == ({}, 0, "small")


def test_a_class_that_does_not_inherit_stays_as_it_is() -> None:
    classes = make_run_config(resources={"__default__": DEFAULT, "big": {}}).resources
    assert inherited(classes) == classes


@pytest.mark.parametrize(
    ("zone", "found"),
    [("Europe/Berlni", "did you mean 'Europe/Berlin'?"), ("Nowhere", "no time zone is named")],
)
def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path, zone: str, found: str) -> None:
    project = make_project(tmp_path, {CONFIG: HEAD + f"  timezone: {zone}\n"})
    (error,) = errors_of(project)
    assert error.code is Code.CONFIG_VALUE
    assert found in error.message
    assert error.where == f"{CONFIG}:5: run_config.timezone"


@pytest.mark.parametrize("key", ["host", "output"])
def test_an_address_with_a_password_gets_into_no_document(tmp_path: Path, key: str) -> None:
    text = f"{key}: https://ada:hunter2@example.com/x\n{HEAD}"
    (error,) = errors_of(make_project(tmp_path, {CONFIG: text}))
    assert (error.code, error.where) == (Code.CONFIG_VALUE, f"{CONFIG}:1: {key}")
    assert "hunter2" not in str(error)


def test_a_time_zone_reaches_the_document(tmp_path: Path) -> None:
    project = make_project(tmp_path, {CONFIG: HEAD + "  timezone: America/New_York\n"})
    assert export(project).deployment.run_config.timezone == "America/New_York"


def test_an_export_writes_complete_classes(tmp_path: Path) -> None:
    text = HEAD + (
        "  resources:\n    __default__: {labels: {a: b}}\n    big: {inherit: true, retries: 1}\n"
    )
    classes = export(make_project(tmp_path, {CONFIG: text})).deployment.run_config.resources
    assert classes["big"].labels == {"a": "b"}
    assert (classes["big"].retries, classes["big"].inherit) == (1, False)


@pytest.mark.parametrize(
    ("classes", "place", "message"),
    [
        ("{big: {inherit: true}}", "big", "there is no class __default__ to inherit from"),
        ("{__default__: {inherit: yes}}", "__default__", "__default__ cannot inherit from itself"),
    ],
)
def test_who_has_nothing_to_inherit_is_told(
    tmp_path: Path, classes: str, place: str, message: str
) -> None:
    text = f"{HEAD}  resources: {classes}\n"
    (found,) = errors_of(make_project(tmp_path, {CONFIG: text}))
    assert (found.code, found.message) == (Code.CONFIG_VALUE, message)
    assert found.where == f"{CONFIG}:5: run_config.resources.{place}.inherit"


def test_a_parameter_has_one_source(tmp_path: Path) -> None:
    text = HEAD + (
        "  macro_params: [ds, {ts: null}]\n  variables_params:\n    - ts\n    - env\n    - env\n"
        "  run_params:\n    - env\n    - ds\n"
    )
    found = [
        one for one in errors_of(make_project(tmp_path, {CONFIG: text})) if "twice" in str(one)
    ]
    assert [(one.where, one.message.split(",")[1].strip()) for one in found] == [
        (f"{CONFIG}:7: run_config.variables_params[0]", "also in macro_params"),
        (f"{CONFIG}:9: run_config.variables_params[2]", "also in variables_params"),
        (f"{CONFIG}:11: run_config.run_params[0]", "also in variables_params"),
        (f"{CONFIG}:12: run_config.run_params[1]", "also in macro_params"),
    ]


def test_a_block_whose_content_is_commented_out_counts_as_none(tmp_path: Path) -> None:
    keys = [
        name
        for name, field in RunConfig.model_fields.items()
        if not field.is_required() and field.default is not None and name != "cron_expression"
    ]
    assert {"volume", "secrets", "resources", "nodes", "authentication", "env_vars"} <= {*keys}
    plain = export(make_project(tmp_path / "plain", {CONFIG: HEAD})).deployment
    text = HEAD + "".join(f"  {key}:\n  #  something: 1\n" for key in keys)
    assert export(make_project(tmp_path / "empty", {CONFIG: text})).deployment == plain


def test_an_empty_block_of_a_later_environment_takes_the_block_back(tmp_path: Path) -> None:
    files = {
        CONFIG: "run_config: {image: a, namespace: b, experiment_name: c, volume: {size: 5Gi}}",
        "conf/prod/airflow-k8s.yml": "run_config:\n  volume:\n",
    }
    found = export(make_project(tmp_path, files), env="prod").deployment
    assert found.run_config.volume.size == "1Gi"
