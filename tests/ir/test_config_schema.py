"""The schema of `airflow-k8s.yml`: it takes what the reader takes, and finds what is misspelt."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kairflow.ir.config_schema import config_schema
from kairflow.ir.deployment import Deployment
from kairflow.ir.schema import dump_schema
from kairflow.ir.version import CONFIG_SCHEMA_URL
from tests.ir.json_schema import check_schema, complaints
from tests.ir.test_deployment import REFUSED, SPELLINGS
from tests.ir.write_schemas import CONFIG
from tests.ir_documents import REQUIRED

SCHEMA = config_schema()
PROJECTS = Path(__file__).parents[1] / "projects"
DOCUMENTED = PROJECTS / "documented" / "conf" / "base" / "airflow-k8s.yml"


def read(path: Path) -> dict[str, Any]:
    """Read a file as editors do: a date is text."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    typed = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(typed) == set(loaded)
    return typed  # type: ignore[no-any-return]


def test_the_published_schema_is_that_of_the_models() -> None:
    assert CONFIG.read_text(encoding="utf-8") == dump_schema(SCHEMA), "run `make schemas`"


def test_the_schema_names_itself() -> None:
    check_schema(SCHEMA)
    assert SCHEMA["$id"] == CONFIG_SCHEMA_URL
    assert CONFIG_SCHEMA_URL.endswith(f"/schemas/config/{CONFIG.name}")


@pytest.mark.parametrize(
    "path", sorted(PROJECTS.glob("*/conf/*/airflow-k8s.y*ml")), ids=lambda path: str(path)[-50:]
)
def test_it_takes_the_files_of_every_project(path: Path) -> None:
    assert complaints(SCHEMA, read(path)) == []


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def models() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Deployment", SCHEMA
    yield from ((name, one) for name, one in SCHEMA["$defs"].items() if "properties" in one)


def test_every_documented_key_is_in_it() -> None:
    known = {key for _, model in models() for key in model["properties"]}
    documented = read(DOCUMENTED)
    blocks = {"host", "output", "run_config", *documented["run_config"]}
    for name in ("volume", "authentication", "spark"):
        blocks |= set(documented["run_config"][name])
    assert blocks <= known


def test_every_key_says_what_it_is_and_what_it_is_without() -> None:
    required = {"run_config", "image", "namespace", "experiment_name", "template"}
    required |= {"secret", "dag_id", "connection_id", "run_script"}
    for name, model in models():
        assert model["additionalProperties"] is False
        for key, field in model["properties"].items():
            assert field.get("description"), f"{name}.{key}"
            needed = key in required or key == "type" or (name, key) == ("LocalStorage", "size")
            assert "default" in field or needed, f"{name}.{key}"


def whole(key: str, value: object) -> dict[str, Any]:
    return {"run_config": {**REQUIRED, key: value}}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, value, _, _ in SPELLINGS])
def test_it_takes_every_spelling_that_the_reader_takes(key: str, value: object) -> None:
    import datetime

    text = str(value) if isinstance(value, datetime.date) else value
    assert complaints(SCHEMA, whole(key, text)) == []


LAX: list[tuple[str, object]] = [
    ("retries", "3"),
    ("catchup", "true"),
    ("startup_timeout", "${seconds|30}"),
    ("catchup", "${catchup|true}"),
    ("image_pull_policy", "${policy}"),
    ("volume", "${globals:volume}"),
    ("volume", {"size": "${size}", "owner": "${globals:owner}", "access_modes": ["${mode}"]}),
    ("resources", {"big": {"requests": {"cpu": "${cpu}", "${key}": "1"}, "tolerations": "${t}"}}),
    ("macro_params", "${globals:macros}"),
    ("kubernetes_pod_templates", {"a": {"image": "only/an:override"}}),
    ("spark", {"region": "only-an-override"}),
    ("spark", {"cluster_config": {"image": "only/an:override", "num_executors": "${n}"}}),
    ("spark", {"cluster_config": {"local_storage": {"class_name": "${class}"}}}),
    ("spark", {"cluster_config": "${globals:cluster}"}),
    ("spark", {"cluster_config": {"worker_config": {"num_instances": 2}}}),
    ("x-anything", {"a": [1, None]}),
]


@pytest.mark.parametrize(("key", "value"), LAX, ids=str)
def test_it_takes_what_is_not_filled_yet(key: str, value: object) -> None:
    assert complaints(SCHEMA, whole(key, value)) == []
    assert complaints(SCHEMA, {"run_config": {key: value}}) == [], "another file has the rest"


def test_it_takes_anchors_and_extensions_at_the_top() -> None:
    assert complaints(SCHEMA, {"_small": {"a": 1}, "x-team": [], "host": "a"}) == []


# More than a look at one value: a date that there is, two names alike, what JSON cannot spell.
BEYOND = ("secrets", "mlflow", "start_date", "x-a", "spark", "macro_params", "image_pull_secrets")


@pytest.mark.parametrize("settings", [found for found, _ in REFUSED], ids=str)
def test_it_refuses_what_the_reader_refuses(settings: dict[str, Any]) -> None:
    ((key, value),) = settings.items()
    newline = isinstance(value, str) and value.endswith("\n")  # Python's $ matches before it
    assert complaints(SCHEMA, whole(key, value)) or key in BEYOND or newline


@pytest.mark.parametrize("where", sorted(name for name, _ in models()))
def test_it_finds_a_typo_in_every_block(where: str) -> None:
    model = dict(models())[where]
    for key in model["properties"]:
        raw = {f"{key}s_": "${x}"}
        schema = {**copy.deepcopy(model), "$defs": SCHEMA["$defs"]}
        schema.pop("required", None)
        assert complaints(schema, raw) == ["$: additionalProperties"]


def test_the_reader_knows_every_key_of_the_schema() -> None:
    known = set(Deployment.model_json_schema()["$defs"]["RunConfig"]["properties"])
    assert set(SCHEMA["$defs"]["RunConfig"]["properties"]) == {*known, "startup_time"}
