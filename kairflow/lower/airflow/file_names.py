"""The names that DAG files have by themselves: nothing else may bind them, unless to the same."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kairflow.lower.airflow.versions import SYMBOLS
from kairflow.lower.codegen import nodes as n

IMPORTS: Mapping[str, n.ImportStatement] = MappingProxyType(
    {
        "Any": n.ImportFrom("typing", "Any"),
        "ApiException": n.ImportFrom("kubernetes.client", "ApiException"),
        "Mapping": n.ImportFrom("collections.abc", "Mapping"),
        "NAMESPACE_URL": n.ImportFrom("uuid", "NAMESPACE_URL"),
        "Request": n.ImportFrom("google.auth.transport.requests", "Request"),
        "TimeoutExpired": n.ImportFrom("subprocess", "TimeoutExpired"),
        "cached_property": n.ImportFrom("functools", "cached_property"),
        "datetime": n.ImportFrom("datetime", "datetime"),
        "fetch_id_token": n.ImportFrom("google.oauth2.id_token", "fetch_id_token"),
        "httpx": n.Import("httpx"),
        "json": n.Import("json"),
        "k8s": n.ImportFrom("kubernetes.client", "models", "k8s"),
        "os": n.Import("os"),
        "re": n.Import("re"),
        "shlex": n.Import("shlex"),
        "signal": n.Import("signal"),
        "ssl": n.Import("ssl"),
        "time": n.Import("time"),
        "timedelta": n.ImportFrom("datetime", "timedelta"),
        "timezone": n.ImportFrom("datetime", "timezone"),
        "uuid5": n.ImportFrom("uuid", "uuid5"),
    }
)
"""What a DAG file may import besides Airflow's own symbols."""

_CONSTANTS = """
CLAIM_NAME CLAIM_SPEC CLUSTER_CONFIG CLUSTER_NAME DATAPROC FILL_VOLUME MLFLOW_EXPERIMENT MLFLOW_URL
MLFLOW_VARIABLES NAMESPACE POD PROJECT_DIR PYTHON REPEAT RUN_WITH_VERSION SPARK_CONF SPARK_LAUNCHER
SPARK_PROPERTIES VOLUME_OWNER
"""
_DEFINITIONS = """
KedroOperator ask_mlflow claim_is_created create_claim delete_claim end_mlflow_run escaped
find_experiment find_or_create_experiment find_or_create_run from_variable has_dollar_brace
kedro_0_19_params kedro_params kedro_pod kedro_run mlflow_access mlflow_answer mlflow_certificates
open_mlflow parameter_text quoted scalar_text spark_job start_mlflow_run storage task_doc
task_states tell_slack yaml_text
"""
_VARIABLES = """
create_pipeline_storage create_spark_cluster data_volume_init delete_pipeline_storage
delete_spark_cluster mlflow_end mlflow_start
"""
_BUILTINS = """
RuntimeError TypeError ValueError any bool dict float format getattr hasattr int isinstance len list
map ord range str super tuple zip
"""
OWN = frozenset((*_CONSTANTS.split(), *_DEFINITIONS.split(), *_VARIABLES.split()))
"""What a DAG file defines."""

RELIED_ON = frozenset(_BUILTINS.split())
"""The builtins that the functions of a DAG file call."""

TAKEN = OWN | RELIED_ON | IMPORTS.keys() | {name for line in SYMBOLS.values() for name in line}
"""What no task, resource class or pod template may bind: theirs give way to other names."""

TASK_IDS = (
    *("create_pipeline_storage", "data_volume_init", "delete_pipeline_storage"),
    *("end_mlflow_run", "start_mlflow_run"),
)
"""The ids of the tasks around the pipeline, but for sensors and the Spark cluster."""


def import_of(name: str, line: str) -> n.ImportStatement | None:
    """Return how a file of this Airflow line imports a name, if it ever does."""
    module = SYMBOLS[line].get(name)
    return IMPORTS.get(name) if module is None else n.ImportFrom(module, name)
