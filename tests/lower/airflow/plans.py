"""Documents that can mostly be lowered, with chosen text wherever a project can put text.

A plan is the structure of a document; `document` fills it with words. So the same plan gives one
document of hostile words and one of harmless ones, and their DAG files must look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from kairflow.export.group_by import GroupBy
from kairflow.ir import Document
from kairflow.ir.model import Dataset, Git, Node, Parameter
from kairflow.lower.airflow.options import AirflowLine, Options, Runtime
from tests.ir_documents import (
    dataset,
    encodable,
    free_text,
    make_document,
    make_run_config,
    node,
)
from tests.lower.airflow.plan_settings import KEEP, Names, Speaker, Words, settings_of, speaker
from tests.lower.airflow.plan_spark import CLUSTERS, SPARK_OPTIONAL, spark_block
from tests.lower.airflow.spark_documents import ARCHIVE
from tests.strategies import json_values

OPTIONAL = (
    *("env", "pipeline", "conf_source", "params", "command", "description", "run_name", "git"),
    *("labels", "annotations", "tolerations", "resources", "schedule", "trigger", "by_pipeline"),
    *("affinity", "class_execution", "execution", "node_execution", "max_active_runs"),
    *("volume", "skip_init", *KEEP, "templates", "secrets", "env_vars", "versions"),
    *("mlflow", "vars", "google", "external_dependencies", "failure_handlers"),
    *("macro_params", "variables_params", "run_params"),
    *SPARK_OPTIONAL,
)


@dataclass(frozen=True)
class Plan:
    """How many nodes there are, what they read and ask for, and which keys are used.

    `spark` tells the Spark nodes, and `cluster` is the type of the Spark block, if there is one.
    """

    reads: tuple[tuple[int, ...], ...]
    memory: tuple[bool, ...]
    asks: tuple[int | None, ...]
    classes: int
    keys: frozenset[str]
    runtime: Runtime
    line: AirflowLine
    spark: tuple[bool, ...] = ()
    cluster: str | None = None

    @property
    def options(self) -> Options:
        if self.runtime is Runtime.KUBERNETES:
            return Options(self.line)
        return Options(self.line, self.runtime, project_dir="/srv/it", python="python3")


@st.composite
def plans(draw: st.DrawFn, cluster: str | None = None) -> Plan:
    """Yield structures of one to six nodes; with a cluster some of them are for Spark, in pods."""
    size = draw(st.integers(1, 6))
    classes = draw(st.integers(0, 3))
    asks = st.sampled_from([None, *range(classes)])
    runtime = Runtime.KUBERNETES if cluster else draw(st.sampled_from(Runtime))
    at_least_one = st.integers(1, 2**size - 1) if cluster else st.integers(0, 2**size - 1)
    chosen = draw(at_least_one)
    spark = tuple(bool(chosen >> index & 1) for index in range(size))
    # In pods Spark groups need a cluster; Python groups and the local runtime just ignore it.
    is_free = runtime is Runtime.LOCAL or not any(spark)
    return Plan(
        reads=tuple(
            tuple(sorted(draw(st.sets(st.integers(0, i - 1), max_size=3)))) if i else ()
            for i in range(size)
        ),
        memory=tuple(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        asks=tuple(draw(st.lists(asks, min_size=size, max_size=size))),
        classes=classes,
        keys=draw(st.integers(0, 30).flatmap(_key_sets)),
        runtime=runtime,
        line=draw(st.sampled_from(AirflowLine)),
        spark=spark,
        cluster=cluster or draw(st.sampled_from([*([None] if is_free else []), *CLUSTERS])),
    )


def _key_sets(at_least: int) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(OPTIONAL), min_size=at_least)


READ_BY_OTHERS = ("a.json", "b.yaml", "yml", "$(HOME)", "$$", "{{ ti }}\n.")
"""Texts that operators take for files, Kubernetes for variables, and Airflow for templates."""


def hostile_words() -> st.SearchStrategy[Words]:
    """Yield a handful of hostile texts, and parameters of any type."""
    return st.builds(
        Words,
        texts=st.lists(
            free_text().filter(bool) | st.sampled_from(READ_BY_OTHERS), min_size=1, max_size=3
        ).map(tuple),
        params=st.dictionaries(
            st.text("ab_- é\"'#{}").map(lambda name: f"p{name[:3]}q"),
            json_values(4).map(encodable),
        ),
        wild=st.integers(0, 9).map(lambda number: number == 0),
    )


HARMLESS = Words(("word",), {"rate": 1})


def document(plan: Plan, words: Words) -> Document:
    """Fill a plan with words; two texts that must differ do."""
    say = speaker(words)
    names = [
        f"{say('name')}n{i}" if i % 2 else f"n{i}{say('name')}" for i in range(len(plan.reads))
    ]
    asks = [None if "by_pipeline" in plan.keys else ask for ask in plan.asks]
    refer = _names(plan, say)
    nodes, made = _nodes(plan, say, names, refer.run_params)
    wishes = {name: _wish(plan, refer, ask) for name, ask in zip(names, asks, strict=True)}
    alike = len(set(asks)) == 1
    memory = [made[i] for i, kept in enumerate(plan.memory) if kept and alike]
    settings = {
        **settings_of(plan.keys, say, refer),
        **spark_block(plan.cluster, plan.keys, say),
        "group_spark_nodes": alike,
    }
    made_document = make_document(
        nodes,
        _datasets(plan, made, memory),
        make_run_config(**settings, nodes=wishes),
        memory=memory,
        group_by=GroupBy.PIPELINE if "by_pipeline" in plan.keys else GroupBy.NONE,
        parameters=_parameters(refer.run_params, say),
        **_source(plan.keys, say, words.params),
    )
    return made_document.model_copy(update={"archive": ARCHIVE} if any(plan.spark) else {})


def _names(plan: Plan, say: Speaker) -> Names:
    return Names(
        [f"c{i}{say('class')}" for i in range(plan.classes)],
        [f"t{i}{say('class')}" for i in range(plan.classes) if "templates" in plan.keys],
        [f"p{i}{say('param')}" for i in range(3) if "run_params" in plan.keys],
    )


def _nodes(
    plan: Plan, say: Speaker, names: list[str], run_params: Any
) -> tuple[list[Node], list[str]]:
    kind = "versioned" if "versions" in plan.keys else "dataset"
    data = [f"d{i}{say(kind)}" for i in range(len(names))]
    nodes = [
        node(
            name,
            [*(data[index] for index in reads), *(f"params:{one}" for one in run_params)],
            [output],
            tags=[say("tag")],
            namespace=say("namespace"),
            function=say("function"),
            spark=index < len(plan.spark) and plan.spark[index],
        )
        for index, (name, reads, output) in enumerate(zip(names, plan.reads, data, strict=True))
    ]
    return nodes, data


def _datasets(plan: Plan, made: list[str], memory: list[str]) -> dict[str, Dataset]:
    """Make every dataset on disk a versioned one where versions count."""
    on_disk = [name for name in made if name not in memory and "versions" in plan.keys]
    return {name: dataset(name, versioned=True) for name in on_disk}


def _wish(plan: Plan, names: Names, ask: int | None) -> dict[str, Any]:
    wish: dict[str, Any] = {"execution_timeout": 60} if "node_execution" in plan.keys else {}
    if ask is None:
        return wish
    template = {"pod_template": names.templates[ask]} if names.templates else {}
    return {**wish, **template, "resources": names.classes[ask]}


def _parameters(run_params: Any, say: Speaker) -> dict[str, Parameter]:
    """Give each run parameter a default value of another type, all of them text inside."""
    values = (
        Parameter(type="string", value=say("text")),
        Parameter(type="array", value=[say("text"), say("text")]),
        Parameter(type="object", value={f"k{say('text')}": [say("text")]}),
    )
    return {f"params:{name}": value for name, value in zip(run_params, values, strict=False)}


def _source(keys: frozenset[str], say: Speaker, params: dict[str, Any]) -> dict[str, Any]:
    optional = {
        "env": say("argument"),
        "pipeline": f"p{say('argument')}",
        "git": Git(commit=f"c{say('text')}", branch=say("text")),
        "runtime_params": params or {"some": 1},
    }
    wanted = {"runtime_params" if key == "params" else key for key in keys}
    chosen = {key: value for key, value in optional.items() if key in wanted}
    return {**chosen, "project": say("text"), "package": say("text")}
