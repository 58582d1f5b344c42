"""Which nodes of real projects need Spark, in which words, and that looking starts nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from kairflow.errors import Code, Severity
from kairflow.export import spark_sources
from kairflow.export.spark_classes import is_spark_dataset, is_spark_dataset_class
from kairflow.ir.model import DatasetKind, Engine
from tests.export.tiny import copy_fixture, export, make_project, nodes_file, warnings_of

SPARK_TAG = "kairflow.engine.spark"


def project_of(root: Path, *listed: str, catalog: str = "", **modules: str) -> Path:
    """Write a project of these nodes, all of whose datasets are on disk.

    `modules` are files of its package; the pipeline takes all names of one that is called `nodes`.
    """
    rest = '"{anything}": {type: pickle.PickleDataset, filepath: "data/{anything}.pkl"}\n'
    files = {f"src/tiny/{name}.py": text for name, text in modules.items()}
    head = "import functools\n" + ("from tiny.nodes import *" if "nodes" in modules else "")
    full_catalog = {"conf/base/catalog.yml": f"{textwrap.dedent(catalog)}\n{rest}"}
    return make_project(root, {**nodes_file(*listed, head=head), **full_catalog, **files})


def reasons(project: Path) -> dict[str, str | None]:
    """Return why each node needs Spark, and check that its engine says the same."""
    document = export(project)
    for node in document.nodes:
        assert (node.engine is Engine.SPARK) is (node.engine_reason is not None)
    return {node.name: node.engine_reason for node in document.nodes}


def reason_for(root: Path, catalog: str, **modules: str) -> str | None:
    """Return why a node that reads `raw` needs Spark."""
    node = "node(use, 'raw', 'clean', name='n')"
    return reasons(project_of(root, node, catalog=catalog, **modules))["n"]


def has_spark_datasets() -> bool:
    """Tell whether kedro-datasets can be imported with all that its Spark datasets need."""
    try:
        import_module("kedro_datasets.spark.spark_dataset")
    except ImportError:
        return False
    return True


TYPES = [
    "spark.SparkDataset",
    "spark.SparkDatasetV2",
    "spark.SparkHiveDataset",
    "spark.SparkJDBCDataset",
    "spark.SparkStreamingDataset",
    "spark.DeltaTableDataset",
    "spark.GBQQueryDataset",
    "spark.SparkDataSet",
    "spark.SparkJDBCDataSet",
    "kedro_datasets.spark.SparkDataset",
    "kedro_datasets.spark.spark_dataset.SparkDataset",
    "spark.spark_dataset.SparkDataset",
    "databricks.ManagedTableDataset",
    "databricks.managed_table_dataset.ManagedTableDataset",
    "kedro_datasets.databricks.ManagedTableDataset",
    "kedro_datasets_experimental.databricks.ExternalTableDataset",
]


@pytest.mark.parametrize("dataset_type", TYPES)
def test_a_dataset_of_sparks_makes_a_spark_node(tmp_path: Path, dataset_type: str) -> None:
    catalog = f"raw: {{type: {dataset_type}, filepath: data/raw}}"
    assert reason_for(tmp_path, catalog) == f"input 'raw' is a {dataset_type}"


@pytest.mark.parametrize(
    "dataset_type",
    [
        "pandas.DeltaTableDataset",
        "pandas.ParquetDataset",
        "polars.EagerPolarsDataset",
        "ibis.TableDataset",
        "snowflake.SnowparkTableDataset",
        "kedro_datasets.pandas.CSVDataset",
        "MemoryDataset",
        "spark",
        "sparkling.SparkDataset",
        "kedro_datasets.sparkling.SparkDataset",
        "databricks.OtherDataset",
        "my.spark.SparkDataset",
    ],
)
def test_other_types_are_none_of_sparks(dataset_type: str) -> None:
    assert not is_spark_dataset(dataset_type)
    assert not is_spark_dataset_class(dataset_type)


@pytest.mark.parametrize(
    "dataset_type",
    ["pandas.DeltaTableDataset", "ibis.TableDataset", "snowflake.SnowparkTableDataset"],
)
def test_other_datasets_make_no_spark_node(tmp_path: Path, dataset_type: str) -> None:
    assert reason_for(tmp_path, f"raw: {{type: {dataset_type}, filepath: data/raw}}") is None


def test_a_databricks_table_needs_spark_for_pandas_too(tmp_path: Path) -> None:
    """It loads `spark.table(…).toPandas()`, and saves what `createDataFrame` makes."""
    catalog = "raw: {type: databricks.ManagedTableDataset, table: t, dataframe_type: pandas}"
    assert reason_for(tmp_path, catalog) == "input 'raw' is a databricks.ManagedTableDataset"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            "{type: CachedDataset, dataset: {type: spark.SparkDataset, filepath: x}}",
            "a CachedDataset of spark.SparkDataset",
        ),
        (
            "{type: partitions.PartitionedDataset, path: x, dataset: spark.SparkDataset}",
            "a partitions.PartitionedDataset of spark.SparkDataset",
        ),
        (
            "{type: partitions.IncrementalDataset, path: x, dataset: {type: spark.SparkDataset}}",
            "a partitions.IncrementalDataset of spark.SparkDataset",
        ),
        (
            "{type: CachedDataset, dataset: "
            "{type: partitions.PartitionedDataset, path: x, dataset: spark.SparkDataset}}",
            "a CachedDataset of partitions.PartitionedDataset of spark.SparkDataset",
        ),
        ("{type: partitions.PartitionedDataset, path: x, dataset: pandas.CSVDataset}", None),
        ("{type: pandas.GBQTableDataset, dataset: spark, table_name: t}", None),
        ("{type: CachedDataset, dataset: {type: pickle.PickleDataset, filepath: x}}", None),
    ],
)
def test_what_a_dataset_wraps_counts(tmp_path: Path, entry: str, words: str | None) -> None:
    expected = None if words is None else f"input 'raw' is {words}"
    assert reason_for(tmp_path, f"raw: {entry}") == expected


def test_patterns_and_transcoded_forms_are_looked_up(tmp_path: Path) -> None:
    catalog = """
        "shuttles@spark": {type: spark.SparkDataset, filepath: s}
        "shuttles@pandas": {type: pandas.ParquetDataset, filepath: s}
        "{name}_frame": {type: spark.SparkDataset, filepath: "data/{name}"}
        "{name}#of": {type: "{name}.SparkDataset", filepath: "data/{name}"}
    """
    nodes = (
        "node(make, None, 'shuttles@spark', name='writes')",
        "node(use, 'shuttles@pandas', 'a', name='reads')",
        "node(use, 'a', 'flights_frame', name='by_pattern')",
        "node(use, ['a', 'spark#of'], 'b', name='type_in_a_pattern')",
        "node(use, ['b', 'params:rate', 'parameters'], 'c', name='plain')",
    )
    project = project_of(tmp_path, *nodes, catalog=catalog)
    (project / "conf/base/parameters.yml").write_text("rate: spark.SparkDataset\n")
    assert reasons(project) == {
        "writes": "output 'shuttles@spark' is a spark.SparkDataset",
        "reads": None,
        "by_pattern": "output 'flights_frame' is a spark.SparkDataset",
        "type_in_a_pattern": "input 'spark#of' is a spark.SparkDataset",
        "plain": None,
    }


OWN_DATASETS = """
    from kedro_datasets.spark import SparkDataset
    from kedro_datasets.spark.spark_dataset import SparkDataset as Base
    from kedro_datasets import spark

    class Mine(SparkDataset): ...
    class Deep(Mine): ...
    class Renamed(Base): ...
    class Dotted(spark.SparkDataset): ...
"""


@pytest.mark.parametrize("name", ["Mine", "Deep", "Renamed", "Dotted"])
def test_a_dataset_of_ones_own_counts_by_its_ancestors(tmp_path: Path, name: str) -> None:
    """Where the module cannot be imported, for want of pyspark or hdfs, its source tells."""
    catalog = f"raw: {{type: tiny.own.{name}, filepath: data/raw}}"
    expected = f"input 'raw' is a tiny.own.{name}, a spark.SparkDataset"
    if not has_spark_datasets():
        project = project_of(tmp_path, "node(use, 'raw', 'x', name='n')", catalog=catalog)
        (project / "src/tiny/own.py").write_text(textwrap.dedent(OWN_DATASETS))
        assert [found.code for found in warnings_of(project)] == [Code.DATASET_TYPE_UNKNOWN]
    assert reason_for(tmp_path, catalog, own=OWN_DATASETS) == expected


def test_a_dataset_of_ones_own_may_be_any_other(tmp_path: Path) -> None:
    own = """
        from kedro.io import AbstractDataset
        class Mine(AbstractDataset):
            def _load(self): ...
            def _save(self, data): ...
            def _describe(self): return {}
    """
    assert reason_for(tmp_path, "raw: {type: tiny.own.Mine}", own=own) is None


SIGNS = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import pyspark.sql as ps
def frames(x: ps.DataFrame, y: int = 0) -> ps.DataFrame:
    return x
def made(x) -> dict[str, ps.DataFrame]:
    return {}
"""
SPARK_CATALOG = """
    in@spark: {type: spark.SparkDataset, filepath: data/in}
    out: {type: spark.SparkDataset, filepath: data/out}
"""


def test_the_first_sign_is_the_reason(tmp_path: Path) -> None:
    nodes = (
        f"node(frames, 'in@spark', 'out', name='all', tags=['a', '{SPARK_TAG}'])",
        "node(frames, 'out', 'a', name='hint')",
        "node(made, 'in@spark', 'b', name='returned')",
        "node(use, ['b', 'in@spark', 'out'], 'c', name='input')",
        "node(use, ['c'], ['d', 'e'], name='none')",
    )
    project = project_of(tmp_path, *nodes, catalog=SPARK_CATALOG, nodes=SIGNS)
    assert warnings_of(project) == []
    assert reasons(project) == {
        "all": f"tag {SPARK_TAG}",
        "hint": "type hint of argument 'x': pyspark.sql.DataFrame",
        "returned": "type hint of what it returns: pyspark.sql.DataFrame",
        "input": "input 'in@spark' is a spark.SparkDataset",
        "none": None,
    }


def test_a_dataset_in_memory_between_spark_nodes_is_no_sign(tmp_path: Path) -> None:
    registry = nodes_file(
        "node(frames, 'raw', 'kept', name='spark')",
        "node(use, 'kept', 'two', name='python')",
        head="from tiny.nodes import *",
    )
    listed = (
        "raw: {type: text.TextDataset, filepath: r}\ntwo: {type: text.TextDataset, filepath: t}"
    )
    document = export(
        make_project(
            tmp_path, {**registry, "conf/base/catalog.yml": listed, "src/tiny/nodes.py": SIGNS}
        )
    )
    assert document.datasets["kept"].kind is DatasetKind.MEMORY
    assert [node.engine for node in document.nodes] == [Engine.SPARK, Engine.PYTHON]
    (group,) = document.groups
    assert group.engine is Engine.SPARK


UNREAD = "def lost(x: 'DataFrame', y: 'list[Gone]') -> 'DataFrame':\n    return x"


def test_a_hint_that_nothing_explains_is_told_once_for_each_node(tmp_path: Path) -> None:
    nodes = (
        "node(lost, ['a', 'b'], 'c', name='first')",
        "node(lost, ['a', 'b'], 'd', name='second')",
    )
    project = project_of(tmp_path, *nodes, nodes=UNREAD)
    found = warnings_of(project)
    assert [one.code for one in found] == [Code.SPARK_HINT_UNREAD] * 2
    assert [one.where for one in found] == [
        "pipeline '__default__' > node 'first'",
        "pipeline '__default__' > node 'second'",
    ]
    assert {one.severity for one in found} == {Severity.WARNING}
    assert "argument 'x': nothing explains 'DataFrame'" in found[0].message
    assert SPARK_TAG in found[0].hint
    assert reasons(project) == {"first": None, "second": None}


def test_a_doubt_does_not_matter_where_the_answer_is_known(tmp_path: Path) -> None:
    nodes = (
        f"node(lost, ['a', 'b'], 'c', name='tagged', tags='{SPARK_TAG}')",
        "node(lost, ['a', 'b'], 'out', name='writes')",
    )
    project = project_of(tmp_path, *nodes, catalog=SPARK_CATALOG, nodes=UNREAD)
    assert warnings_of(project) == []
    assert [why is not None for why in reasons(project).values()] == [True, True]


def test_a_project_without_spark_is_told_nothing(tmp_path: Path) -> None:
    text = """
from __future__ import annotations
import functools
from typing import TYPE_CHECKING, Any, Optional
if TYPE_CHECKING:
    import pandas as pd
    from not_installed.models import Forest
    from tiny.models import MyModel
def train(x: pd.DataFrame, y: Optional[MyModel]) -> Forest | dict[str, Any]:
    return x
"""
    nodes = (
        "node(train, ['a', 'b'], 'c', name='train')",
        "node(functools.partial(train, y=1), 'c', 'd', name='partial')",
        "node(lambda x: x, 'd', 'e', name='lambda')",
        "node(len, 'e', 'f', name='builtin')",
        "node(use, 'f', 'g', name='plain')",
    )
    project = project_of(tmp_path, *nodes, nodes=text, models="class MyModel: ...")
    assert warnings_of(project) == []
    assert set(reasons(project).values()) == {None}


@pytest.mark.parametrize("name", ["apiary", "corners"])
def test_the_fixtures_are_told_nothing_of_hints(tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib", reason="one of the projects draws")
    found = warnings_of(copy_fixture(name, tmp_path))
    assert Code.SPARK_HINT_UNREAD not in [one.code for one in found]


LOOK = """
import json, sys
from pathlib import Path
from kairflow.export import Request, export_pipeline
document = export_pipeline(Request(project=Path(sys.argv[1]))).document
loaded = sorted(name for name in sys.modules if name.split(".")[0] in ("pyspark", "py4j", "delta"))
engines = [node.engine.value for node in document.nodes]
print(json.dumps([engines, loaded, "kedro_datasets.spark" in sys.modules]))
"""


def test_looking_imports_nothing_of_spark(tmp_path: Path) -> None:
    nodes = (
        "node(frames, 'in@spark', 'a', name='hint')",
        "node(use, 'a', 'out', name='dataset')",
        "node(use, 'out', 'cached', name='cached')",
    )
    catalog = f"{SPARK_CATALOG}\n    cached: {{type: CachedDataset, dataset: spark.SparkDataset}}"
    project = project_of(tmp_path, *nodes, catalog=catalog, nodes=SIGNS)
    answer = subprocess.run(
        [sys.executable, "-c", LOOK, str(project)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(answer.stdout) == [["spark", "spark", "spark"], [], False]


REAL = """
from typing import Optional
from pyspark.sql import DataFrame, SparkSession
def frames(x: DataFrame, y: int = 0) -> Optional[dict[str, list[DataFrame]]]:
    return x
def session(x, spark: SparkSession = None):
    return x
"""


def test_with_pyspark_the_classes_are_read_and_no_session_starts(tmp_path: Path) -> None:
    spark = pytest.importorskip("pyspark")
    own = """
        from kedro_datasets.spark import SparkDataset
        class Mine(SparkDataset):
            def __init__(self, **anything):
                raise RuntimeError("built")
    """
    nodes = (
        "node(frames, 'in@spark', 'a', name='hint')",
        "node(session, 'a', 'b', name='session')",
        "node(use, 'mine', 'c', name='dataset')",
    )
    catalog = f"{SPARK_CATALOG}\n    mine: {{type: tiny.own.Mine, filepath: m}}"
    project = project_of(tmp_path, *nodes, catalog=catalog, nodes=REAL, own=own)
    expected = [] if has_spark_datasets() else [Code.DATASET_TYPE_UNKNOWN]
    assert [found.code for found in warnings_of(project)] == expected
    assert reasons(project) == {
        "hint": "type hint of argument 'x': pyspark.sql.DataFrame",
        "session": "type hint of argument 'spark': pyspark.sql.SparkSession",
        "dataset": "input 'mine' is a tiny.own.Mine, a spark.SparkDataset",
    }
    assert spark.SparkContext._active_spark_context is None


def test_every_dataset_of_sparks_that_is_installed_is_known() -> None:
    """A class that a newer kedro-datasets adds belongs to the package, so it needs no list."""
    spec = find_spec("kedro_datasets")
    if spec is None or spec.origin is None:
        pytest.skip("kedro-datasets is not installed")
    folder = Path(spec.origin).parent / "spark"
    modules = sorted(path.stem for path in folder.glob("*dataset*.py"))
    assert len(modules) >= 5
    assert all(is_spark_dataset(f"spark.{module}.Any") for module in modules)


def test_modules_are_read_once_for_all_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = list[str]()
    parse = spark_sources._parse

    def counted(path: Path, module: str) -> spark_sources.Source | None:
        parsed.append(path.name)
        return parse(path, module)

    monkeypatch.setattr(spark_sources, "_parse", counted)
    nodes = [
        f"node(functools.partial(frames, y={i}), 'd{i}', 'd{i + 1}', name='n{i}')"
        for i in range(50)
    ]
    project = project_of(tmp_path, *nodes, nodes=SIGNS)
    assert len([why for why in reasons(project).values() if why is not None]) == 50
    assert parsed == ["nodes.py"]
