"""What the files for Spark jobs are called: legal, unlike where content is unlike, and stable."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kairflow.ir.artefacts import Artefacts, archive_name, is_artefact, name_artefacts
from kairflow.ir.model import Document, Engine, Git, Group, Selection
from kairflow.ir.spark import Archive
from tests.ir_documents import documents, free_text, make_document, make_run_config, make_source
from tests.ir_documents import node as plain_node

FOLDER = "gs://shop/artefacts"
SPARK = {"type": "dataproc", "region": "here", "artifacts_path": FOLDER}
ARCHIVE = Archive(name="shop-0123456789abcdef.tar.gz", sha256="0" * 64)


def group(name: str, *nodes: str, engine: Engine = Engine.SPARK) -> Group:
    return Group(
        id=name,
        engine=engine,
        nodes=nodes or (name,),
        needs=(),
        resource_class=None,
        pod_template=None,
        reasons=(),
    )


GROUPS = (group("join"), group("report", engine=Engine.PYTHON), group("score", "score", "rank"))


PARTS = ("archive", "groups", "producer")


def names(**changes: Any) -> Artefacts:
    """Name the files of a plain pipeline, with these changes to it."""
    parts = {name: changes.pop(name) for name in PARTS if name in changes}
    spark = {**SPARK, **changes.pop("spark", {})}
    found = name_artefacts(pipeline(spark, **changes).model_copy(update=parts))
    assert found is not None
    return found


def pipeline(spark: dict[str, Any] | None, **changes: Any) -> Document:
    """Return a document of our groups; what else is in it has no say in the names."""
    source = make_source(**changes.pop("source", {}))
    config = make_run_config(spark=spark, **changes)
    document = make_document([plain_node("join", ["raw"])], run_config=config)
    parts = {"source": source, "groups": GROUPS, "archive": ARCHIVE}
    return document.model_copy(update=parts)


def test_all_lie_in_the_folder_and_each_spark_group_has_a_runner() -> None:
    found = names()
    assert found.archive == f"{FOLDER}/{ARCHIVE.name}"
    assert list(found.runners) == ["join", "score"]
    assert re.fullmatch(rf"{FOLDER}/shop-[0-9a-f]{{16}}\.sh", found.init_script)
    stem = found.init_script.removesuffix(".sh")
    for name, runner in found.runners.items():
        assert re.fullmatch(rf"{stem}-{name}-[0-9a-f]{{6}}\.py", runner)


def test_a_slash_at_the_folders_end_changes_nothing() -> None:
    assert names(spark={"artifacts_path": f"{FOLDER}/"}) == names()


CONTENT: dict[str, dict[str, Any]] = {
    "archive": {"archive": ARCHIVE.model_copy(update={"sha256": "1" * 64})},
    "folder of the code": {"source": {"source_dir": "code"}},
    "first script": {"spark": {"user_init": "pip install shop"}},
    "second script": {"spark": {"user_post_init": "pip install shop"}},
    "pipeline": {"source": {"pipeline": "nightly"}},
    "environment": {"source": {"env": "prod"}},
    "parameters": {"source": {"runtime_params": {"rate": 1}}},
    "Kedro": {"source": {"kedro_line": "0.19"}},
    "configuration": {"conf_source": "s3://shop/conf"},
    "versions": {"versions": "run"},
    "type": {"spark": {"type": "dataproc-serverless"}},
    "macros": {"macro_params": ["ds"]},
    "variables": {"variables_params": ["ds"]},
    "parameters of a run": {"run_params": ["rate"]},
    "nodes": {"groups": (group("join"), group("score", "score"))},
}


@pytest.mark.parametrize("change", CONTENT)
def test_other_content_has_other_names(change: str) -> None:
    before, after = names(), names(**CONTENT[change])
    assert after.init_script != before.init_script
    assert not set(after.runners.values()) & set(before.runners.values())


def test_two_scripts_in_each_others_place_are_other_content() -> None:
    one, other = ({"user_init": "a"}, {"user_post_init": "a"})
    assert names(spark=one).init_script != names(spark=other).init_script


@pytest.mark.parametrize(
    "change",
    [
        {
            "producer": make_document([plain_node("join")]).producer.model_copy(
                update={"kedro": "1"}
            )
        },
        {"source": {"git": Git(commit="a" * 40, branch="main")}},
        {"source": {"selection": Selection(tags=("nightly",))}},
        {"groups": GROUPS[::-1]},
        {"groups": (*GROUPS, group("mail", engine=Engine.PYTHON))},
        {"retries": 3},
        {"spark": {"user_init_path": "init.sh"}},
    ],
    ids=str,
)
def test_what_is_not_in_the_files_changes_no_name(change: dict[str, Any]) -> None:
    assert names(**change) == names()


def test_a_cluster_that_fetches_nothing_has_no_files() -> None:
    on_kubernetes = {"type": "k8s", "cluster_config": {"run_script": "/run.py"}}
    bare = {"type": "custom", "operator_factory": "shop.Factory"}
    for spark in (None, {**on_kubernetes, "artifacts_path": FOLDER}, bare):
        assert name_artefacts(pipeline(spark)) is None


def test_without_an_archive_there_is_nothing_to_name() -> None:
    assert name_artefacts(pipeline(SPARK).model_copy(update={"archive": None})) is None


def test_all_that_is_made_is_recognised_and_nothing_that_looks_alike() -> None:
    found = names()
    made = [found.init_script, *found.runners.values(), archive_name("shop", "0" * 64)]
    for path in made:
        assert is_artefact(path.rpartition("/")[2], "shop")
        assert not is_artefact(path.rpartition("/")[2], "store")
    digits = "0123456789abcdef"
    for name in (
        f"shop-{digits}.zip",
        f"shop-{digits[:-1]}.sh",
        f"shop-{digits}-join.py",
        f"shop-{digits}.tar.gz.bak",
        f"shop-{digits.upper()}.sh",
        "shop.sh",
    ):
        assert not is_artefact(name, "shop")


@given(st.lists(free_text().filter(lambda text: 0 < len(text) <= 200), unique=True), free_text())
def test_whatever_they_are_called_they_are_recognised(ids: list[str], package: str) -> None:
    found = names(groups=tuple(map(group, ids)), source={"package": package})
    for path in (found.init_script, *found.runners.values()):
        assert is_artefact(path.removeprefix(f"{FOLDER}/"), package)
    assert is_artefact(archive_name(package, "0" * 64), package)


LEGAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.(py|sh)")


@given(st.lists(free_text().filter(lambda text: 0 < len(text) <= 200), unique=True), free_text())
def test_any_id_and_package_make_legal_names_that_differ(ids: list[str], package: str) -> None:
    found = names(groups=tuple(map(group, ids)), source={"package": package})
    files = [
        path.removeprefix(f"{FOLDER}/") for path in (found.init_script, *found.runners.values())
    ]
    assert len(set(files)) == len(ids) + 1
    for file in files:
        assert LEGAL.fullmatch(file)
        assert len(file) <= 200


def test_ids_that_look_alike_once_they_are_legal_keep_two_runners() -> None:
    alike = [*("a b", "a/b", "a-b", "a\nb"), "x" * 99 + "1", "x" * 99 + "2"]
    found = names(groups=tuple(map(group, alike)))
    assert len(set(found.runners.values())) == len(alike)


@settings(max_examples=30)
@given(documents())
def test_every_document_can_be_named(document: Document) -> None:
    found = name_artefacts(document.model_copy(update={"archive": ARCHIVE}))
    spark = document.deployment.run_config.spark
    assert (found is not None) is (spark is not None and spark.has_artefacts)


def test_the_names_do_not_depend_on_the_process() -> None:
    script = "from tests.ir.test_artefacts import names; print(names())"
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {f"{names()}\n"}
