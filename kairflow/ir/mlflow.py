"""The configuration's words for MLflow: where the server is, and how the DAG identifies itself."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from kairflow.ir.base import ClosedModel, complete_complaint


def uri_complaint(uri: str) -> str:
    """Say why the DAG cannot call a tracking address; empty when it can."""
    try:
        parts = urlsplit(uri)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        return f"expected an address: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        return "expected an address that starts with http:// or https://"
    if "@" in parts.netloc:
        return "found a user name in the address, expected none: use run_config.authentication"
    return ""


def _check_uri(uri: str) -> str:
    if complaint := uri_complaint(uri):
        # The address may hold a password, which no message repeats.
        raise complete_complaint("tracking_uri", complaint)
    return uri


class Mlflow(ClosedModel):
    """The MLflow server in which each run of the DAG becomes one run."""

    tracking_uri: Annotated[str, AfterValidator(_check_uri)] | None = None
    """Address of the server as Airflow sees it; null takes that of the project's `mlflow.yml`."""
    experiment_name: Annotated[str, Field(min_length=1)] | None = None
    """Experiment in which runs are started; null takes run_config.experiment_name.

    An export takes that of the project's `mlflow.yml`, since nodes log there."""
    disabled: bool = False
    """Whether the DAG leaves MLflow alone."""


class Authentication(ClosedModel):
    """How the DAG identifies itself to the MLflow server."""

    type: Literal["GoogleOAuth2", "Vars", "Null"] | None = None
    """The method; null, like `Null`, for none."""
    params: tuple[
        Literal[
            "MLFLOW_TRACKING_USERNAME",
            "MLFLOW_TRACKING_PASSWORD",
            "MLFLOW_TRACKING_TOKEN",
            "MLFLOW_TRACKING_INSECURE_TLS",
            "MLFLOW_TRACKING_SERVER_CERT_PATH",
            "MLFLOW_TRACKING_CLIENT_CERT_PATH",
        ],
        ...,
    ] = ()
    """With `Vars`: Airflow variables named like MLflow's own environment variables."""
