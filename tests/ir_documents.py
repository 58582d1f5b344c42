"""Documents for the whole suite: builders of tiny valid ones, and a strategy for wild ones.

The builders group with `make_groups`, so that a document cannot disagree with its own nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from kairflow.errors import GroupingError
from kairflow.export.group_by import GroupBy
from kairflow.export.grouping import make_groups
from kairflow.ir.deployment import Deployment, NodeSettings, RunConfig
from kairflow.ir.graph import base_name
from kairflow.ir.model import (
    DEFAULT_PIPELINE,
    Dataset,
    DatasetKind,
    Document,
    Engine,
    Git,
    Group,
    Node,
    Parameter,
    Producer,
    Selection,
    Source,
)
from kairflow.ir.spark import Archive, CustomOperators
from tests.ir.run_configs import (
    FREE_TEXT,
    any_json,
    encodable,
    free_text,
    mappings,
    plain_text,
    run_configs,
    several,
)

REQUIRED = {"image": "shop:1.0", "namespace": "shop", "experiment_name": "shop"}
"""The keys of `run_config` that have no default."""

__all__ = [
    "dataset",
    "documents",
    "encodable",
    "free_text",
    "make_datasets",
    "make_document",
    "make_operators",
    "make_run_config",
    "make_source",
    "node",
    "node_lists",
    "plain_text",
    "run_configs",
]


def node(
    name: str,
    inputs: Iterable[str] = (),
    outputs: Iterable[str] = (),
    *,
    tags: Iterable[str] = (),
    namespace: str | None = None,
    spark: bool = False,
    function: str = "shop.nodes.work",
) -> Node:
    """Return a node; `spark` makes it a Spark node."""
    return Node(
        name=name,
        function=function,
        namespace=namespace,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        tags=tuple(sorted(tags)),
        engine=Engine.SPARK if spark else Engine.PYTHON,
        engine_reason="tag 'kairflow.engine.spark'" if spark else None,
    )


def dataset(name: str, kind: DatasetKind = DatasetKind.PERSISTENT, **fields: Any) -> Dataset:
    """Return a dataset with its base name filled in."""
    return Dataset(kind=kind, base=base_name(name), **fields)


def make_datasets(nodes: Iterable[Node], memory: Iterable[str] = ()) -> dict[str, Dataset]:
    """Return the datasets of the nodes: those named in `memory` there, the others on disk."""
    in_memory = set(memory)
    names = [name for one in nodes for name in (*one.inputs, *one.outputs)]
    return {name: dataset(name, _kind(name, in_memory)) for name in dict.fromkeys(names)}


def _kind(name: str, memory: set[str]) -> DatasetKind:
    if name == "parameters" or name.startswith("params:"):
        return DatasetKind.PARAMETERS
    return DatasetKind.MEMORY if name in memory else DatasetKind.PERSISTENT


def make_run_config(**settings: Any) -> RunConfig:
    """Return a valid `run_config` with these settings, written as in `airflow-k8s.yml`."""
    return RunConfig.model_validate({**REQUIRED, **settings})


def make_document(
    nodes: Sequence[Node] = (),
    datasets: Mapping[str, Dataset] | None = None,
    run_config: RunConfig | None = None,
    *,
    memory: Iterable[str] = (),
    group_by: GroupBy = GroupBy.NONE,
    parameters: Mapping[str, Parameter] | None = None,
    host: str | None = None,
    output: str | None = None,
    extensions: Mapping[str, Any] | None = None,
    **source: Any,
) -> Document:
    """Return a valid document; `nodes` stand in topological order, the rest is filled in.

    Datasets that are not given are on disk, but for those in `memory` and for parameters.
    """
    nodes = tuple(nodes) or (node("only", ["raw"], ["clean"]),)
    datasets = {**make_datasets(nodes, memory), **(datasets or {})}
    run_config = run_config or make_run_config()
    pipeline = source.get("pipeline", DEFAULT_PIPELINE)
    groups, _ = make_groups(nodes, datasets, run_config, group_by, pipeline)
    asked = [name for name, one in datasets.items() if one.kind is DatasetKind.PARAMETERS]
    found = {name: Parameter(type="null") for name in asked} | dict(parameters or {})
    document = Document(
        producer=Producer(kairflow="0.1.0", kedro="1.0.0"),
        source=make_source(**source),
        datasets=datasets,
        parameters=found,
        nodes=nodes,
        groups=groups,
        deployment=Deployment(host=host, output=output, run_config=run_config),
    )
    return document.model_copy(update=dict(extensions)) if extensions else document


def make_source(**fields: Any) -> Source:
    """Return a source with these fields, the others as plain as can be."""
    plain: dict[str, Any] = {
        "project": "shop",
        "package": "shop",
        "kedro_line": "1",
        "pipeline": DEFAULT_PIPELINE,
        "env": None,
        "runtime_params": {},
        "selection": Selection(),
        "git": None,
    }
    return Source(**{**plain, **fields})


@functools.cache
def _descriptions(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Yield what a node says beside its name and its data."""
    maybe = st.none() | text
    return st.fixed_dictionaries(
        {
            "function": text,
            "namespace": maybe,
            "tags": st.sets(text, max_size=2).map(lambda tags: tuple(sorted(tags))),
            "engine": st.sampled_from(Engine),
            "engine_reason": maybe,
        }
    )


@st.composite
def node_lists(draw: st.DrawFn, text: st.SearchStrategy[str], max_size: int = 6) -> list[Node]:
    """Yield nodes in topological order whose names, tags and datasets are `text`."""
    names = draw(st.lists(text.filter(bool), min_size=1, max_size=max_size, unique=True))
    bases = st.lists(text, min_size=len(names), max_size=2 * len(names), unique_by=base_name)
    data = draw(bases)
    nodes = []
    for index, name in enumerate(names):
        known = [*data[:index], *data[len(names) :], "parameters", "params:rate"]
        inputs = draw(st.lists(st.sampled_from(known), max_size=4))
        described = draw(_descriptions(text))
        nodes.append(Node(name=name, inputs=tuple(inputs), outputs=(data[index],), **described))
    return nodes


@functools.cache
def _sources(text: st.SearchStrategy[str]) -> st.SearchStrategy[Source]:
    maybe, texts = st.none() | text, several(text)
    git = st.builds(Git, commit=maybe, branch=maybe)
    params = mappings(text, any_json())
    selection = st.builds(Selection, tags=texts, nodes=texts, namespaces=texts)
    return st.builds(
        Source,
        project=text,
        package=text,
        kedro_line=st.sampled_from(["0.19", "1"]),
        pipeline=text,
        env=maybe,
        runtime_params=params,
        selection=selection,
        git=st.none() | git,
        source_dir=st.sampled_from(["src", ".", "lib/pure code"]),
    )


@functools.cache
def _dataset_fields(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Yield what varies about a dataset; one in three is in memory."""
    kinds = st.sampled_from([DatasetKind.PERSISTENT, DatasetKind.PERSISTENT, DatasetKind.MEMORY])
    maybe = st.none() | text
    return st.fixed_dictionaries(
        {"kind": kinds, "type": maybe, "uri": maybe, "versioned": st.booleans()},
        optional={"pattern": text, "credentials": text.map(lambda name: (name,))},
    )


def _datasets(
    draw: st.DrawFn, nodes: Sequence[Node], text: st.SearchStrategy[str]
) -> dict[str, Dataset]:
    return {
        name: plain
        if plain.kind is DatasetKind.PARAMETERS
        else dataset(name, **draw(_dataset_fields(text)))
        for name, plain in make_datasets(nodes).items()
    }


def _settle_wishes(
    draw: st.DrawFn, members: Iterable[Sequence[str]], config: RunConfig
) -> RunConfig:
    """Let the first node of some groups ask for a class, a template and retries, and no other."""
    members = tuple(members)
    classes = st.sampled_from([None, *config.resources])
    templates = st.sampled_from([None, *config.kubernetes_pod_templates])
    retries = st.none() | st.integers(0, 9)
    wishes = {
        names[0]: NodeSettings(
            resources=draw(classes), pod_template=draw(templates), retries=draw(retries)
        )
        for names in members
    }
    members_of = {name for names in members for name in names}
    others = {name: found for name, found in config.nodes.items() if name not in members_of}
    return config.model_copy(update={"nodes": {**others, **wishes}})


def _parameter(value: Any) -> Parameter:
    names = {"NoneType": "null", "bool": "boolean", "int": "integer", "float": "number"}
    names |= {"str": "string", "list": "array", "dict": "object"}
    return Parameter.model_validate({"type": names[type(value).__name__], "value": value})


ARCHIVES = st.builds(
    Archive,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)


def _spark_parts(document: Document) -> st.SearchStrategy[dict[str, Any]]:
    """Yield what an export adds to a document for its Spark jobs."""
    spark = document.deployment.run_config.spark
    made: dict[str, st.SearchStrategy[Any]] = {"archive": st.none() | ARCHIVES}
    if spark is not None and spark.type == "custom":
        made["custom_operators"] = st.just(make_operators(document.groups))
    return st.fixed_dictionaries(made)


def make_operators(groups: Iterable[Group]) -> CustomOperators:
    """Return what a factory wrote that runs each Spark group by a command."""
    jobs = [group.id for group in groups if group.engine is Engine.SPARK]
    return CustomOperators(
        imports="from airflow.providers.standard.operators.bash import BashOperator",
        create_cluster="BashOperator(bash_command='start')",
        delete_cluster="BashOperator(bash_command='stop')",
        submit={name: f"BashOperator(bash_command={f'run {name}'!r})" for name in jobs},
    )


@st.composite
def documents(draw: st.DrawFn, text: st.SearchStrategy[str] | None = None) -> Document:
    """Yield valid documents with `text` (by default hostile) wherever text is free."""
    text = FREE_TEXT if text is None else text
    nodes = draw(node_lists(text))
    datasets = _datasets(draw, nodes, text)
    source, config = draw(_sources(text)), draw(run_configs(text))
    group_by = draw(st.sampled_from(GroupBy))
    try:
        alone = config.model_copy(update={"nodes": {}})
        groups, _ = make_groups(nodes, datasets, alone, group_by, source.pipeline)
        config = _settle_wishes(draw, [group.nodes for group in groups], config)
        groups, _ = make_groups(nodes, datasets, config, group_by, source.pipeline)
    except GroupingError:  # two groups of one id: rare, and tested elsewhere
        config = alone
        groups, _ = make_groups(nodes, datasets, config, GroupBy.PIPELINE, source.pipeline)
    asked = [name for name, one in datasets.items() if one.kind is DatasetKind.PARAMETERS]
    document = Document(
        producer=Producer(kairflow=draw(text), kedro=draw(text)),
        source=source,
        datasets=datasets,
        parameters={name: _parameter(draw(any_json())) for name in asked},
        nodes=tuple(nodes),
        groups=groups,
        deployment=Deployment(
            host=draw(st.none() | text), output=draw(st.none() | text), run_config=config
        ),
    )
    document = document.model_copy(update=draw(_spark_parts(document)))
    extras = draw(mappings(text.map(lambda suffix: f"x-{suffix}"), any_json()))
    return document.model_copy(update=extras) if extras else document
