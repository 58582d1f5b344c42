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
from tests.strategies import json_values

OPTIONAL = (
    *("env", "pipeline", "conf_source", "params", "command", "description", "run_name", "git"),
    *("labels", "annotations", "tolerations", "resources", "schedule", "trigger", "by_pipeline"),
    *("affinity", "class_execution", "execution", "node_execution", "max_active_runs"),
    *("volume", "skip_init", *KEEP, "templates", "secrets", "env_vars", "versions"),
    *("mlflow", "vars", "google", "external_dependencies", "failure_handlers"),
    *("macro_params", "variables_params", "run_params"),
)


@dataclass(frozen=True)
class Plan:
    """How many nodes there are, what they read and ask for, and which keys are used."""

    reads: tuple[tuple[int, ...], ...]
    memory: tuple[bool, ...]
    asks: tuple[int | None, ...]
    classes: int
    keys: frozenset[str]
    runtime: Runtime
    line: AirflowLine

    @property
    def options(self) -> Options:
        if self.runtime is Runtime.KUBERNETES:
            return Options(self.line)
        return Options(self.line, self.runtime, project_dir="/srv/it", python="python3")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Yield structures of one to six nodes."""
    size = draw(st.integers(1, 6))
    classes = draw(st.integers(0, 3))
    asks = st.sampled_from([None, *range(classes)])
    return Plan(
        reads=tuple(
            tuple(sorted(draw(st.sets(st.integers(0, i - 1), max_size=3)))) if i else ()
            for i in range(size)
        ),
        memory=tuple(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        asks=tuple(draw(st.lists(asks, min_size=size, max_size=size))),
        classes=classes,
        keys=draw(st.integers(0, 20).flatmap(_key_sets)),
        runtime=draw(st.sampled_from(Runtime)),
        line=draw(st.sampled_from(AirflowLine)),
    )


def _key_sets(at_least: int) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(OPTIONAL), min_size=at_least)


def hostile_words() -> st.SearchStrategy[Words]:
    """Yield a handful of hostile texts, and parameters of any type."""
    return st.builds(
        Words,
        texts=st.lists(free_text().filter(bool), min_size=1, max_size=3).map(tuple),
        params=st.dictionaries(
            st.text("ab_- é\"'#{}", min_size=1, max_size=4), json_values(4).map(encodable)
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
    memory = [made[i] for i, kept in enumerate(plan.memory) if kept and len(set(asks)) == 1]
    return make_document(
        nodes,
        _datasets(plan, made, memory),
        make_run_config(**settings_of(plan.keys, say, refer), nodes=wishes),
        memory=memory,
        group_by=GroupBy.PIPELINE if "by_pipeline" in plan.keys else GroupBy.NONE,
        parameters=_parameters(refer.run_params, say),
        **_source(plan.keys, say, words.params),
    )


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
        )
        for name, reads, output in zip(names, plan.reads, data, strict=True)
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
