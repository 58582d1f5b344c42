"""Which dotted names mean Spark, told from the name alone; nothing is imported.

Every class of the package `pyspark` counts: frames of all kinds (Spark Connect's and pandas on
Spark too), columns, RDDs, sessions, pipelines and models, but also plain values such as `Row` or
`StructType`. Whoever names one needs that package when the node runs, and only a Spark job is sure
to have it; and a rule without exceptions can be told in one sentence. Packages whose classes are
made of Spark's, such as Delta's tables, count as well.
"""

from __future__ import annotations

from collections.abc import Sequence

_PACKAGES = (
    "pyspark",
    "databricks.connect",
    "delta.connect",
    "delta.tables",
    "delta.DeltaTable",
    "pandera.typing.pyspark",
    "pandera.typing.pyspark_sql",
)
_HOMES = {
    "pyspark": ("conf", "context", "core.context", "core.rdd", "rdd"),
    "pyspark.ml": ("base", "pipeline"),
    "pyspark.pandas": ("frame", "series", "indexes.base", "indexes.multi"),
    "pyspark.sql": ("column", "dataframe", "group", "readwriter", "session", "window"),
}
"""Where Spark's documentation has the classes that a node is likely to name, and their modules."""
_SHORTER = {f"{home}.{name}": home for home, names in _HOMES.items() for name in names}

_DATASET_PACKAGES = ("kedro_datasets.", "kedro_datasets_experimental.", "kedro.extras.datasets.")
_DATABRICKS_TABLES = ("managedtabledataset", "externaltabledataset")
"""They load through a Spark session even when `dataframe_type` is `pandas`."""


def is_spark_class(name: str) -> bool:
    """Tell whether a dotted name is one of Spark's, however its module is spelled."""
    return any(name == package or name.startswith(f"{package}.") for package in _PACKAGES)


def documented_name(name: str) -> str:
    """Spell a class as Spark's documentation does: the same for all versions and ways to it."""
    module, _, last = name.rpartition(".")
    return f"{_SHORTER.get(module, module)}.{last}"


def is_spark_dataset(dataset_type: str) -> bool:
    """Tell whether a type, as a catalog spells it, is one of Kedro's datasets of Spark frames."""
    return _is_spark_dataset(_within_datasets(dataset_type) or dataset_type)


def is_spark_dataset_class(name: str) -> bool:
    """Tell the same of a class's full name, which begins with Kedro's package."""
    within = _within_datasets(name)
    return within is not None and _is_spark_dataset(within)


def dataset_name(name: str) -> str:
    """Spell one of Kedro's classes of datasets as a catalog usually does."""
    package, *_, last = (_within_datasets(name) or name).split(".")
    return f"{package}.{last}"


def first_spark_name(names: Sequence[str]) -> str:
    """Return what a class and its ancestors say of Spark, in words for a reason."""
    found = documented_name(next(name for name in names if is_spark_class(name)))
    return found if is_spark_class(names[0]) else f"{names[0]}, a {found}"


def _within_datasets(name: str) -> str | None:
    package = next((one for one in _DATASET_PACKAGES if name.startswith(one)), None)
    return None if package is None else name.removeprefix(package)


def _is_spark_dataset(name: str) -> bool:
    package, *rest = name.split(".")
    if not rest:
        return False
    if package == "databricks":
        return rest[-1].lower() in _DATABRICKS_TABLES
    return package == "spark"
