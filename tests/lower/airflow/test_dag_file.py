"""A DAG file is sealed: its digest is in it three times, and any other changed byte is noticed."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path

import pytest

from kairflow.lower.airflow.dag_file import compile_dag, dag_digest
from kairflow.lower.airflow.options import Options, Runtime
from tests.ir_documents import make_document, make_run_config
from tests.lower.airflow.golden import dag_paths
from tests.lower.airflow.reading import read_dag

READY = {"volume": {"disabled": True}}
LOCAL = Options(runtime=Runtime.LOCAL, project_dir="/srv/it")


def test_the_facts_about_a_file() -> None:
    dag = compile_dag(make_document(run_config=make_run_config(**READY)), Options(dag_name="etl"))
    assert (dag.name, dag.dag_id, dag.tasks) == ("etl.py", "etl", 1)
    assert dag.text.count(dag.dag_digest) == 1
    assert dag.text.count(dag.ir_digest) == 1
    assert dag.warnings == ()


def test_the_digest_is_that_of_the_text_with_blanks_in_its_place() -> None:
    dag = compile_dag(make_document(run_config=make_run_config(**READY)), LOCAL)
    blank = dag.text.replace(dag.dag_digest, "0" * 64).replace(dag.dag_digest[:16], "0" * 16)
    assert hashlib.sha256(blank.encode()).hexdigest() == dag.dag_digest
    assert dag_digest(dag.text) == dag_digest(blank) == dag.dag_digest


@pytest.mark.parametrize("path", dag_paths(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_any_other_byte_changes_the_digest(path: Path) -> None:
    text = path.read_bytes().decode()
    own = dag_digest(text)
    sealed = [found.span(1) for found in re.finditer(r"(?:dag sha256|kairflow_dag):(\w+)", text)]
    assert len(sealed) == 3
    inside = {index for start, end in sealed for index in range(start, end)}
    chance = random.Random(1)
    for index in chance.sample(sorted(set(range(len(text))) - inside), 200):
        other = "0" if text[index] != "0" else "1"
        assert dag_digest(text[:index] + other + text[index + 1 :]) != own
    assert dag_digest(text + "\n") != own
    assert dag_digest(text[:-1]) != own


def test_text_that_looks_like_a_digest_is_sealed_like_any_other() -> None:
    fake = f"kairflow_dag:{'a' * 16} # kairflow_dag sha256:{'b' * 64}"
    lines = f'# kairflow_dag sha256:{"c" * 64}\n        "kairflow_dag:{"d" * 16}",\n'
    lines += f"DAG file `kairflow_dag:{'a' * 16}`.\n"
    config = make_run_config(
        **READY,
        description=f"{fake}\n{lines}",
        experiment_name=fake,
        command=[f"kairflow_dag:{'e' * 16}"] * 8,
    )
    text = compile_dag(make_document(run_config=config, project=fake), Options()).text
    own = dag_digest(text)
    assert f"# kairflow_dag sha256:{own}\n" in text
    for letter in "abcde":
        for found in re.finditer(f"{letter}{{16}}", text):
            changed = text[: found.start()] + "f" + text[found.start() + 1 :]
            assert dag_digest(changed) != own


def test_the_documentation_ends_with_the_files_own_digest() -> None:
    """Whoever waits for Airflow to have read a file looks for it there."""
    config = make_run_config(**READY, description="x\nDAG file `kairflow_dag:0000000000000000`.")
    dag = compile_dag(make_document(run_config=config), Options())
    doc = read_dag(dag.text).keywords["doc_md"]
    assert doc.endswith(f"\nDAG file `kairflow_dag:{dag.dag_digest[:16]}`.\n")
    assert "DAG file `kairflow_dag:0000000000000000`.\n" in doc


def test_what_is_asked_for_at_lowering_is_sealed_too() -> None:
    document = make_document(run_config=make_run_config(**READY))
    options = (
        Options(),
        LOCAL,
        Options(image="other:1"),
        Options(dag_name="other"),
        Options(cron_expression="0 1 * * *"),
    )
    files = [compile_dag(document, one) for one in options]
    assert len({file.dag_digest for file in files}) == len(options)
    assert len({file.ir_digest for file in files}) == 1
    for file in files:
        assert f"kairflow_dag:{file.dag_digest[:16]}" in read_dag(file.text).tags
