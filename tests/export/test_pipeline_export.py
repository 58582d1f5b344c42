"""The whole export: documents that hold, the same bytes everywhere, all pipelines at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kairflow.errors import Code, ExportError, ProjectError, Severity
from kairflow.export import GroupBy, Request, export_all, export_pipeline
from kairflow.ir import digest, dump_document, invariants, read_document
from kairflow.ir.model import Selection
from tests.export.tiny import (
    KEDRO,
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    nodes_file,
    warnings_of,
)

EXPORT = """
import sys
from pathlib import Path
from kairflow.export import Request, export_all
from kairflow.ir import dump_document
for exported in export_all(Request(project=Path(sys.argv[1]))):
    sys.stdout.write(dump_document(exported.document))
"""


def export_elsewhere(project: Path, seed: int, cwd: Path) -> str:
    command = [sys.executable, "-W", "ignore", "-c", EXPORT, str(project)]
    environ = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ, cwd=cwd)
    return done.stdout


def test_the_same_bytes_from_any_folder_under_any_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "a" / "deeper").mkdir(parents=True)
    files = {
        **nodes_file(
            "node(use, ['parameters', 'raw'], ['x', 'y'], name='n', tags=['c', 'b', 'a'])",
            "node(use, 'x', 'z', name='m', tags=['r', 'q', 'p'], namespace='s')",
        ),
        "conf/base/parameters.yml": "a: {z: 1}\nb: 2",
        "conf/base/parameters_two.yml": "c: 1\na: {y: 1}",
        "conf/base/parameters_three.yml": "d: {}\na: {x: 1}",
        "conf/base/catalog.yml": "raw: {type: text.TextDataset, filepath: data/r}",
        "conf/base/catalog_two.yml": "'{n}_t': {type: text.TextDataset, filepath: 'data/{n}'}",
    }
    first = make_project(tmp_path / "a" / "one", files)
    second = make_project(tmp_path / "a" / "deeper" / "two", files)
    outputs = {
        export_elsewhere(first, 1, tmp_path),
        export_elsewhere(first, 2, first),
        export_elsewhere(second, 3, tmp_path),
    }
    assert len(outputs) == 1
    assert str(tmp_path) not in outputs.pop()


def test_the_main_example_gives_the_same_bytes_under_two_hash_seeds(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    first, second = (export_elsewhere(project, seed, tmp_path) for seed in (1, 2))
    assert first == second
    assert str(tmp_path) not in first


@pytest.mark.parametrize("name", ["apiary", "catch_all", "cycles", "noisy"])
def test_every_document_holds_what_an_ir_promises(name: str, tmp_path: Path) -> None:
    for exported in export_all(Request(project=copy_fixture(name, tmp_path))):
        assert invariants.check(exported.document) == ()
        text = dump_document(exported.document)
        assert read_document(text) == exported.document
        assert json.loads(text)["producer"]["kedro"] == KEDRO


def test_an_export_is_repeatable_in_one_process(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    assert digest(export(project)) == digest(export(project))


def test_the_digest_does_not_depend_on_the_repository(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    before = digest(export(project))
    (project / ".git").mkdir()
    (project / ".git" / "HEAD").write_text("1" * 40, encoding="utf-8")
    document = export(project)
    assert document.source.git is not None
    assert digest(document) == before


def test_groups_are_made_as_asked(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    alone = export(project, pipeline="forecasting")
    grouped = export(project, pipeline="forecasting", group_by=GroupBy.NAMESPACE)
    one = export(project, pipeline="forecasting", group_by=GroupBy.PIPELINE)
    assert len(alone.groups) > len(grouped.groups) > len(one.groups) == 1
    assert {"linear", "forest"} <= {group.id for group in grouped.groups}


def test_nodes_that_share_memory_share_a_task_and_strangers_are_told(tmp_path: Path) -> None:
    project = copy_fixture("cycles", tmp_path)
    found = warnings_of(project, pipeline="memory")
    assert codes(found) == [Code.GROUP_PULLED_IN]
    assert len(export(project, pipeline="memory").groups) == 1


def test_conflicts_of_groups_are_told_with_everything_else(tmp_path: Path) -> None:
    files = {
        **nodes_file(
            "node(make, None, 'word', name='modest', tags='resources.small')",
            "node(use, ['word', 'params:x'], 'two', name='greedy', tags='resources.large')",
        ),
        "conf/base/airflow-k8s.yml": """
            run_config:
              image: a
              namespace: b
              experiment_name: c
              resources: {small: {}, large: {}}
        """,
    }
    found = codes(errors_of(make_project(tmp_path, files)))
    assert set(found) == {Code.RESOURCES_CONFLICT, Code.PARAMETER_MISSING}


def test_all_pipelines_are_exported_in_order_and_as_if_alone(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    exported = export_all(Request(project=project))
    names = [each.document.source.pipeline for each in exported]
    assert names == ["__default__", "features", "forecasting", "ingestion"]
    for each in exported:
        alone = export_pipeline(Request(project=project, pipeline=each.document.source.pipeline))
        assert each.document == alone.document


def test_empty_pipelines_are_left_out_with_a_warning(tmp_path: Path) -> None:
    registry = nodes_file("node(make, None, 'one', name='n')")
    text = registry["src/tiny/pipeline_registry.py"] + (
        "\nold = register_pipelines\n\n"
        "def register_pipelines():\n    return {**old(), 'void': pipeline([])}\n"
    )
    files = {"src/tiny/pipeline_registry.py": text, "conf/local/parameters.yml": "a: 1"}
    (exported,) = export_all(Request(project=make_project(tmp_path, files)))
    found = list(exported.warnings)
    assert codes(found) == [Code.LOCAL_CONFIG_USED, Code.SELECTION_EMPTY]
    assert found[1].where == "pipeline 'void'"
    assert found[1].severity is Severity.WARNING


def test_warnings_about_the_project_are_told_once(tmp_path: Path) -> None:
    project = copy_fixture("apiary", tmp_path)
    (project / "conf" / "local" / "parameters.yml").write_text("unused: 1\n", encoding="utf-8")
    told = [codes(list(each.warnings)) for each in export_all(Request(project=project))]
    assert told[0] == [Code.LOCAL_CONFIG_USED]
    assert not any(told[1:])


def test_errors_of_all_pipelines_are_told_at_once(tmp_path: Path) -> None:
    project = copy_fixture("corners", tmp_path)
    config = project / "conf" / "base" / "airflow-k8s.yml"
    config.write_text(config.read_text(encoding="utf-8") + "  wrong: 1\n", encoding="utf-8")
    with pytest.raises(ExportError) as caught:
        export_all(Request(project=project))
    found = list(caught.value.diagnostics)
    assert codes(found).count(Code.CONFIG_UNKNOWN_KEY) == 1
    memory = [d.where for d in found if d.code is Code.MEMORY_INPUT]
    assert memory == ["pipeline 'half' > node 'use_word' > input 'word'"]


def test_a_project_of_empty_pipelines_is_refused(tmp_path: Path) -> None:
    text = """
        from kedro.pipeline import pipeline

        def register_pipelines():
            return {"__default__": pipeline([])}
    """
    project = make_project(tmp_path, {"src/tiny/pipeline_registry.py": text})
    with pytest.raises(ProjectError) as caught:
        export_all(Request(project=project))
    assert codes(list(caught.value.diagnostics)) == [Code.SELECTION_EMPTY]


def test_a_request_states_what_it_does_not_ask_for(tmp_path: Path) -> None:
    request = Request(project=tmp_path)
    assert request.selection == Selection()
    assert request.runtime_params == {}
    assert request.group_by is GroupBy.NONE
