"""Where Airflow is and finds its files: what was given, else what the IR or the project says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kairflow.cli.option_groups import ConfigurationOptions, ProjectOptions
    from kairflow.errors import Diagnostic
    from kairflow.ir.deployment import Deployment

Key = Literal["host", "output"]


@dataclass(frozen=True, slots=True)
class Configured:
    """Where to look for what no option and no variable gave."""

    project: Path
    env: str | None
    conf_source: str | None
    deployment: Deployment | None = None
    """That of the IR, which comes before the project."""


def configured_by(
    source: ProjectOptions | ConfigurationOptions, deployment: Deployment | None = None
) -> Configured:
    """Say where to look: in the IR, then in the project that the options name."""
    return Configured(source.project, source.env, source.conf_source, deployment)


def find_host(given: str | None, configured: Configured) -> str:
    """Return the address of Airflow's web server, checked.

    Raises:
        UsageError: nobody says it, or it is none.
    """
    from kairflow.deploy.airflow_host import check_host

    host, where = _find("host", given, configured)
    return check_host(host, where)


def find_output(given: str | None, configured: Configured) -> str:
    """Return where Airflow finds its DAG files, checked.

    Raises:
        UsageError: nobody says it, or it is no such place.
    """
    from kairflow.deploy.addresses import check_address

    output, where = _find("output", given, configured)
    check_address(output, where)
    return output


def is_shared(address: str, host: str) -> bool:
    """Tell whether Airflow reads the very folder that is written to: both are on this machine.

    A folder here may be copied to a server elsewhere, by git or by another command.
    """
    from kairflow.deploy.addresses import local_path
    from kairflow.deploy.airflow_host import is_here

    return local_path(address) is not None and is_here(host)


def _find(key: Key, given: str | None, configured: Configured) -> tuple[str, str]:
    from kairflow.errors import UsageError

    if given:
        return given, f"--{key} or KAIRFLOW_{key.upper()}"
    found = getattr(configured.deployment, key, None)
    if found:
        return found, f"{key} in the IR"
    found, reason = _in_project(key, configured)
    if found:
        return found, f"{key} in airflow-k8s.yml"
    raise UsageError([_missing(key, reason)])


def _in_project(key: Key, configured: Configured) -> tuple[str | None, str]:
    """Read the project's configuration, without its pipelines; say why when there is no project.

    Raises:
        ExportError: the configuration cannot be read, or the key's placeholders not be filled.
    """
    from kairflow.errors import ProjectError
    from kairflow.export import Request, project_address

    place = (configured.env or None, configured.conf_source)
    try:
        return project_address(Request(configured.project, "__default__", *place), key), ""
    except ProjectError as error:
        return None, error.diagnostics[0].message


def _missing(key: Key, reason: str) -> Diagnostic:
    from kairflow.errors import Code, Diagnostic

    code = Code.HOST_MISSING if key == "host" else Code.OUTPUT_MISSING
    what = "where Airflow is" if key == "host" else "where Airflow finds its DAG files"
    message = f"nobody says {what}" + (f", and no project does: {reason}" if reason else "")
    example = "https://airflow.example.com" if key == "host" else "gs://bucket/dags"
    hint = f"write {key}: {example} into airflow-k8s.yml, or give --{key}"
    return Diagnostic(code, message, hint=f"{hint} or KAIRFLOW_{key.upper()}")
