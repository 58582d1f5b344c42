"""The IR's version and the addresses of the schemas; nothing else."""

from __future__ import annotations

from typing import Final

IR_VERSION: Final = "1.0"
"""Major and minor: the minor grows with optional additions, the major with anything else."""

SCHEMA_URL = f"https://kairflow.dev/schemas/ir/{IR_VERSION}.json"
"""The schema's name. It identifies the document's rules and is never fetched."""

CONFIG_SCHEMA_URL = f"https://kairflow.dev/schemas/config/airflow-k8s-{IR_VERSION}.json"
"""The name of the schema of `airflow-k8s.yml`, for editors."""
