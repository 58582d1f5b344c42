"""`kairflow deploy`: a pipeline becomes a DAG file where Airflow finds it."""

from __future__ import annotations

from kairflow.cli import options
from kairflow.cli.boundary import reported
from kairflow.cli.option_groups import (
    Answer,
    LoweringOptions,
    ProjectOptions,
    ScheduleOptions,
    grouped,
)


@reported
@grouped
def deploy(
    *,
    ir: options.Ir = None,
    source: ProjectOptions,
    archive: options.ArchiveFrom = None,
    image: options.Image = None,
    target: LoweringOptions,
    schedule: ScheduleOptions,
    output: options.Place = None,
    dry_run: options.DryRun = False,
    answer: Answer,
) -> None:
    """Lower a pipeline and upload it to where Airflow finds its DAGs.

    What its Spark jobs fetch goes to `run_config.spark.artifacts_path`, before the DAG. A file that
    is the same already is left alone, and nobody ever reads half a file.

    Examples:

    - `kairflow deploy`

    - `kairflow deploy ir.json --output s3://bucket/dags --airflow 2`

    - `kairflow deploy --dry-run`
    """
    from kairflow.cli.deployment import package, plan_upload, show_difference, upload
    from kairflow.cli.pipeline_source import read_pipeline
    from kairflow.cli.places import configured_by, find_output
    from kairflow.cli.report import counted

    pipeline = read_pipeline(ir, source, image, archive, target.runtime, answer)
    place = find_output(output, configured_by(source, pipeline.document.deployment))
    chosen = target.choose(pipeline.image, schedule)
    made = package(pipeline, chosen, place)
    steps = plan_upload(made, answer)
    if dry_run:
        show_difference(made, steps, answer)
        return
    made.show_warnings(answer)
    upload(steps, answer)
    sentence = f"DAG {made.dag.dag_id!r} with {counted(made.dag.tasks, 'task')} is in place"
    step = "kairflow schedule --unpause sees that Airflow runs it; kairflow run-once starts a run"
    made.show_end(steps, answer, (sentence, step))
