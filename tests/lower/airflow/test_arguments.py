"""The command line of a task: what runs, with which version, and where the parameters stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from kairflow.errors import Code
from kairflow.ir import Document
from kairflow.lower.airflow.arguments import run_versioned
from kairflow.lower.airflow.embedded import kedro_versions
from kairflow.lower.airflow.options import AirflowLine, Options
from tests.ir_documents import dataset, make_document, make_run_config, node
from tests.lower.airflow.lowered import (
    EVERYWHERE,
    NO_VOLUME,
    document,
    local,
    name_of,
    pods,
    refusals,
    text_of,
)
from tests.lower.airflow.reading import constants, operator_keywords
from tests.lower.airflow.rendering import arguments, context_of

NODES = "'--nodes=' + ','.join(nodes)"
VERSION = "2024-01-31T10.20.30.000001Z"
"""What the moment of the fake context is written as."""


def versioned(*names: str, memory: tuple[str, ...] = (), versions: str | None = "run") -> Document:
    """Return a chain of two nodes that hand over datasets, all of them versioned."""
    nodes = [node("make", ["raw"], names), node("read", [*names, "raw"], ["end"])]
    sets = {name: dataset(name, versioned=True) for name in ("raw", *names, "end")}
    kept = {name: one for name, one in sets.items() if name not in memory}
    config = make_run_config(**NO_VOLUME, versions=versions)
    return make_document(nodes, kept, config, memory=memory)


def arrived(doc: Document, options: Options) -> list[str]:
    return [one.arrive(context_of()) for one in arguments(text_of(doc, options))]


@pytest.mark.parametrize("line", AirflowLine)
def test_without_versions_kedro_is_started_as_ever(line: AirflowLine) -> None:
    doc = document()
    assert operator_keywords(text_of(doc, pods(line)))["arguments"] == ["kedro", "run", NODES]
    assert operator_keywords(text_of(doc, local(line)))["arguments"] == [
        *("-m", "kedro", "run", NODES)
    ]
    assert "RUN_WITH_VERSION" not in text_of(doc, pods(line))


@pytest.mark.parametrize("options", EVERYWHERE, ids=name_of)
def test_one_version_is_saved_and_loaded_by_all_tasks(options: Options) -> None:
    doc = versioned("x", "y")
    python = [] if options.project_dir else ["python"]
    assert arrived(doc, options) == [
        *(*python, "-c", VERSION, "run", f"--load-versions=x:{VERSION},y:{VERSION}")
    ]
    given = operator_keywords(text_of(doc, options))["arguments"]
    assert given[given.index("-c") + 1] == "RUN_WITH_VERSION"


@pytest.mark.parametrize(
    ("line", "moment"), [("2", "logical_date"), ("3", "run_after"), ("3.0", "run_after")]
)
def test_the_version_is_a_moment_that_every_run_of_the_line_has(line: str, moment: str) -> None:
    text = text_of(versioned("x"), Options(AirflowLine(line)))
    (found,) = (one.text for one in arguments(text) if one.text.startswith("{{ dag_run"))
    assert found.startswith(f"{{{{ dag_run.{moment}.strftime(")


def test_the_program_is_the_module_that_is_tested() -> None:
    text = text_of(versioned("x"))
    program = Path(kedro_versions.__file__).read_text(encoding="utf-8")
    assert constants(text)["RUN_WITH_VERSION"] == program.rstrip("\n")


def test_only_what_one_node_makes_and_another_reads_has_a_version_to_load() -> None:
    assert run_versioned(versioned("x")) == ("x",)
    nodes = [node("make", [], ["x"]), node("other", ["raw"], ["y"])]
    sets = {name: dataset(name, versioned=True) for name in ("raw", "x", "y")}
    assert run_versioned(make_document(nodes, sets)) == ()


def test_data_in_memory_and_without_versions_are_left_alone() -> None:
    nodes = [node("a", [], ["x", "m", "p"]), node("b", ["x", "m", "p"], [])]
    sets = {"x": dataset("x", versioned=True), "p": dataset("p", versioned=False)}
    assert run_versioned(make_document(nodes, sets, memory=["m"])) == ("x",)


@pytest.mark.parametrize("name", ["a{{ b }}", "a{# b", "it's", 'say "x"', "a\\n", "größe 🐝"])
def test_the_name_of_a_dataset_is_no_template(name: str) -> None:
    for options in (pods(), local()):
        assert f"--load-versions={name}:{VERSION}" in arrived(versioned(name), options)


@pytest.mark.parametrize("name", ["a:b", "a,b"])
def test_a_name_that_kedro_would_take_apart_is_refused(name: str) -> None:
    (refusal,) = refusals(versioned(name))
    assert refusal.code is Code.PARAMETER_UNTRANSPORTABLE
    assert refusal.where == f"dataset {name!r}"
    assert text_of(versioned(name, versions=None))
