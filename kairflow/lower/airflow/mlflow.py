"""The MLflow run that a run of the DAG becomes."""

from __future__ import annotations

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
        experiment=config.experiment_name,
        image=as_typed(image),
        access=_ACCESS.get(config.authentication.type or "", "mlflow_access_none"),
        variables=config.authentication.params,
    )


def environment(config: RunConfig) -> dict[str, Text]:
    """Return what tells the nodes in which MLflow run they are."""
    return {"MLFLOW_RUN_ID": Text(RUN_ID, literal=False)} if is_on(config) else {}
