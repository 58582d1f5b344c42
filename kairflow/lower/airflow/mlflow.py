"""The MLflow run that a run of the DAG becomes."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.errors import Code, Diagnostic
from kairflow.ir.deployment import RunConfig
from kairflow.lower.airflow.model import Mlflow, Text
from kairflow.lower.airflow.templates import as_typed

START = "start_mlflow_run"
END = "end_mlflow_run"
RUN_ID = "{{ ti.xcom_pull(task_ids='" + START + "') }}"

_ACCESS = {"GoogleOAuth2": "mlflow_access_google", "Vars": "mlflow_access_vars"}


def is_on(config: RunConfig) -> bool:
    """Tell whether runs of the DAG are runs of MLflow."""
    return (
        config.mlflow is not None
        and not config.mlflow.disabled
        and config.mlflow.tracking_uri is not None
    )


def lower_mlflow(config: RunConfig, image: str) -> Mlflow | None:
    """Decide how the MLflow run is started and ended."""
    if config.mlflow is None or config.mlflow.tracking_uri is None or not is_on(config):
        return None
    return Mlflow(
        tracking_uri=config.mlflow.tracking_uri.rstrip("/"),
        experiment=config.mlflow.experiment_name or config.experiment_name,
        image=as_typed(image),
        access=_ACCESS.get(config.authentication.type or "", "mlflow_access_none"),
        variables=config.authentication.params,
    )


def check(config: RunConfig) -> Iterator[Diagnostic]:
    """Yield a diagnostic for an identity that cannot be shown."""
    if is_on(config) and config.authentication.type == "Vars" and not config.authentication.params:
        message = "type Vars names no Airflow variable, so nothing would identify the DAG"
        where = "run_config.authentication.params"
        hint = "list some, such as MLFLOW_TRACKING_TOKEN"
        yield Diagnostic(Code.NOT_LOWERED, message, where, hint)


def environment(config: RunConfig) -> dict[str, Text]:
    """Return what tells the nodes in which MLflow run they are."""
    return {"MLFLOW_RUN_ID": Text(RUN_ID, literal=False)} if is_on(config) else {}
