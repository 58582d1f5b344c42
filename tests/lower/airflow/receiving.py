"""What the operators of Spark jobs and of their cluster receive, and what was typed for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kairflow.ir import Document
from kairflow.ir.artefacts import Artefacts, name_artefacts
from kairflow.ir.model import Engine
from kairflow.lower.airflow.options import Options, Runtime
from tests.lower.airflow.reading import (
    LITERAL,
    SPARK_JOB,
    dag_block,
    dotted,
    expressions,
    operator_calls,
)
from tests.lower.airflow.rendering import (
    TEMPLATED,
    expanded_by_kubernetes,
    given,
    render,
)

Context = Mapping[str, Any]


class Received(NamedTuple):
    """The arguments of an operator once Airflow has filled in the templates among them."""

    operator: str
    fields: dict[str, Any]


def jobs_of(text: str, context: Context) -> dict[tuple[str, ...], Received]:
    """Return what the operator of each Spark job receives, by the job's nodes."""
    tree, calls = ast.parse(text), operator_calls(text)
    found = {}
    for call in _calls(tree):
        if dotted(call.func) == SPARK_JOB:
            own = {item.arg: item.value for item in call.keywords if item.arg is not None}
            own["task_id"] = call.args[0]
            known = {**_defaults(tree), **expressions(tree), **own}
            nodes = tuple(ast.literal_eval(own["nodes"]))
            found[nodes] = _received(calls[SPARK_JOB], known, context)
    return found


def clusters_of(text: str, context: Context) -> dict[str, Received]:
    """Return what the operators receive that create and delete a cluster, by the task's id."""
    tree = ast.parse(text)
    calls = [call for call in _calls(tree) if "Cluster" in dotted(call.func)]
    received = [_received(call, expressions(tree), context) for call in calls]
    return {one.fields["task_id"]: one for one in received}


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(dag_block(tree)) if isinstance(node, ast.Call))


def _defaults(tree: ast.Module) -> dict[str, ast.expr]:
    (job,) = [
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == SPARK_JOB
    ]
    names = [one.arg for one in job.args.args][::-1]
    return dict(zip(names, job.args.defaults[::-1], strict=False))


def _received(call: ast.Call, known: Mapping[str, ast.expr], context: Context) -> Received:
    operator = dotted(call.func)
    fields = {
        name: _filled(value, known, context if name in TEMPLATED[operator] else None)
        for name, value in given(call, known).items()
        if name != "doc_md"
    }
    return Received(operator, fields)


def _filled(node: ast.expr, known: Mapping[str, ast.expr], context: Context | None) -> Any:
    """Evaluate an expression and render its texts; without a context no field is rendered."""
    match node:
        case ast.Constant(value=str() as text):
            return text if context is None else render(text, context)
        case ast.Name(id=name):
            return _filled(known[name], known, context)
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name == LITERAL:
            return _filled(inner, known, None)
        case ast.List(elts=items):
            return [_filled(item, known, context) for item in items]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {ast.literal_eval(k): _filled(v, known, context) for k, v in pairs if k}
        case ast.BinOp(left=left, right=ast.Call(args=[ast.Name(id="nodes")])):
            text = ast.literal_eval(left) + ",".join(ast.literal_eval(known["nodes"]))
            return text if context is None else render(text, context)
    return ast.literal_eval(node)


def as_meant(value: Any, context: Context) -> Any:
    """Fill in what the user wrote as a template, and nothing else."""
    if isinstance(value, Mapping):
        return {key: as_meant(item, context) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_meant(item, context) for item in value]
    if isinstance(value, str) and "{{ ds }}" in value:
        return value.replace("{{ ds }}", context["ds"]).replace("\r\n", "\n").replace("\r", "\n")
    return value


def check_jobs(text: str, doc: Document, options: Options, context: Context) -> None:
    """Check that each Spark job and its cluster receive what the configuration says."""
    jobs = jobs_of(text, context)
    spark = doc.deployment.run_config.spark
    groups = {group.nodes: group.id for group in doc.groups if group.engine is Engine.SPARK}
    assert jobs.keys() == groups.keys()
    if options.runtime is Runtime.LOCAL:
        for nodes, job in jobs.items():
            _check_child(job, nodes, doc, context)
        return
    if not jobs:
        return
    assert spark is not None
    check = {
        "DataprocSubmitJobOperator": _check_job,
        "DataprocCreateBatchOperator": _check_batch,
        "SparkSubmitOperator": _check_submit,
        "SparkKubernetesOperator": _check_application,
    }
    for nodes, job in jobs.items():
        check[job.operator](job, groups[nodes], nodes, doc, context)
    if spark.type == "dataproc":
        _check_cluster(text, jobs, doc, context)


def _spark(doc: Document) -> Any:
    return doc.deployment.run_config.spark


def _conf(doc: Document, context: Context) -> dict[str, str]:
    spark = _spark(doc)
    typed: dict[str, str] = as_meant(spark.conf, context) if spark is not None else {}
    return typed


def _files(doc: Document) -> Artefacts:
    files = name_artefacts(doc)
    assert files is not None
    return files


def _check_child(job: Received, nodes: tuple[str, ...], doc: Document, context: Context) -> None:
    told = job.fields["arguments"]
    place = told.index("--")
    assert told[place - 2 * len(_conf(doc, context)) : place] == [
        item for key, value in _conf(doc, context).items() for item in ("--conf", f"{key}={value}")
    ]
    assert told[-1] == "--nodes=" + ",".join(nodes)


def _check_place(one: Received, doc: Document, context: Context) -> None:
    spark = _spark(doc)
    assert one.fields["region"] == as_meant(spark.region, context)
    assert one.fields.get("project_id") == as_meant(spark.project_id, context)
    assert one.fields.get("gcp_conn_id") == spark.connection_id


def _check_job(
    job: Received, group: str, nodes: tuple[str, ...], doc: Document, context: Context
) -> None:
    _check_place(job, doc, context)
    pyspark = job.fields["job"]["pyspark_job"]
    assert pyspark["main_python_file_uri"] == _files(doc).runners[group]
    assert pyspark["properties"].items() >= _conf(doc, context).items()


def _check_cluster(
    text: str, jobs: Mapping[Any, Received], doc: Document, context: Context
) -> None:
    config = as_meant(_spark(doc).cluster_config, context)
    ours = {"executable_file": _files(doc).init_script, "execution_timeout": {"seconds": 1800}}
    actions = [*config.pop("initialization_actions", ()), ours]
    around = clusters_of(text, context)
    created = around["create-spark-cluster"].fields
    assert created["cluster_config"] == {**config, "initialization_actions": actions}
    names = {one.fields["cluster_name"] for one in around.values()}
    assert names == {job.fields["job"]["placement"]["cluster_name"] for job in jobs.values()}
    assert len(names) == 1
    for one in around.values():
        _check_place(one, doc, context)


def _check_batch(
    job: Received, group: str, nodes: tuple[str, ...], doc: Document, context: Context
) -> None:
    _check_place(job, doc, context)
    files, config = _files(doc), as_meant(_spark(doc).cluster_config, context)
    received = job.fields["batch"]
    of_batch, of_runtime = received.pop("pyspark_batch"), received.pop("runtime_config")
    typed_batch, typed_runtime = config.pop("pyspark_batch", {}), config.pop("runtime_config", {})
    assert received == config
    archives = [f"{files.archive}#project", *typed_batch.pop("archive_uris", ())]
    assert of_batch.pop("args") is not None
    script = files.runners[group]
    assert of_batch == {
        **typed_batch,
        "archive_uris": archives,
        "main_python_file_uri": script,
    }
    wanted = {**_conf(doc, context), **typed_runtime.pop("properties", {})}
    assert of_runtime.pop("properties").items() >= wanted.items()
    assert of_runtime == typed_runtime


def _check_submit(
    job: Received, group: str, nodes: tuple[str, ...], doc: Document, context: Context
) -> None:
    spark, conf = _spark(doc), job.fields["conf"]
    connection = spark.connection_id or spark.cluster_name or "spark_default"
    assert job.fields["conn_id"] == connection
    assert job.fields["application"] == spark.cluster.run_script
    assert job.fields["application_args"][-1] == "--nodes=" + ",".join(nodes)
    _check_settings(conf, doc, context)
    assert conf.get("spark.jars") == spark.cluster.jars
    if spark.cluster.image:
        assert conf["spark.kubernetes.container.image"] == spark.cluster.image


def _check_settings(conf: Mapping[str, str], doc: Document, context: Context) -> None:
    cluster = _spark(doc).cluster
    wanted = {**_conf(doc, context), **as_meant(cluster.conf, context)}
    assert conf.items() >= wanted.items()
    for role, prefix in (
        ("driver", "spark.kubernetes.driverEnv"),
        ("executor", "spark.executorEnv"),
    ):
        for name, value in cluster.env_vars.items():
            given = conf[f"{prefix}.{name}"]
            assert (expanded_by_kubernetes(given) if role == "driver" else given) == value
        for secret, folder in cluster.secrets.items():
            assert conf[f"spark.kubernetes.{role}.secrets.{secret}"] == folder
        if cluster.local_storage is not None:
            (claim,) = [key for key in conf if key.endswith("storageClass") and f".{role}." in key]
            assert conf[claim] == cluster.local_storage.class_name


def _check_application(
    job: Received, group: str, nodes: tuple[str, ...], doc: Document, context: Context
) -> None:
    spark, config = _spark(doc), doc.deployment.run_config
    spec = job.fields["template_spec"]["spec"]
    assert job.fields["namespace"] == config.namespace
    assert job.fields.get("kubernetes_conn_id") == spark.connection_id
    assert spec["sparkVersion"] == spark.cluster.spark_version
    assert spec["mainApplicationFile"] == spark.cluster.run_script
    assert spec["arguments"][-1] == "--nodes=" + ",".join(nodes)
    typed = as_meant(spark.cluster.application, context)
    settings = {**spec["sparkConf"]}
    assert settings.items() >= typed.pop("sparkConf", {}).items()
    _check_settings(settings, doc, context)
    annotations = typed.pop("driver", {}).get("annotations", {})
    assert spec["driver"].get("annotations", {}) == annotations
    assert spec.items() >= typed.items()
    if spark.cluster.jars:
        assert spec["deps"]["jars"] == [spark.cluster.jars]
    if spark.cluster.image:
        assert spec["image"] == spark.cluster.image
