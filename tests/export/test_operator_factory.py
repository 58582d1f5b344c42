"""The project's own class that writes Spark operators: found, asked by name, and never trusted."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export import Request, SparkGroup, SparkOperatorFactoryBase, export_pipeline
from kairflow.ir import Document, dump_document, read_document
from kairflow.ir.artefacts import name_artefacts
from kairflow.ir.spark import CustomOperators
from tests.export.tiny import (
    codes,
    errors_of,
    export,
    make_project,
    nodes_file,
    snapshot,
    warnings_of,
)

SPARK = "tags='kairflow.engine.spark'"
NODES = (
    "node(make, None, 'one', name='load')",
    f"node(use, 'one', 'two', name='join', {SPARK})",
    f"node(use, 'two', 'three', name='count', {SPARK})",
    "node(use, 'three', 'four', name='report')",
    f"node(use, 'four', 'five', name='rank', {SPARK})",
)
CATALOG = "".join(
    f"{name}:\n  type: pickle.PickleDataset\n  filepath: data/{name}.pkl\n"
    for name in ("one", "two", "three", "four", "five")
)
HEAD = "from kairflow.export import SparkOperatorFactoryBase\n"
DOCUMENTED = """
    from typing import Dict


    class OperatorFactory(SparkOperatorFactoryBase):
        def create_cluster_operator(
            self, project_name: str, config, init_script_path: str, cluster_config: Dict
        ) -> str:
            return f\"\"\"CreateClusterOperator("{project_name}")\"\"\"

        def delete_cluster_operator(self, project_name: str, config) -> str:
            return f\"\"\"DeleteClusterOperator("{project_name}")\"\"\"

        @property
        def imports_statement(self) -> str:
            return (
                "from test import CreateClusterOperator, DeleteClusterOperator,"
                " SubmitOperator"
            )

        def submit_operator(
            self, project_name, node, pipeline, config, main_python_file_path: str
        ):
            return f\"\"\"SubmitOperator("{project_name}", "{node.name}")\"\"\"
"""
"""The predecessor's own test factory."""

DUCK = """
    import json


    class OperatorFactory:
        imports_statement = "import shop"

        def create_cluster_operator(self, **told):
            return told_of("create", told)

        def delete_cluster_operator(self, **told):
            return told_of("delete", told)

        def submit_operator(self, **told):
            return told_of("submit", told)


    def told_of(what, told):
        node, config = told.pop("node", None), told.pop("config")
        told["region"] = config.run_config.spark.region
        if node is not None:
            told["node"] = [
                node.name, node.nodes, [one.name for one in node.task_group], node.resource_class
            ]
        return f"shop.Operator({json.dumps(told, sort_keys=True)!r})"
"""


def with_class(text: str, *, base: bool = True) -> dict[str, str]:
    return {"src/tiny/factories.py": (HEAD if base else "") + textwrap.dedent(text)}


def with_spark(path: str = "tiny.factories.OperatorFactory", **more: Any) -> dict[str, str]:
    spark = {"type": "custom", "operator_factory": path, **more}
    config = {"image": "i", "namespace": "n", "experiment_name": "Tiny", "spark": spark}
    return {"conf/base/airflow-k8s.yml": json.dumps({"run_config": config}, indent=2)}


def spark_project(root: Path, *files: Mapping[str, str]) -> Path:
    every: dict[str, str] = {**nodes_file(*NODES), "conf/base/catalog.yml": CATALOG, **with_spark()}
    for more in files:
        every |= more
    return make_project(root, every)


def written(project: Path, **options: Any) -> CustomOperators:
    operators = export(project, **options).custom_operators
    assert operators is not None
    return operators


def fault(project: Path, **options: Any) -> Diagnostic:
    (found,) = errors_of(project, **options)
    assert found.where.startswith("conf/base/airflow-k8s.yml:")
    return found


def told(text: str | None) -> dict[str, Any]:
    assert text is not None
    read: dict[str, Any] = json.loads(eval(text.removeprefix("shop.Operator")))
    return read


# What the class is asked


def test_the_predecessors_class_works(tmp_path: Path) -> None:
    assert written(spark_project(tmp_path, with_class(DOCUMENTED))) == CustomOperators(
        imports="from test import CreateClusterOperator, DeleteClusterOperator, SubmitOperator",
        create_cluster='CreateClusterOperator("Tiny")',
        delete_cluster='DeleteClusterOperator("Tiny")',
        submit={
            "join--count": 'SubmitOperator("Tiny", "join--count")',
            "rank": 'SubmitOperator("Tiny", "rank")',
        },
    )


def test_a_class_of_no_base_works_and_is_told_all_by_name(tmp_path: Path) -> None:
    spark = with_spark(region="north", cluster_config={"workers": [1, {"a": None}]})
    operators = written(spark_project(tmp_path, with_class(DUCK, base=False), spark))
    common = {"project_name": "Tiny", "region": "north"}
    assert told(operators.create_cluster) == {
        **common,
        "init_script_path": "",
        "cluster_config": {"workers": [1, {"a": None}]},
    }
    assert told(operators.delete_cluster) == common
    assert [*operators.submit] == ["join--count", "rank"]
    assert told(operators.submit["join--count"]) == {
        **common,
        "pipeline": "__default__",
        "main_python_file_path": "",
        "node": ["join--count", ["join", "count"], ["join", "count"], None],
    }


def test_the_addresses_are_those_that_are_uploaded(tmp_path: Path) -> None:
    spark = with_spark(artifacts_path="gs://bucket/jobs/")
    project = spark_project(tmp_path / "p", with_class(DUCK, base=False), spark)
    commit_all(project)
    document = export(project, archive=True)
    operators = document.custom_operators
    assert operators is not None
    files = name_artefacts(document)
    assert files is not None
    assert files.init_script.startswith("gs://bucket/jobs/tiny-")
    assert told(operators.create_cluster)["init_script_path"] == files.init_script
    for group_id, runner in files.runners.items():
        assert told(operators.submit[group_id])["main_python_file_path"] == runner
    assert len(set(files.runners.values())) == 2


def commit_all(project: Path) -> None:
    identity = {
        f"GIT_{who}_{what}": "x@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=project, env={**os.environ, **identity}, check=True)


def test_addresses_take_an_archive(tmp_path: Path) -> None:
    spark = with_spark(artifacts_path="gs://bucket/jobs")
    found = fault(spark_project(tmp_path, with_class(DUCK, base=False), spark))
    assert found.code is Code.OPERATOR_FACTORY_ARCHIVE
    assert "run_config.spark.artifacts_path" in found.where
    assert "--archive DIR, or --artifacts DIR with compile" in found.hint


def test_whoever_has_no_use_for_operators_is_not_asked_for_an_archive(tmp_path: Path) -> None:
    """The local runtime fetches nothing, and runs the groups without them."""
    spark = with_spark(artifacts_path="gs://bucket/jobs")
    project = spark_project(tmp_path, with_class(DUCK, base=False), spark)
    assert export(project, operators=False).custom_operators is None


@pytest.mark.parametrize(
    "imports",
    ["imports_statement = 'import a'", "def imports_statement(self):\n        return 'import a'"],
)
def test_the_imports_may_be_said_in_any_way(tmp_path: Path, imports: str) -> None:
    text = textwrap.dedent(DUCK).replace('imports_statement = "import shop"', imports)
    project = spark_project(tmp_path, {"src/tiny/factories.py": text})
    assert written(project).imports == "import a"


def test_the_imports_may_be_an_attribute_of_the_object(tmp_path: Path) -> None:
    init = "def __init__(self):\n        self.imports_statement = 'import a'"
    text = textwrap.dedent(DUCK).replace('imports_statement = "import shop"', init)
    assert written(spark_project(tmp_path, {"src/tiny/factories.py": text})).imports == "import a"


@pytest.mark.parametrize("nothing", ["''", "' \\n'", "None"])
def test_there_may_be_no_cluster_to_create(tmp_path: Path, nothing: str) -> None:
    text = textwrap.dedent(DUCK)
    for what in ("create", "delete"):
        text = text.replace(f'told_of("{what}", told)', nothing)
    operators = written(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert (operators.create_cluster, operators.delete_cluster) == (None, None)


def test_what_the_class_changes_reaches_nobody(tmp_path: Path) -> None:
    spoiling = """
        told["config"].run_config.spark.cluster_config["spoilt"] = True
        told.get("cluster_config", {})["spoilt"] = True
        return told_of("""
    text = textwrap.dedent(DUCK).replace("\n        return told_of(", spoiling)
    project = spark_project(
        tmp_path, {"src/tiny/factories.py": text}, with_spark(cluster_config={})
    )
    document = export(project)
    assert document.custom_operators is not None
    assert "spoilt" in (document.custom_operators.create_cluster or "")
    assert "spoilt" not in document.deployment.model_dump_json()


def test_the_texts_travel_with_the_ir(tmp_path: Path) -> None:
    document = export(spark_project(tmp_path, with_class(DOCUMENTED)))
    assert read_document(dump_document(document)) == document


def test_the_same_project_says_the_same(tmp_path: Path) -> None:
    first = export(spark_project(tmp_path / "a", with_class(DUCK, base=False)))
    second = export(spark_project(tmp_path / "b", with_class(DUCK, base=False)))
    assert dump_document(first) == dump_document(second)


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    project = spark_project(tmp_path, with_class("print('hello')\n" + textwrap.dedent(DOCUMENTED)))
    before = snapshot(project)
    export(project)
    assert snapshot(project) == before


def test_the_base_names_what_is_missing_and_says_what_is_given() -> None:
    assert SparkOperatorFactoryBase.__abstractmethods__ == {
        *("create_cluster_operator", "delete_cluster_operator", "submit_operator"),
        "imports_statement",
    }
    group = SparkGroup("a--b", ("a", "b"), "big")
    assert [one.name for one in group.task_group] == ["a", "b"]


def test_the_documented_example_works(tmp_path: Path) -> None:
    documented = SparkOperatorFactoryBase.__doc__ or ""
    example = textwrap.dedent(
        documented[documented.index("    class Op") : documented.index("    A text")]
    )
    operators = written(spark_project(tmp_path, with_class(example)))
    assert operators.create_cluster == "BashOperator(bash_command='cluster create Tiny')"
    assert operators.submit["rank"] == "BashOperator(bash_command='submit ')"


# When it is asked


def refuse_all(path: str) -> dict[str, str]:
    return {path: "raise ZeroDivisionError\n"}


def test_it_is_not_asked_without_spark_groups(tmp_path: Path) -> None:
    files = {**with_spark(), **refuse_all("src/tiny/factories.py")}
    exported = export_pipeline(Request(project=make_project(tmp_path, files)))
    assert exported.document.custom_operators is None
    assert exported.warnings == ()


def test_it_is_not_asked_by_another_type_which_is_said(tmp_path: Path) -> None:
    cluster = {"run_script": "local:///run.py"}
    spark = with_spark(type="k8s", cluster_config=cluster)
    project = spark_project(tmp_path, spark, refuse_all("src/tiny/factories.py"))
    assert export(project).custom_operators is None
    (warning,) = warnings_of(project)
    assert (warning.code, warning.severity) == (Code.OPERATOR_FACTORY_UNUSED, Severity.WARNING)
    assert "run_config.spark.operator_factory" in warning.where


# What can be wrong with it


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    project = spark_project(
        tmp_path, with_spark("tiny.factoriez.OperatorFactory"), with_class(DUCK)
    )
    found = fault(project)
    assert found.code is Code.OPERATOR_FACTORY
    assert found.message == "there is no module 'tiny.factoriez'"
    assert found.hint == "did you mean 'tiny.factories'?"
    assert "run_config.spark.operator_factory" in found.where


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    found = fault(spark_project(tmp_path, with_spark("my_project.factories.OperatorFactory")))
    assert found.message == "there is no module 'my_project'"
    assert found.hint == "the project's package is 'tiny'"


def test_a_module_is_no_package(tmp_path: Path) -> None:
    found = fault(spark_project(tmp_path, with_spark("tiny.factories.x.Y"), with_class(DUCK)))
    assert found.message == "there is no module 'tiny.factories.x'"


def test_a_class_that_is_not_there(tmp_path: Path) -> None:
    project = spark_project(
        tmp_path, with_spark("tiny.factories.OperatorFactori"), with_class(DUCK)
    )
    found = fault(project)
    assert found.message == "module 'tiny.factories' has no class 'OperatorFactori'"
    assert found.hint == "did you mean 'OperatorFactory'?"


@pytest.mark.parametrize("path", ["OperatorFactory", "", "tiny.", ".tiny.A", "a b.C", "tiny:A"])
def test_a_path_that_is_none(tmp_path: Path, path: str) -> None:
    found = fault(spark_project(tmp_path, with_spark(path), with_class(DUCK)))
    assert found.code is Code.OPERATOR_FACTORY
    assert "package.module.Class" in found.message


def test_what_is_no_class(tmp_path: Path) -> None:
    found = fault(spark_project(tmp_path, with_spark("tiny.factories.told_of"), with_class(DUCK)))
    assert found.message == "found 'tiny.factories.told_of' of type function, expected a class"


@pytest.mark.parametrize("base", ["", "(SparkOperatorFactoryBase)"])
def test_all_that_a_class_lacks_is_named(tmp_path: Path, base: str) -> None:
    text = f"class OperatorFactory{base}:\n    def submit_operator(self, **told):\n        pass\n"
    found = fault(spark_project(tmp_path, with_class(text)))
    assert found.code is Code.OPERATOR_FACTORY
    assert found.message.endswith(
        "lacks imports_statement, create_cluster_operator, delete_cluster_operator"
    )
    assert "SparkOperatorFactoryBase" in found.hint


def test_a_class_that_cannot_be_made(tmp_path: Path) -> None:
    init = "class OperatorFactory:\n    def __init__(self, more):\n        pass\n"
    text = textwrap.dedent(DUCK).replace("class OperatorFactory:\n", init)
    found = fault(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert found.code is Code.OPERATOR_FACTORY
    assert "making a OperatorFactory failed with TypeError" in found.message


def test_a_module_that_cannot_be_imported(tmp_path: Path) -> None:
    project = spark_project(tmp_path, {"src/tiny/factories.py": "import os\n1 / 0\n"})
    found = fault(project)
    assert found.code is Code.OPERATOR_FACTORY
    assert "importing 'tiny.factories' failed with ZeroDivisionError" in found.message
    assert found.message.endswith("at src/tiny/factories.py:2")


def test_a_module_that_needs_the_predecessor(tmp_path: Path) -> None:
    text = "from kedro_airflow_k8s.template_helper import SparkOperatorFactoryBase\n"
    found = fault(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert "No module named 'kedro_airflow_k8s'" in found.message
    assert "import SparkOperatorFactoryBase from kairflow.export" in found.hint


WRONG = {
    "return 1 / 0": "failed with ZeroDivisionError: division by zero, at src/tiny/factories.py:",
    "raise SystemExit(3)": "failed with SystemExit: 3, at src/tiny/factories.py:",
    "return 3": "returned int, expected text",
    "return b'bytes'": "returned bytes, expected text",
}


@pytest.mark.parametrize("body", WRONG)
def test_every_method_that_fails_is_told_of(tmp_path: Path, body: str) -> None:
    text = textwrap.dedent(DUCK)
    for what in ("create", "delete", "submit"):
        text = text.replace(f'return told_of("{what}", told)', body)
    imports = f"@property\n    def imports_statement(self):\n        {body}"
    text = text.replace('imports_statement = "import shop"', imports)
    found = errors_of(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert codes(found) == [Code.OPERATOR_FACTORY_FAILED] * 5
    for one, name in zip(
        found,
        (
            "imports_statement",
            "create_cluster_operator",
            "delete_cluster_operator",
            "submit_operator of group 'join--count'",
            "submit_operator of group 'rank'",
        ),
        strict=True,
    ):
        assert one.message.startswith(f"{name} {WRONG[body]}")


@pytest.mark.parametrize("nothing", ["''", "None"])
def test_a_group_needs_an_operator(tmp_path: Path, nothing: str) -> None:
    text = textwrap.dedent(DUCK).replace('told_of("submit", told)', nothing)
    found = errors_of(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert codes(found) == [Code.OPERATOR_FACTORY_FAILED] * 2


@pytest.mark.parametrize(("empty", "full"), [("create", "delete"), ("delete", "create")])
def test_a_cluster_is_created_and_deleted_or_neither(tmp_path: Path, empty: str, full: str) -> None:
    text = textwrap.dedent(DUCK).replace(f'told_of("{empty}", told)', "''")
    found = fault(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert found.message == (
        f"{full}_cluster_operator returned an operator and {empty}_cluster_operator none,"
        " expected both or neither"
    )


def test_a_method_of_other_arguments(tmp_path: Path) -> None:
    text = textwrap.dedent(DUCK).replace(
        "def delete_cluster_operator(self, **told)", "def delete_cluster_operator(self, name)"
    )
    found = fault(spark_project(tmp_path, {"src/tiny/factories.py": text}))
    assert "unexpected keyword argument 'project_name'" in found.message


def documents(project: Path) -> list[Document]:
    from kairflow.export import export_all

    return [one.document for one in export_all(Request(project=project))]


def test_every_pipeline_is_asked_for_by_its_name(tmp_path: Path) -> None:
    registry = nodes_file(*NODES)["src/tiny/pipeline_registry.py"]
    two = registry.replace("return {'__default__': ", "return {'etl': pipeline([]), 'b': ").replace(
        "])}", "]), '__default__': pipeline([node(make, None, 'one', name='load')])}"
    )
    project = spark_project(
        tmp_path, with_class(DUCK, base=False), {"src/tiny/pipeline_registry.py": two}
    )
    plain, spark = documents(project)
    assert plain.custom_operators is None
    assert spark.custom_operators is not None
    assert told(spark.custom_operators.submit["rank"])["pipeline"] == "b"
