"""Writes the JSON Schemas in `schemas/`; `make schemas` runs it, and a test finds drift.

A schema that a release has published is history: it is never written again, only added to.
"""

from __future__ import annotations

from pathlib import Path

from kairflow.ir.config_schema import config_schema
from kairflow.ir.schema import document_schema, dump_schema
from kairflow.ir.version import IR_VERSION

SCHEMAS = Path(__file__).parents[2] / "schemas"
CURRENT = SCHEMAS / "ir" / f"{IR_VERSION}.json"


CONFIG = SCHEMAS / "config" / f"airflow-k8s-{IR_VERSION}.json"


def main() -> None:
    for path, schema in ((CURRENT, document_schema()), (CONFIG, config_schema())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump_schema(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
