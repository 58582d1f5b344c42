"""Which files a pipeline's Spark jobs fetch, and what stands in them."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings

from kairflow.ir.artefacts import name_artefacts
from kairflow.ir.model import Document, Engine
from kairflow.ir.spark import Archive
from kairflow.lower.spark.artefacts import spark_artefacts
from tests.ir_documents import documents, make_document, make_run_config, node, plain_text

ARCHIVE = Archive(name="shop-0123.tar.gz", sha256="ab" * 32)
DATAPROC = {"type": "dataproc", "region": "r", "artifacts_path": "gs://bucket/a/"}
SERVERLESS = {**DATAPROC, "type": "dataproc-serverless"}
CUSTOM = {"type": "custom", "operator_factory": "shop.Factory", "artifacts_path": "s3://bucket"}
KUBERNETES = {"type": "k8s", "cluster_config": {"run_script": "/home/kedro/spark_run.py"}}


def document(
    spark: dict[str, Any] | None = None,
    archive: Archive | None = ARCHIVE,
    config: dict[str, Any] | None = None,
    **source: Any,
) -> Document:
    """Two Spark groups, and a Python node between them."""
    nodes = [
        node("load", ["raw"], ["loaded"], spark=True),
        node("join", ["loaded"], ["joined"], spark=True),
        node("print", ["joined"], ["printed"]),
        node("count", ["printed"], ["counted"], spark=True),
    ]
    run_config = make_run_config(**(config or {}), **({"spark": spark} if spark else {}))
    made = make_document(nodes, run_config=run_config, **source)
    return made.model_copy(update={"archive": archive})


def constants(text: str) -> tuple[str, list[str]]:
    found = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            found[ast.unparse(target)] = ast.literal_eval(statement.value)
    return found["PROJECT_HOME"], found["ARGUMENTS"]


def runners(found: Document) -> list[tuple[str, list[str]]]:
    """Return home and arguments of each runner."""
    return [constants(one.text) for one in spark_artefacts(found) if one.name.endswith(".py")]


def test_a_cluster_fetches_a_script_and_a_runner_for_each_group() -> None:
    made = document(DATAPROC)
    script, *rest = spark_artefacts(made)
    assert script.text.startswith("#!/usr/bin/env bash")
    assert "PROJECT_HOME=/opt/shop\n" in script.text
    assert "gs://bucket/a/shop-0123.tar.gz" in script.text
    assert ARCHIVE.sha256 in script.text
    assert runners(made) == [
        ("/opt/shop", ["run", "--runner=ThreadRunner", "--nodes=load,join"]),
        ("/opt/shop", ["run", "--runner=ThreadRunner", "--nodes=count"]),
    ]
    names = name_artefacts(made)
    assert names is not None
    addresses = [script.address, *(one.address for one in rest)]
    assert addresses == [names.init_script, *names.runners.values()]
    for one in (script, *rest):
        assert one.address == f"gs://bucket/a/{one.name}"


def test_a_batch_fetches_runners_only_and_unpacks_beside_its_driver() -> None:
    made = document(SERVERLESS)
    assert [one.name[-3:] for one in spark_artefacts(made)] == [".py", ".py"]
    assert {home for home, _ in runners(made)} == {"project"}


def test_custom_operators_find_the_files_that_a_cluster_has() -> None:
    script, *rest = spark_artefacts(document(CUSTOM))
    assert "aws s3 cp" in script.text
    assert len(rest) == 2
    without = {key: value for key, value in CUSTOM.items() if key != "artifacts_path"}
    assert spark_artefacts(document(without)) == ()


@pytest.mark.parametrize("spark", [None, KUBERNETES])
def test_who_fetches_nothing_has_no_files(spark: dict[str, Any] | None) -> None:
    assert spark_artefacts(document(spark)) == ()


def test_the_script_installs_the_code_where_the_project_has_it() -> None:
    script = spark_artefacts(document(DATAPROC, source_dir="lib/code"))[0].text
    assert "KAIRFLOW_SOURCE=./lib/code\n" in script


def test_there_are_none_without_an_archive() -> None:
    assert spark_artefacts(document(DATAPROC, archive=None)) == ()


def test_scripts_of_the_user_stand_in_the_script() -> None:
    made = document({**DATAPROC, "user_init": "echo first", "user_post_init": "echo last"})
    text = spark_artefacts(made)[0].text
    assert text.index("echo first") < text.index("pip install") < text.index("echo last")


SOURCE: dict[str, Any] = {
    "env": "prod",
    "pipeline": "sales",
    "runtime_params": {"a": [1, "x, y"], "b.c": None},
}


def test_a_runner_has_all_arguments_in_their_order() -> None:
    made = document(DATAPROC, config={"conf_source": "conf.tar.gz"}, **SOURCE)
    assert runners(made)[1][1] == [
        "run",
        "--env=prod",
        "--pipeline=sales",
        "--conf-source=conf.tar.gz",
        "--runner=ThreadRunner",
        '--params=a=\n- 1\n- "x\\u002c y",b.c=null',
        "--nodes=count",
    ]


def test_parameters_are_left_to_the_run_when_it_has_a_say_in_them() -> None:
    made = document(DATAPROC, config={"macro_params": ["ds"]}, **SOURCE)
    arguments = runners(made)[0][1]
    assert arguments[:3] == ["run", "--env=prod", "--pipeline=sales"]
    assert not any(item.startswith("--params") for item in arguments)


@given(documents(plain_text()))
@settings(max_examples=40)
def test_the_same_document_gives_the_same_files_under_unequal_names(found: Document) -> None:
    made = spark_artefacts(found)
    assert made == spark_artefacts(found)
    assert len({one.address for one in made}) == len(made)
    if made:
        spark = [group for group in found.groups if group.engine is Engine.SPARK]
        assert len(made) - len(spark) in (0, 1)
