"""How to reach MLflow with what stands in Airflow's variables, named as MLflow names them.

They are read within the task: a template would show them in Airflow's pages.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from airflow.sdk import Variable

# Lowering writes this: those of the known names that the configuration lists.
MLFLOW_VARIABLES = [
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_INSECURE_TLS",
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
]


def mlflow_access() -> dict[str, Any]:
    """Read credentials and certificates from Airflow variables."""
    values = [value.strip() for value in map(Variable.get, MLFLOW_VARIABLES)]
    found = dict(zip(MLFLOW_VARIABLES, values))  # noqa: B905  Python 3.9 has no strict
    username = found.get("MLFLOW_TRACKING_USERNAME")
    password = found.get("MLFLOW_TRACKING_PASSWORD")
    token = found.get("MLFLOW_TRACKING_TOKEN")
    verify = mlflow_certificates(found)
    if username and password:
        return {"verify": verify, "auth": (username, password)}
    if token:
        # An error of the HTTP library would show it.
        if not (token.isascii() and token.isprintable()):
            raise RuntimeError("MLFLOW_TRACKING_TOKEN must be one line of ASCII characters.")
        return {"verify": verify, "headers": {"Authorization": f"Bearer {token}"}}
    return {"verify": verify}


def mlflow_certificates(found: dict[str, str]) -> ssl.SSLContext:
    """Build what decides which server is trusted, and who we are."""
    insecure = found.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
    server_path = found.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    client_path = found.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
    if server_path and not insecure:
        context = ssl.create_default_context(cafile=server_path)
    else:
        context = httpx.create_ssl_context(verify=not insecure)
    if client_path:
        context.load_cert_chain(client_path)
    return context
