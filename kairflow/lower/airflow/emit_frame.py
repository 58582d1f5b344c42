"""The tasks of a DAG file around the pipeline: sensors, setups and teardowns."""

from __future__ import annotations

from collections.abc import Iterator

from kairflow.lower.airflow import emit_spark, frame, mlflow
from kairflow.lower.airflow.emit_values import keywords, merged, setting, text
from kairflow.lower.airflow.model import Dag, Mlflow, Pods, Sensor, Storage
from kairflow.lower.codegen import nodes as n

_MOUNTED = "/tmp/volume"  # noqa: S108  a path in a container, where nobody else is
_FILL = (
    'test -e "$1/.data_volume_init" || {',
    ' if test -d "$0"; then cp -R "$0/." "$1"; fi',
    ' && touch "$1/.data_volume_init"; }',
)


def fill_constant(dag: Dag) -> Iterator[n.Statement]:
    """Build the program that copies the image's data, once for each volume."""
    if isinstance(dag.runtime, Pods) and dag.runtime.storage and dag.runtime.storage.filled:
        yield n.BlankLine()
        yield n.Comment("Copies a folder of the image into the volume, once.")
        yield n.Assign(n.Name("FILL_VOLUME"), n.TextBlock(_FILL))


def mlflow_constants(run: Mlflow) -> Iterator[n.Statement]:
    """Build the constants that say where the MLflow run goes."""
    yield n.Assign(n.Name("MLFLOW_URL"), n.Literal(run.tracking_uri))
    yield n.Assign(n.Name("MLFLOW_EXPERIMENT"), n.Literal(run.experiment))
    if run.access == "mlflow_access_vars":
        yield n.Assign(n.Name("MLFLOW_VARIABLES"), n.Literal(run.variables))


def before(dag: Dag) -> Iterator[n.Statement]:
    """Build the tasks that come before the pipeline's."""
    for sensor in dag.sensors:
        yield n.Assign(n.Name(sensor.variable), _sensor(sensor))
    storage = dag.runtime.storage if isinstance(dag.runtime, Pods) else None
    if storage is not None:
        create = _claim_task(frame.CREATE, "create_claim")
        yield n.Assign(n.Name(frame.CREATE), _as_setup(create) if storage.scoped else create)
        if storage.filled:
            fill = _fill(storage)
            yield n.Assign(n.Name(frame.FILL), _as_setup(fill) if storage.scoped else fill)
    if dag.mlflow is not None:
        yield n.Assign(n.Name(frame.variable(mlflow.START)), _as_setup(_start(dag.mlflow)))
    if dag.spark is not None:
        yield from emit_spark.create_task(dag.spark)


def after(dag: Dag) -> Iterator[n.Statement]:
    """Build the tasks that come after the pipeline's."""
    storage = dag.runtime.storage if isinstance(dag.runtime, Pods) else None
    if storage is not None and storage.deletes:
        delete = _claim_task(frame.DELETE, "delete_claim")
        ending = _as_teardown(delete, frame.CREATE) if storage.scoped else delete
        yield n.Assign(n.Name(frame.DELETE), ending)
    if dag.mlflow is not None:
        end = _python_task(mlflow.END, "end_mlflow_run")
        ending = _as_teardown(end, frame.variable(mlflow.START))
        yield n.Assign(n.Name(frame.variable(mlflow.END)), ending)
    if dag.spark is not None:
        yield from emit_spark.delete_task(dag.spark)


def _sensor(sensor: Sensor) -> n.Call:
    entries: dict[str, n.Expression | None] = {
        "task_id": n.Literal(sensor.task_id),
        "external_dag_id": text(sensor.dag_id),
        "external_task_id": text(sensor.awaited_task) if sensor.awaited_task else None,
        "execution_delta": setting(sensor.earlier) if sensor.earlier is not None else None,
        "check_existence": n.Literal(sensor.check_existence),
        "timeout": n.Literal(sensor.timeout_seconds),
        "mode": n.Literal("reschedule"),
        "deferrable": n.Literal(False),
    }
    return n.Call(n.Name("ExternalTaskSensor"), (), keywords(entries))


def _claim_task(task_id: str, function: str) -> n.Call:
    return _python_task(task_id, function, op_args=n.ListDisplay((n.Name("CLAIM_NAME"),)))


def _start(run: Mlflow) -> n.Call:
    image = n.DictDisplay(((n.Literal("image"), text(run.image)),))
    return _python_task(mlflow.START, "start_mlflow_run", op_kwargs=image)


def _python_task(task_id: str, function: str, **arguments: n.Expression) -> n.Call:
    entries: dict[str, n.Expression | None] = {
        "task_id": n.Literal(task_id),
        "python_callable": n.Name(function),
        **arguments,
    }
    return n.Call(n.Name("PythonOperator"), (), keywords(entries))


def _fill(storage: Storage) -> n.Call:
    mounted = n.Call(n.Name("storage"), (n.Literal(_MOUNTED),))
    settings = (n.Name(storage.settings),) if storage.settings is not None else ()
    shell = (n.Literal("sh"), n.Literal("-c"), n.Name("FILL_VOLUME"))
    entries: dict[str, n.Expression | None] = {
        "task_id": n.Literal(frame.FILL),
        "cmds": n.ListDisplay(shell),
        "arguments": n.ListDisplay((text(storage.source), n.Literal(_MOUNTED))),
    }
    parts = (n.Name("POD"), mounted, *settings)
    return n.Call(n.Name("KubernetesPodOperator"), (), (*keywords(entries), merged(parts)))


def _as_setup(task: n.Call) -> n.Call:
    return n.Call(n.Attribute(task, "as_setup"))


def _as_teardown(task: n.Call, setup: str) -> n.Call:
    keyword = n.Keyword("setups", n.Name(setup))
    return n.Call(n.Attribute(task, "as_teardown"), (), (keyword,))
