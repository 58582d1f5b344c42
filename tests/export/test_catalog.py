"""Kinds, patterns and mistakes of the catalog, and that Kedro itself sees them alike."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from kairflow.errors import Code, Severity
from kairflow.export.catalog import Catalog, describe_datasets
from kairflow.export.dataset_type import Keeper, find_keeper, name_of
from kairflow.ir.model import Dataset, DatasetKind
from tests.export.tiny import (
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    nodes_file,
    warnings_of,
)

CLASSES = """
    from kedro.io import AbstractDataset, CachedDataset, MemoryDataset

    class Derived(MemoryDataset):
        pass

    class Twice(Derived):
        pass

    class Cached(CachedDataset):
        pass

    class Marked(AbstractDataset):
        _EPHEMERAL = True

    class Stored(AbstractDataset):
        def __init__(self, filepath):
            raise RuntimeError("built")

    NoClass = 3
"""


def describe(catalog: str, *names: str) -> dict[str, Dataset]:
    datasets, diagnostics = describe_datasets(names, Catalog(yaml.safe_load(catalog)))
    assert diagnostics == ()
    return datasets


def faults(catalog: str, *names: str) -> list[tuple[str, str]]:
    _, found = describe_datasets(names, Catalog(yaml.safe_load(catalog)))
    assert {diagnostic.code for diagnostic in found} == {Code.CATALOG_INVALID}
    return [(diagnostic.where, diagnostic.message) for diagnostic in found]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("type: MemoryDataset", "memory"),
        ("type: kedro.io.MemoryDataset", "memory"),
        ("type: kedro.io.memory_dataset.MemoryDataset", "memory"),
        ("type: memory_dataset.MemoryDataset", "memory"),
        ("type: SharedMemoryDataset", "memory"),
        ("type: kedro.io.SharedMemoryDataset", "memory"),
        ("type: kedro.io.shared_memory_dataset.SharedMemoryDataset", "memory"),
        ("type: tiny.datasets.Derived", "memory"),
        ("type: tiny.datasets.Twice", "memory"),
        ("type: tiny.datasets.Marked", "memory"),
        ("type: tiny.datasets.Stored", "persistent"),
        ("type: pandas.CSVDataset", "persistent"),
        ("type: kedro_datasets.pandas.CSVDataset", "persistent"),
        ("type: kedro_datasets.pandas.csv_dataset.CSVDataset", "persistent"),
        ("type: kedro_datasets_experimental.pytorch.PyTorchDataset", "persistent"),
        ("type: LambdaDataset", "persistent"),
        ("{type: CachedDataset, dataset: {type: pandas.CSVDataset}}", "persistent"),
        ("{type: kedro.io.CachedDataset, dataset: {type: MemoryDataset}}", "memory"),
        ("{type: tiny.datasets.Cached, dataset: {type: tiny.datasets.Derived}}", "memory"),
        ("{type: CachedDataset, dataset: {type: CachedDataset, dataset: MemoryDataset}}", "memory"),
        ("{type: partitions.PartitionedDataset, path: p, dataset: MemoryDataset}", "persistent"),
    ],
)
def test_the_kind_of_an_entry(tmp_path: Path, entry: str, kind: str) -> None:
    text = f"one: {entry}\n" if entry.startswith("{") else f"one:\n  {entry}\n"
    files = {
        **nodes_file("node(make, None, 'one', name='n')"),
        "src/tiny/datasets.py": CLASSES,
        "conf/base/catalog.yml": text,
    }
    document = export(make_project(tmp_path, files))
    assert document.datasets["one"].kind.value == kind


def test_a_dataset_that_the_catalog_does_not_know_is_in_memory() -> None:
    found = describe("one: {type: text.TextDataset, filepath: a}", "two", "one@form", "parameters")
    assert found["two"] == Dataset(kind=DatasetKind.MEMORY, base="two")
    assert found["one@form"] == Dataset(kind=DatasetKind.MEMORY, base="one")
    assert found["parameters"].kind is DatasetKind.PARAMETERS


def test_parameters_are_told_by_their_name() -> None:
    found = describe("{}", "params:a.b", "parameters", "params")
    assert [d.kind.value for d in found.values()] == ["parameters", "memory", "parameters"]


def test_patterns_resolve_as_in_kedro() -> None:
    catalog = """
        "{name}_table": {type: pandas.CSVDataset, filepath: "data/{name}.csv"}
        "raw_{name}_table": {type: pandas.CSVDataset, filepath: "raw/{name}.csv", versioned: true}
        "{namespace}.{name}": {type: json.JSONDataset, filepath: "{namespace}/{name}.json"}
        exact_table: {type: text.TextDataset, filepath: exact.txt}
        "{default}": {type: pickle.PickleDataset, filepath: "all/{default}.pkl"}
    """
    found = describe(catalog, "a_table", "raw_b_table", "n.c", "exact_table", "else", "x@y")
    assert {name: (d.pattern, d.uri, d.versioned) for name, d in found.items()} == {
        "a_table": ("{name}_table", "data/a.csv", False),
        "raw_b_table": ("raw_{name}_table", "raw/b.csv", True),
        "n.c": ("{namespace}.{name}", "n/c.json", False),
        "exact_table": (None, "exact.txt", False),
        "else": ("{default}", "all/else.pkl", False),
        "x@y": ("{default}", "all/x@y.pkl", False),
    }


def test_a_catch_all_of_the_user_stores_what_has_no_entry(tmp_path: Path) -> None:
    document = export(copy_fixture("catch_all", tmp_path))
    assert {d.kind for d in document.datasets.values()} == {DatasetKind.PERSISTENT}
    assert {d.pattern for d in document.datasets.values()} == {"{default}"}


def test_the_kind_agrees_with_what_kedro_builds(tmp_path: Path) -> None:
    from kedro.io import DataCatalog, MemoryDataset

    catalog = {
        "a": {"type": "MemoryDataset"},
        "b": {"type": "text.TextDataset", "filepath": str(tmp_path / "b")},
        "{x}_c": {"type": "kedro.io.MemoryDataset"},
        "{x}_d": {"type": "text.TextDataset", "filepath": str(tmp_path / "{x}")},
    }
    names = ["a", "b", "1_c", "1_d"]
    with warnings.catch_warnings(record=True):  # Kedro 0.19 announces its own future
        built: Any = DataCatalog.from_config(catalog)
        get = getattr(built, "get", None) or built._get_dataset
        expected = {n: isinstance(get(n), MemoryDataset) for n in names}
    found, _ = describe_datasets(names, Catalog(catalog))
    assert {name: d.kind is DatasetKind.MEMORY for name, d in found.items()} == expected


def test_transcoded_forms_share_a_base() -> None:
    catalog = """
        cars@spark: {type: spark.SparkDataset, filepath: cars}
        cars@pandas: {type: pandas.ParquetDataset, filepath: cars}
    """
    found = describe(catalog, "cars@spark", "cars@pandas")
    assert {d.base for d in found.values()} == {"cars"}
    assert found["cars@spark"].type == "spark.SparkDataset"


def test_a_cache_speaks_for_what_it_wraps() -> None:
    catalog = """
        one:
          type: CachedDataset
          dataset: {type: json.JSONDataset, filepath: s3://k:s@b/one, versioned: true,
                    credentials: inner}
    """
    (found,) = describe(catalog, "one").values()
    assert found.kind is DatasetKind.PERSISTENT
    assert (found.type, found.uri, found.versioned) == ("CachedDataset", "s3://b/one", True)
    assert found.credentials == ("inner",)


def test_credentials_are_names_only_at_any_depth() -> None:
    catalog = """
        one:
          type: partitions.PartitionedDataset
          path: p
          credentials: outer
          dataset: {type: json.JSONDataset, credentials: inner}
          load_args: [{credentials: listed}]
        two:
          type: json.JSONDataset
          filepath: f
          credentials: {key: hunter2, nested: {secret: hunter3}}
        "{x}_three": {type: json.JSONDataset, filepath: "{x}", credentials: "{x}_key"}
    """
    found = describe(catalog, "one", "two", "a_three")
    assert found["one"].credentials == ("inner", "listed", "outer")
    assert found["two"].credentials == ()
    assert found["a_three"].credentials == ("{x}_key",)
    assert "hunter" not in str(found)


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        ("one: 3", [("catalog > dataset 'one'", "expected a mapping, found int")]),
        ("one:", [("catalog > dataset 'one'", "expected a mapping, found NoneType")]),
        ("one: {filepath: a}", [("catalog > dataset 'one'", "the entry has no type")]),
        ("one: {type: }", [("catalog > dataset 'one'", "the entry has no type")]),
        ("one: {type: 3}", [("catalog > dataset 'one'", "the entry has no type")]),
        ("'{x}e': {filepath: a}", [("catalog > dataset '{x}e'", "the entry has no type")]),
        ("'{x}e': 3", [("catalog > dataset '{x}e'", "expected a mapping, found int")]),
    ],
)
def test_a_malformed_entry_is_told(catalog: str, expected: list[tuple[str, str]]) -> None:
    assert faults(catalog, "one") == expected


def test_a_pattern_with_a_placeholder_of_another_name_is_told() -> None:
    (found,) = faults("'{x}_a': {type: json.JSONDataset, filepath: '{y}'}", "one")
    assert found[0] == "catalog > dataset '{x}_a'"
    assert "{y}" in found[1]


def test_two_catch_alls_are_told() -> None:
    catalog = "{'{a}': {type: MemoryDataset}, '{b}': {type: MemoryDataset}}"
    (found,) = faults(catalog, "one")
    assert found[0] == "catalog"
    assert "{a}, {b}" in found[1]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    catalog = """
        one: 3
        two: {filepath: a}
        "{x}_a": {type: json.JSONDataset, filepath: "{y}"}
        "{a}": {type: MemoryDataset}
        "{b}": {type: MemoryDataset}
    """
    found = errors_of(make_project(tmp_path, {"conf/base/catalog.yml": catalog}))
    assert codes(found) == [Code.CATALOG_INVALID] * 4


def test_a_pattern_without_a_type_matters_only_when_it_matches() -> None:
    catalog = "{'{x}_a': {filepath: '{x}'}, one: {type: text.TextDataset}}"
    assert describe(catalog, "one")["one"].type == "text.TextDataset"
    assert faults(catalog, "b_a") == [("catalog > dataset '{x}_a'", "the entry has no type")]


@pytest.mark.parametrize(
    "name", ["not_there.Dataset", "tiny.datasets.Absent", "tiny.datasets.NoClass"]
)
def test_a_type_that_cannot_be_imported_is_a_warning(tmp_path: Path, name: str) -> None:
    files = {
        "src/tiny/datasets.py": CLASSES,
        "conf/base/catalog.yml": f"one: {{type: {name}}}\ntwo: {{type: text.TextDataset}}\n",
    }
    project = make_project(tmp_path, files)
    (found,) = warnings_of(project)
    assert found.code is Code.DATASET_TYPE_UNKNOWN
    assert found.severity is Severity.WARNING
    assert found.where == "catalog > dataset 'one'"
    assert export(project).datasets["one"].kind is DatasetKind.PERSISTENT


def test_a_module_of_a_type_that_raises_or_exits_is_survived(tmp_path: Path) -> None:
    files = {
        "src/tiny/datasets.py": "raise SystemExit(1)",
        "conf/base/catalog.yml": "one: {type: tiny.datasets.X}\ntwo: {type: text.TextDataset}\n",
    }
    assert codes(warnings_of(make_project(tmp_path, files))) == [Code.DATASET_TYPE_UNKNOWN]


def test_a_type_may_be_a_class_or_nothing_at_all() -> None:
    assert name_of(Path) == f"{Path.__module__}.Path"
    assert name_of("a.B") == "a.B"
    assert name_of(None) is None
    assert name_of("") is None
    assert find_keeper("x") is Keeper.STORE


def test_no_official_dataset_is_imported(tmp_path: Path) -> None:
    import sys

    before = {name for name in sys.modules if name.startswith("kedro_datasets.")}
    files = {"conf/base/catalog.yml": "one: {type: spark.SparkDataset, filepath: a}\n"}
    export(make_project(tmp_path, files))
    assert {name for name in sys.modules if name.startswith("kedro_datasets.")} == before


def test_the_main_example_is_described(tmp_path: Path) -> None:
    found = export(copy_fixture("apiary", tmp_path)).datasets
    assert found["sound_weighings"].kind is DatasetKind.MEMORY
    assert found["gains"].uri == "data/03_primary/gains.csv"
    assert found["weighings"].uri == "data/01_raw/weighings"
    assert found["training_table@pandas"].base == found["training_table@text"].base
    assert found["linear.regressor"].pattern == "{namespace}.regressor"
    assert found["linear.regressor"].versioned
