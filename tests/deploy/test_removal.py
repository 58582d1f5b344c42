"""What a DAG file's jobs fetch is found again in its text, and nothing else ever goes."""

from __future__ import annotations

import re

import pytest

from kairflow.deploy.removal import Read, fetched_by, left_alone
from kairflow.ir import Document, dump_document, read_document
from kairflow.lower.airflow.dag_file import DagFile, compile_dag
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime
from tests.lower.airflow.golden import document_of

FETCHING = ("dataproc", "dataproc-serverless")
LINES = (AirflowLine.AIRFLOW_3, AirflowLine.AIRFLOW_2)
FOLDER = "gs://bucket/packages"
ARCHIVE = f"{FOLDER}/shop-0123456789abcdef.tar.gz"


def compiled(
    document: Document, name: str | None = None, line: AirflowLine = AirflowLine.AIRFLOW_3
) -> DagFile:
    return compile_dag(document, Options(line, dag_name=name, allow_custom_operators=True))


def reader_of(*files: DagFile) -> Read:
    """Read the scripts of DAG files, as from where they were uploaded."""
    texts = {one.address: one.text.encode() for file in files for one in file.artefacts}
    return texts.get


def nothing(address: str) -> bytes | None:
    raise AssertionError(f"{address} was read")


def moved(case: str, folder: str) -> Document:
    """Return a golden case whose artefacts lie elsewhere."""
    text, found = re.subn(f'"{FOLDER}/?"', f'"{folder}"', dump_document(document_of(case)))
    assert found
    return read_document(text)


@pytest.mark.parametrize("line", LINES, ids=str)
@pytest.mark.parametrize("case", FETCHING)
def test_all_that_is_uploaded_is_found(case: str, line: AirflowLine) -> None:
    file = compiled(document_of(case), line=line)
    assert file.artefacts
    expected = {ARCHIVE, *(one.address for one in file.artefacts)}
    assert fetched_by(file.text, reader_of(file)) == expected


@pytest.mark.parametrize(
    "folder",
    [
        "gs://bucket",
        "s3://bucket/a/b/c",
        "/srv/packages",
        "file:///srv/packages",
        "~/packages",
        "packages",
        "gs://bucket/env=prod/packages",
        "/srv/env=prod/packages",
        "gs://bücket/größe",
        "gs://bucket/100%",
    ],
)
@pytest.mark.parametrize("case", FETCHING)
def test_the_folder_may_have_any_ordinary_name(case: str, folder: str) -> None:
    file = compiled(moved(case, folder))
    expected = {f"{folder}/shop-0123456789abcdef.tar.gz", *(one.address for one in file.artefacts)}
    assert fetched_by(file.text, reader_of(file)) == expected


@pytest.mark.parametrize(
    "folder", ["gs://bucket/a b", "gs://bucket/a,b", "gs://bucket/it's", "a=b"]
)
@pytest.mark.parametrize("case", FETCHING)
def test_the_name_of_a_strange_folder_is_never_cut(case: str, folder: str) -> None:
    """Files may be left there; but no part of the name is taken for another place."""
    file = compiled(moved(case, folder))
    expected = {f"{folder}/shop-0123456789abcdef.tar.gz", *(one.address for one in file.artefacts)}
    assert fetched_by(file.text, reader_of(file)) <= expected


@pytest.mark.parametrize(
    "case", ["spark-custom", "spark-kubernetes", "spark-operator", "apiary", "minimal", "full"]
)
def test_a_dag_that_fetches_nothing(case: str) -> None:
    file = compiled(document_of(case))
    assert file.artefacts == ()
    assert fetched_by(file.text, nothing) == frozenset()


@pytest.mark.parametrize("case", FETCHING)
def test_a_local_dag_fetches_nothing(case: str) -> None:
    options = Options(runtime=Runtime.LOCAL, project_dir="/srv/kedro", python="/srv/python")
    assert fetched_by(compile_dag(document_of(case), options).text, nothing) == frozenset()


@pytest.mark.parametrize("case", FETCHING)
def test_another_dag_of_the_same_pipeline_keeps_its_files(case: str) -> None:
    document = document_of(case)
    file, other = compiled(document), compiled(document, "shop-try")
    assert file.dag_id != other.dag_id
    read = reader_of(file, other)
    files = fetched_by(file.text, read)
    assert left_alone(files, [other.text], read) == ((), tuple(sorted(files)))
    assert left_alone(files, [], read) == (tuple(sorted(files)), ())
    assert left_alone(files, ["", "x = 1"], read) == (tuple(sorted(files)), ())


@pytest.mark.parametrize(
    "text", [f'x = "\\d"; y = ["-f{ARCHIVE}"]', f"# {ARCHIVE}", f"def ({ARCHIVE}", f"\0{ARCHIVE}"]
)
def test_what_anybody_elses_dag_names_stays(text: str) -> None:
    """Whether this Python can read the file or not."""
    file = compiled(document_of("dataproc"))
    read = reader_of(file)
    unneeded, needed = left_alone(fetched_by(file.text, read), [text], read)
    assert needed == (ARCHIVE,)
    assert set(unneeded) == {artefact.address for artefact in file.artefacts}


def test_a_shared_archive_stays_while_scripts_go() -> None:
    """Two pipelines of one commit fetch the same project with scripts of their own."""
    one, other = (compiled(document_of(case)) for case in FETCHING)
    read = reader_of(one, other)
    unneeded, needed = left_alone(fetched_by(one.text, read), [other.text], read)
    assert needed == (ARCHIVE,)
    assert set(unneeded) == {artefact.address for artefact in one.artefacts}


def test_a_script_that_is_gone_already_hides_no_other() -> None:
    file = compiled(document_of("dataproc"))
    expected = {one.address for one in file.artefacts}
    assert fetched_by(file.text, lambda address: None) == expected


RUNNER = f"{FOLDER}/shop-eecc4f5215ece311-clean-3b0668.py"


@pytest.mark.parametrize(
    "name",
    [
        "gs://other/packages/shop-0123456789abcdef.tar.gz",
        "gs://bucket/packages2/shop-0123456789abcdef.tar.gz",
        "gs://bucket/packages/old/shop-0123456789abcdef.tar.gz",
        "gs://bucket/shop-0123456789abcdef.tar.gz",
        "x-gs://bucket/packages/shop-0123456789abcdef.tar.gz",
        "gs://bucket/packages/shop.tar.gz",
        "gs://bucket/packages/shop-0123456789ABCDEF.tar.gz",
        "gs://bucket/packages/shop-0123456789abcde.tar.gz",
        "gs://bucket/packages/shop-0123456789abcdef.zip",
        "gs://bucket/packages/shop-eecc4f5215ece312.sh",
        "gs://bucket/packages/init.sh",
        "gs://bucket/packages/clean.py",
        "gs://bucket/packages/shop-eecc4f5215ece311-clean.py",
        "gs://bucket/packages/shop-eecc4f5215ece311-clean-3B0668.py",
        "gs://bucket/packages/shop-eecc4f5215ece31-clean-3b0668.py",
        "gs://bucket/packages/",
    ],
)
def test_what_only_looks_alike_is_never_touched(name: str) -> None:
    text = f'jars = ["{name}"]\nscript = "{RUNNER}"\nargs = "--files={name},{name}#x {name}"\n'
    assert fetched_by(text, nothing) == {RUNNER}


@pytest.mark.parametrize(
    "text",
    [
        f'"{RUNNER}"',
        f"'{RUNNER}'",
        f'"spark-submit --master yarn {RUNNER} --x"',
        f'"--files={RUNNER},{RUNNER}"',
        f'{{"a": "x", "b": "{RUNNER}"}}',
    ],
)
def test_a_runner_is_found_wherever_it_stands(text: str) -> None:
    assert fetched_by(text, nothing) == {RUNNER}


def test_a_hostile_text_takes_no_time() -> None:
    for text in ("gs://" + "a/" * 20_000, "/" * 20_000, "a-0123456789abcdef-" * 2_000):
        assert fetched_by(text, nothing) == frozenset()
