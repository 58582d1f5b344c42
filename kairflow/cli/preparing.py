"""All that comes before a verb changes anything on a server: lowered for its line, and planned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    ScheduleOptions,
    ServerOptions,
)

if TYPE_CHECKING:
    from kairflow.cli.deployment import Package
    from kairflow.cli.pipeline_source import Pipeline
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.upload import Step
    from kairflow.lower.airflow.options import Options


@dataclass(frozen=True, slots=True)
class Prepared:
    """A package for a server, and what uploading it would change."""

    client: AirflowClient
    made: Package
    steps: tuple[Step, ...]


@contextmanager
def prepared(
    pipeline: Pipeline,
    source: ProjectOptions,
    target: LoweringOptions,
    schedule: ScheduleOptions | None,
    output: str | None,
    server: ServerOptions,
    answer: Answer,
) -> Iterator[Prepared]:
    """Find the server, lower for its line, and look at what is there.

    Raises:
        KairflowError: places, server, pipeline or what lies there is at fault.
    """
    from kairflow.cli.deployment import package, plan_upload
    from kairflow.cli.places import configured_by, find_output
    from kairflow.cli.server import connected

    configured = configured_by(source, pipeline.document.deployment)
    place = find_output(output, configured)
    with connected(server, configured, answer) as airflow:
        chosen = _chosen_for(airflow.client, target, pipeline.image, schedule)
        made = package(pipeline, chosen, place)
        if answer.as_json:  # people have been told already
            made = made.warned(*airflow.warnings)
        yield Prepared(airflow.client, made, plan_upload(made, answer))


def _chosen_for(
    client: AirflowClient,
    target: LoweringOptions,
    image: str | None,
    schedule: ScheduleOptions | None,
) -> Options:
    """Choose the lowering for the server's line.

    Raises:
        UsageError: another line was asked for.
        RefusedError: Kairflow knows no such Airflow.
    """
    from dataclasses import replace

    from kairflow.errors import Code, Diagnostic, RefusedError, UsageError
    from kairflow.lower.airflow.options import line_of

    found, asked = line_of(client.version), target.airflow
    if found is None:
        message = f"found Airflow {client.version}, expected 2.9 to 2.11 or 3"
        hint = "upgrade it, or look for a newer Kairflow"
        raise RefusedError([Diagnostic(Code.AIRFLOW_VERSION, message, client.host, hint)])
    if asked is not None and not asked.runs_on(found):
        message = f"--airflow {asked.value} was asked for, but the server is {client.version}"
        hint = "leave --airflow out: the server's line is taken"
        raise UsageError([Diagnostic(Code.AIRFLOW_VERSION, message, client.host, hint)])
    return replace(target.choose(image, schedule), line=asked or found)
