"""Everything that a run of the example leaves, so that two runs can be compared."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.spark.running import SparkLine, spark_environment

_READ = """
import json, sys
from pathlib import Path
import pandas as pd
for name in sorted(sys.argv[1:]):
    rows = pd.read_parquet(name).astype(str).sort_index(axis=1)
    print(json.dumps([name, sorted(map(list, rows.itertuples(index=False))), list(rows)]))
"""


def tables_of(line: SparkLine, project: Path) -> dict[str, Any]:
    """Return Parquet tables by their rows in any order, and every other file by its text.

    Spark names the files of a table by chance and writes its rows in any order. Time stamps of
    versions are left out of the paths.
    """
    data = project / "data"
    tables = [path for path in data.rglob("*.parquet") if path.is_dir() or _is_whole(path)]
    files = [path for path in data.rglob("*") if path.is_file() and not _is_within(path, tables)]
    texts = {_name(path, data): path.read_text(encoding="utf-8") for path in files}
    return texts | _rows(line, tables, data)


def _is_whole(path: Path) -> bool:
    return not any(folder.suffix == ".parquet" for folder in path.parents)


def _is_within(path: Path, tables: list[Path]) -> bool:
    return any(table == path or table in path.parents for table in tables)


def _name(path: Path, data: Path) -> str:
    parts = path.relative_to(data).parts
    return "/".join("VERSION" if p[:4].isdecimal() and "T" in p else p for p in parts)


def _rows(line: SparkLine, tables: list[Path], data: Path) -> dict[str, Any]:
    answer = subprocess.run(
        [line.python, "-c", _READ, *tables],
        env=spark_environment(line),
        capture_output=True,
        text=True,
        check=True,
    )
    read = (json.loads(one) for one in answer.stdout.splitlines())
    return {
        _name(Path(name), data): {"columns": columns, "rows": rows} for name, rows, columns in read
    }
