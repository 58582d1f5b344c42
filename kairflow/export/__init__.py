"""Kedro project to IR: the only package that imports Kedro, and only while it exports.

The names below are this package's public face; each is imported when it is first asked for, so
that a command line can name a grouping without loading everything that exporting needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.export.group_by import GroupBy
    from kairflow.export.operator_factory import SparkGroup, SparkOperatorFactoryBase
    from kairflow.export.params import parse_params
    from kairflow.export.pipeline_export import (
        export_all,
        export_pipeline,
        project_address,
        registered_pipelines,
    )
    from kairflow.export.request import Exported, Request

__all__ = [
    "Exported",
    "GroupBy",
    "Request",
    "SparkGroup",
    "SparkOperatorFactoryBase",
    "export_all",
    "export_pipeline",
    "parse_params",
    "project_address",
    "registered_pipelines",
]

_MODULES = {
    "Exported": "request",
    "GroupBy": "group_by",
    "Request": "request",
    "SparkGroup": "operator_factory",
    "SparkOperatorFactoryBase": "operator_factory",
    "export_all": "pipeline_export",
    "export_pipeline": "pipeline_export",
    "parse_params": "params",
    "project_address": "pipeline_export",
    "registered_pipelines": "pipeline_export",
}


def __getattr__(name: str) -> object:
    """Import the module that a public name lives in."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
