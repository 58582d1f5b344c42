"""How to reach MLflow behind Google's proxy: with an id token of the Airflow worker's account."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import os
from typing import Any

from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token


def mlflow_access() -> dict[str, Any]:
    """Ask Google for an id token for the audience of MLflow."""
    audience = os.environ["GOOGLE_AUDIENCE"]
    token = fetch_id_token(Request(), audience)
    return {"headers": {"Authorization": f"Bearer {token}"}}
