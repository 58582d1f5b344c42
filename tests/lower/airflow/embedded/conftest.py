"""The real MLflow server, one for all tests of this folder."""

from __future__ import annotations

from tests.services.fixtures import mlflow

__all__ = ["mlflow"]
