"""The configuration that a project starts with: valid, complete, and true to what was asked."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import BaseModel

from kairflow.export.config_file import ConfigFile, parse_file
from kairflow.export.config_rules import broken_rules
from kairflow.export.interpolation import resolve
from kairflow.export.placeholders import Placeholders
from kairflow.init import Project, Request, config_text
from kairflow.ir.deployment import Deployment, NodeSettings, RunConfig
from kairflow.ir.execution import EXECUTION_KEYS
from kairflow.ir.pods import ResourceClass, Volume
from kairflow.ir.spark import SparkType
from kairflow.ir.version import CONFIG_SCHEMA_URL
from tests.init.templates import ACTIONS, EVERYTHING, PROJECT, REQUEST, TEXT, parse, spark_blocks
from tests.ir.json_schema import complaints
from tests.ir.run_configs import free_text

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas/config/airflow-k8s-1.0.json").read_text(encoding="utf-8"))


def test_what_is_written_is_minimal() -> None:
    assert parse(TEXT) == {
        "host": "https://airflow.example.com",
        "output": "gs://bucket/dags",
        "run_config": {
            "image": "apiary",
            "namespace": "airflow",
            "experiment_name": "Apiary",
            "run_name": "apiary",
        },
    }
    assert TEXT.splitlines()[0] == f"# yaml-language-server: $schema={CONFIG_SCHEMA_URL}"


def test_without_an_output_the_key_is_an_example() -> None:
    text = config_text(replace(REQUEST, output=None), PROJECT)
    assert "output" not in parse(text)
    assert "\n# output: gs://" in text


@pytest.mark.parametrize("request_", [REQUEST, ACTIONS], ids=["plain", "actions"])
def test_it_is_pleasant_to_read(request_: Request) -> None:
    text = config_text(request_, PROJECT)
    assert max(map(len, text.splitlines())) <= 100
    assert "@" not in text.replace("@daily", "").replace("@hourly", "").replace("@weekly", "")
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "\n\n\n" not in text


@pytest.mark.parametrize("tree", [parse(TEXT), *EVERYTHING])
def test_it_is_valid_for_models_schema_and_rules(tree: dict[str, Any]) -> None:
    Deployment.model_validate(tree)
    assert complaints(SCHEMA, tree) == []
    assert list(broken_rules(tree["run_config"])) == []


def test_every_kind_of_spark_has_an_alternative() -> None:
    kinds = {tree["run_config"]["spark"]["type"] for tree in EVERYTHING}
    assert kinds | {"k8s"} == set(typing.get_args(SparkType))
    assert len(spark_blocks(TEXT)) == len(kinds)
    assert "kubernetes # or k8s" in TEXT


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in typing.get_args(annotation):
        yield from models_in(one)


def keys_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield every key there is; what a task may say stands once, for all of them."""
    shared = EXECUTION_KEYS if issubclass(model, (ResourceClass, NodeSettings)) else ()
    for name, field in model.model_fields.items():
        if name not in shared:
            yield f"{path}.{name}"
            for inner in models_in(field.annotation):
                yield from keys_of(inner, f"{path}.{name}")


NAMED = (".run_config.resources", ".run_config.nodes", ".run_config.kubernetes_pod_templates")


def keys_in(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from keys_in(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}"
            yield below
            inner = item.values() if below in NAMED else [item]
            for one in inner:
                yield from keys_in(one, below)


def test_every_key_of_the_models_is_explained() -> None:
    explained = {key for tree in EVERYTHING for key in keys_in(tree)}
    wanted = set(keys_of(Deployment))
    assert len(wanted) > 120
    assert wanted - explained == set()


@pytest.mark.parametrize("model", [RunConfig, Volume])
def test_a_setting_that_is_switched_off_shows_its_default(model: type[BaseModel]) -> None:
    tree = EVERYTHING[0]["run_config"]
    shown = model.model_validate(tree if model is RunConfig else tree["volume"])
    for name, field in model.model_fields.items():
        default = field.get_default()
        if isinstance(default, (str, int)):
            assert getattr(shown, name) == default, name


NAMES = [
    "Apiary",
    "Honey: harvest # 1",
    "it's \"quoted\" \\ and 'more'",
    "two\nlines\r\nand\ttabs",
    "${registry} and $${this} and \\${that} $ {",
    "${now:} ${oc.env:HOME}",
    "żółw 蜂 🐝\u2028\u202e\x85\ufeff\x7f",
    "null",
    "yes",
    "1e3",
    "0o7",
    "2024-01-01",
    "- a",
    "{{ ds }}",
    "@image@ @host@",
    "%s {0} &a *b !c |",
    " ",
]


def experiment_that_arrives(name: str) -> str:
    """Return what an export makes of a project's name."""
    project = replace(PROJECT, name=name)
    file = parse_file("airflow-k8s.yml", config_text(REQUEST, project))
    assert isinstance(file, ConfigFile), file
    tree, faults = resolve(file, Placeholders({"KEDRO_CONFIG_REGISTRY": "wrong"}))
    assert faults == []
    read = Deployment.model_validate(tree).run_config
    assert read.run_name == project.slug
    return read.experiment_name


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_project_arrives_exactly(name: str) -> None:
    assert experiment_that_arrives(name) == name


@settings(deadline=None, max_examples=50)
@given(free_text().map(lambda text: text.replace("\0", "")).filter(bool))
def test_hostile_names_arrive_exactly(name: str) -> None:
    assert experiment_that_arrives(name) == name


def test_with_workflows_the_image_is_filled_in() -> None:
    text = config_text(ACTIONS, PROJECT)
    assert parse(text)["run_config"]["image"] == "${registry}/apiary:${commit_id}"
    assert "KEDRO_CONFIG_COMMIT_ID" in text
    assert "KEDRO_CONFIG_REGISTRY" in text
    assert "KEDRO_CONFIG_COMMIT_ID" not in TEXT


@pytest.mark.parametrize(
    ("image", "plain", "with_actions"),
    [
        ("hives", "hives", "hives:${commit_id}"),
        (
            "registry.example.com:5000/a/b",
            "registry.example.com:5000/a/b",
            "registry.example.com:5000/a/b:${commit_id}",
        ),
        ("r/${google_project_id}/a:${commit_id}",) * 3,
        ("r/a:${commit_id|latest}",) * 3,
    ],
)
def test_the_image_that_was_asked_for(image: str, plain: str, with_actions: str) -> None:
    def written(request: Request, project: Project = PROJECT) -> object:
        return parse(config_text(replace(request, image=image), project))["run_config"]["image"]

    assert written(REQUEST) == plain
    assert written(ACTIONS) == with_actions
