"""`run_params`: only names that a node reads and the IR knows; and where the IR knows them from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export import Request, export_all
from kairflow.ir.model import Parameter
from kairflow.ir.run_params import covers, find_parameter
from tests.export.tiny import errors_of, export, make_project, nodes_file
from tests.ir_documents import make_document, node

CONFIG = "conf/base/airflow-k8s.yml"
PARAMETERS = "limit: 5\nmodel: {rate: 0.1, deep: {a.b: [1]}}\nunused: 1\nday: .nan\n"


def project(folder: Path, names: str, inputs: str = '["params:limit", "params:model"]') -> Path:
    text = f"""
        run_config:
          image: a
          namespace: b
          experiment_name: c
          run_params: {names}
    """
    registry = nodes_file(f'node(use, {inputs}, "one", name="a")')
    return make_project(folder, {**registry, CONFIG: text, "conf/base/parameters.yml": PARAMETERS})


@pytest.mark.parametrize("name", ["limit", "model", "model.rate", "model.deep", "model.deep.a.b"])
def test_a_parameter_that_a_node_reads_can_be_set(tmp_path: Path, name: str) -> None:
    document = export(project(tmp_path, f"[{name}]"))
    assert document.deployment.run_config.run_params == (name,)
    assert find_parameter(document, name) is not None


def test_whoever_reads_all_parameters_reads_each(tmp_path: Path) -> None:
    root = project(tmp_path, "[unused, model.rate]", '"parameters"')
    path = root / "conf/base/parameters.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(".nan", "1"), encoding="utf-8")
    assert export(root).deployment.run_config.run_params == ("unused", "model.rate")


MISTAKES = [
    ("limti", "no parameter is named 'limti'", "did you mean 'limit'?"),
    ("model.rat", "no parameter is named 'model.rat'", "did you mean 'model.rate'?"),
    ("unused", "no node reads parameter 'unused', so to set it would change nothing", "drop it"),
]


@pytest.mark.parametrize(("name", "message", "hint"), MISTAKES)
def test_a_name_that_is_of_no_use_is_told_with_its_place(
    tmp_path: Path, name: str, message: str, hint: str
) -> None:
    (found,) = errors_of(project(tmp_path, f"[limit, {name}]"))
    assert (found.code, found.message, found.hint) == (Code.CONFIG_VALUE, message, hint)
    assert found.where == f"{CONFIG}:5: run_config.run_params[1]"


def test_a_value_that_is_no_json_cannot_be_set(tmp_path: Path) -> None:
    (found,) = errors_of(project(tmp_path, "[day]", '["params:day"]'))
    assert "is no JSON" in found.message


def test_what_only_another_pipeline_reads_is_left_out(tmp_path: Path) -> None:
    root = project(tmp_path, "[limit, model.rate]")
    registry = root / "src/tiny/pipeline_registry.py"
    text = registry.read_text(encoding="utf-8")
    text = text.replace(
        "return {", "return {'other': pipeline([node(use, 'params:limit', 'two')]),"
    )
    registry.write_text(text.replace('"params:limit", ', ""), encoding="utf-8")
    found = {
        one.document.source.pipeline: one.document.deployment.run_config.run_params
        for one in export_all(Request(project=root))
    }
    assert found == {"__default__": ("model.rate",), "other": ("limit",)}


def value_of(parameters: dict[str, Any], name: str) -> Parameter | None:
    described = {
        key: Parameter(type="object" if isinstance(value, dict) else "integer", value=value)
        for key, value in parameters.items()
    }
    nodes = [node("a", list(parameters))]
    return find_parameter(make_document(nodes, parameters=described), name)


def test_the_most_specific_value_counts() -> None:
    values = {"params:m": {"a": 1}, "params:m.a": 2, "parameters": {"m": {"a": 3}, "z": [4]}}
    assert value_of(values, "m.a") == Parameter(type="integer", value=2)
    assert value_of({"params:m": {"a": 1}}, "m.a") == Parameter(type="integer", value=1)
    assert value_of(values, "z") == Parameter(type="array", value=[4])
    assert value_of(values, "m") == Parameter(type="object", value={"a": 1})


@pytest.mark.parametrize("name", ["m.b", "n", "m.a.b", "", "m."])
def test_what_the_document_does_not_hold_is_not_found(name: str) -> None:
    assert value_of({"params:m": {"a": 1}}, name) is None


def test_a_part_of_what_is_opaque_is_opaque() -> None:
    document = make_document(
        [node("a", ["params:m"])], parameters={"params:m": Parameter(type="opaque")}
    )
    assert find_parameter(document, "m.a") == Parameter(type="opaque")


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("parameters", True),
        ("params:m", True),
        ("params:m.a", True),
        ("params:m.a.b", False),
        ("params:m.", False),
        ("params:x", False),
        ("m.a", False),
    ],
)
def test_a_dataset_covers_a_parameter(dataset: str, expected: bool) -> None:
    assert covers(dataset, "m.a") is expected
