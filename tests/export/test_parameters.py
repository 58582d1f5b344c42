"""Parameters have the values that Kedro's own context would give them, on both lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code, Severity
from kairflow.export.parameters import feed
from kairflow.ir.model import Parameter
from tests.export.tiny import (
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    nodes_file,
    warnings_of,
)

ASK_KEDRO = """
import json, sys, warnings
warnings.simplefilter("ignore")
from kedro.framework.startup import bootstrap_project
from kedro.framework.session import KedroSession
root, params, line = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
bootstrap_project(root)
keyword = "extra_params" if line == "0.19" else "runtime_params"
with KedroSession.create(root, **{keyword: params}) as session:
    context = session.load_context()
    print("ANSWER", json.dumps(context.params))
"""


def kedro_params(project: Path, runtime: dict[str, Any], line: str) -> Any:
    command = [sys.executable, "-c", ASK_KEDRO, str(project), json.dumps(runtime), line]
    environ = {"DO_NOT_TRACK": "1", "PATH": "/usr/bin:/bin", "KEDRO_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environ, cwd=project
    )
    answer = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER "))
    return json.loads(answer.removeprefix("ANSWER "))


@pytest.mark.parametrize(
    ("files", "runtime"),
    [
        ({"base": "a: {x: 1, y: [1, 2]}\nb: 1"}, {}),
        ({"base": "a: {x: 1, y: 2}"}, {"a": {"y": 3, "z": {"deep": None}}, "new": [1]}),
        ({"base": "a: {x: 1, y: 2}", "local": "b: 5"}, {"a": {"y": 3}}),
        ({"base": "a: {x: 1, y: 2}", "local": "a: {x: 5}"}, {"a": {"y": 3}}),
        ({"base": "a: 1", "local": "a: {x: 5}"}, {"a": {"y": 3}}),
        ({}, {"a": {"y": 3}, "b": "text"}),
        ({"base": "a: 1\nb: ${a}\nc: '${.a}'"}, {"a": 7}),
        ({"base": "a: 1"}, {"b": "${a}"}),
    ],
)
def test_values_are_those_of_kedros_context(
    tmp_path: Path, files: dict[str, str], runtime: dict[str, Any]
) -> None:
    from tests.export.tiny import LINE

    registry = nodes_file("node(use, 'parameters', 'one', name='n')")
    configured = {f"conf/{env}/parameters.yml": text for env, text in files.items()}
    project = make_project(tmp_path, {**registry, **configured})
    found = export(project, runtime_params=runtime).parameters["parameters"]
    expected = kedro_params(project, runtime, LINE)
    assert found == Parameter(type="object", value=expected)


def test_every_json_type_is_recorded_as_it_is(tmp_path: Path) -> None:
    document = export(copy_fixture("corners", tmp_path), pipeline="parameters")
    found = {name: (p.type, p.value) for name, p in document.parameters.items()}
    assert found["params:integer"] == ("integer", 7)
    assert found["params:real"] == ("number", 0.1)
    assert found["params:yes"] == ("boolean", True)
    assert found["params:nothing"] == ("null", None)
    assert found["params:empty_list"] == ("array", [])
    assert found["params:mapping.inner.deep"] == ("string", "treasure")
    assert found["params:strings.time"] == ("string", "10:30")
    assert found["params:mapping"][0] == "object"
    whole = found["parameters"][1]
    assert isinstance(whole, dict)
    assert whole["big"] == 9007199254740993
    assert whole["list"] == [1, "two", 3.0, None, True, ["nested", "list"], {"key": "value"}]


def test_only_what_a_node_reads_is_recorded(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, 'params:a.b', 'one', name='n')"),
        "conf/base/parameters.yml": "a: {b: 1, secret: hunter2}\nc: 2",
    }
    document = export(make_project(tmp_path, files))
    assert document.parameters == {"params:a.b": Parameter(type="integer", value=1)}


def test_a_missing_parameter_is_told_with_node_and_nearest(tmp_path: Path) -> None:
    files = {
        **nodes_file(
            "node(use, 'params:rat', 'one', name='first')",
            "node(use, ['params:rat', 'params:zzz'], 'two', name='second')",
        ),
        "conf/base/parameters.yml": "rate: 1",
    }
    found = errors_of(make_project(tmp_path, files))
    assert codes(found) == [Code.PARAMETER_MISSING] * 2
    assert found[0].where == "pipeline '__default__' > node 'first' > input 'params:rat'"
    assert found[0].hint == "did you mean 'rate'?"
    assert found[1].where == "pipeline '__default__' > node 'second' > input 'params:zzz'"
    assert "--params" in found[1].hint


def test_parameters_that_airflow_supplies_need_no_value(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, ['params:ds', 'params:region'], 'one', name='n')"),
        "conf/base/airflow-k8s.yml": """
            run_config:
              image: a
              namespace: b
              experiment_name: c
              macro_params: [ds]
              variables_params: [region]
        """,
    }
    project = make_project(tmp_path, files)
    assert warnings_of(project) == []
    assert {p.type for p in export(project).parameters.values()} == {"opaque"}


@pytest.mark.parametrize(
    "value",
    [
        "__import__('datetime').date(2024, 1, 31)",
        "float('nan')",
        "float('inf')",
        "object()",
        "b'bytes'",
        "'\\ud800'",
        "__import__('pathlib').Path('/')",
    ],
)
def test_values_that_are_no_json_are_opaque_with_a_warning(tmp_path: Path, value: str) -> None:
    settings = f"""
        CONFIG_LOADER_ARGS = {{
            "base_env": "base",
            "default_run_env": "local",
            "custom_resolvers": {{"strange": lambda: {value}}},
        }}
    """
    files = {
        **nodes_file("node(use, ['params:a', 'params:b', 'params:c'], 'one', name='n')"),
        "src/tiny/settings.py": settings,
        "conf/base/parameters.yml": "a: ${strange:}\nb: [1, '${strange:}']\nc: 1",
    }
    project = make_project(tmp_path, files)
    found = warnings_of(project)
    assert codes(found) == [Code.PARAMETER_NOT_JSON] * 2
    assert {diagnostic.severity for diagnostic in found} == {Severity.WARNING}
    parameters = export(project).parameters
    assert parameters["params:a"] == parameters["params:b"] == Parameter(type="opaque")
    assert parameters["params:c"] == Parameter(type="integer", value=1)


def test_dates_in_yaml_stay_text(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, 'params:day', 'one', name='n')"),
        "conf/base/parameters.yml": "day: 2024-01-31",
    }
    found = export(make_project(tmp_path, files)).parameters["params:day"]
    assert found == Parameter(type="string", value="2024-01-31")


def test_mappings_are_sorted_since_kedro_reads_files_in_any_order(tmp_path: Path) -> None:
    files = {
        **nodes_file("node(use, 'parameters', 'one', name='n')"),
        "conf/base/parameters.yml": "z: {b: 1}\na: 1",
        "conf/base/parameters_more.yml": "z: {a: 2}\nm: [{y: 1, x: 2}]",
    }
    found = export(make_project(tmp_path, files)).parameters["parameters"].value
    expected = {"a": 1, "m": [{"x": 2, "y": 1}], "z": {"a": 2, "b": 1}}
    assert json.dumps(found) == json.dumps(expected)


def test_a_literal_dot_in_a_name_is_a_name_like_any() -> None:
    named = feed({"a.b": 1, "c": {"d.e": {"f": 2}}}, {}, "1")
    assert named["params:a.b"] == 1
    assert named["params:c.d.e.f"] == 2
