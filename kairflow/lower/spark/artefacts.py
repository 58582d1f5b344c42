"""Which files the Spark jobs of a pipeline fetch, and what is in them; the archive is export's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kairflow.ir.artefacts import Artefacts, name_artefacts
from kairflow.ir.model import Document, Group
from kairflow.ir.spark import Archive, Spark
from kairflow.lower.airflow import kedro_run
from kairflow.lower.airflow.run_values import has_run_values
from kairflow.lower.airflow.spark_dataproc import PROJECT_FOLDER
from kairflow.lower.spark.init_script import Installation, init_script_text
from kairflow.lower.spark.runner import runner_text


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to upload: its full address, its name there, and its text."""

    address: str
    name: str
    text: str


def spark_artefacts(document: Document) -> tuple[Artefact, ...]:
    """Return the files for `artifacts_path`: initialisation script first, then each group's runner.

    There are none when the cluster fetches nothing, or when the IR names no archive.
    """
    archive, spark = document.archive, document.deployment.run_config.spark
    names = name_artefacts(document)
    if archive is None or spark is None or names is None:
        return ()
    return tuple(_artefacts(document, spark, archive, names))


def _artefacts(
    document: Document, spark: Spark, archive: Archive, names: Artefacts
) -> Iterator[Artefact]:
    home = f"/opt/{document.source.package}"
    if spark.type == "dataproc-serverless":
        # Nothing initialises its machines: each batch unpacks the archive where it starts.
        home = PROJECT_FOLDER
    else:
        code = document.source.source_dir
        script = init_script_text(
            Installation(home, code, names.archive, archive.sha256),
            user_init=spark.user_init,
            user_post_init=spark.user_post_init,
        )
        yield _artefact(names.init_script, script)
    for group in document.groups:
        if (address := names.runners.get(group.id)) is not None:
            arguments = _runner_arguments(document, group)
            yield _artefact(address, runner_text(project_home=home, arguments=arguments))


def _artefact(address: str, text: str) -> Artefact:
    return Artefact(address, address.rpartition("/")[2], text)


def _runner_arguments(document: Document, group: Group) -> tuple[str, ...]:
    """Return the `kedro run` of a group; parameters too unless the run has a say in them."""
    given = document.source.runtime_params
    baked = given and not has_run_values(document.deployment.run_config)
    params = (f"--params={kedro_run.params_text(given)}",) if baked else ()
    return (
        *kedro_run.place_arguments(document),
        # Spark spreads the work itself: what goes side by side here are its jobs.
        "--runner=ThreadRunner",
        *params,
        kedro_run.nodes_argument(group.nodes),
    )
