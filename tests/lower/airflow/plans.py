"""Documents that can mostly be lowered, with chosen text wherever a project can put text.

A plan is the structure of a document; `document` fills it with words. So the same plan gives one
document of hostile words and one of harmless ones, and their DAG files must look alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import strategies as st

from kairflow.export.group_by import GroupBy
from kairflow.ir import Document
from kairflow.ir.model import Git
from kairflow.lower.airflow.options import Options, Runtime
from tests.ir_documents import encodable, free_text, make_document, make_run_config, node
from tests.strategies import json_values

OPTIONAL = (
    *("env", "pipeline", "conf_source", "params", "command", "description", "run_name", "git"),
    *("labels", "annotations", "tolerations", "resources", "schedule", "trigger", "by_pipeline"),
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

    @property
    def options(self) -> Options:
        if self.runtime is Runtime.KUBERNETES:
            return Options()
        return Options(runtime=self.runtime, project_dir="/srv/it", python="python3")


@dataclass(frozen=True)
class Words:
    """Texts to fill a plan with; `wild` ones stand where they are refused, too."""

    texts: tuple[str, ...]
    params: dict[str, Any]
    wild: bool = False


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
        keys=frozenset(draw(st.sets(st.sampled_from(OPTIONAL)))),
        runtime=draw(st.sampled_from(Runtime)),
    )


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
    say = _speaker(words)
    size = len(plan.reads)
    names = [f"{say('name')}n{i}" if i % 2 else f"n{i}{say('name')}" for i in range(size)]
    data = [f"d{i}{say('dataset').replace('@', '')}" for i in range(size)]
    classes = [f"c{i}{say('class')}" for i in range(plan.classes)]
    asks = [None if "by_pipeline" in plan.keys else ask for ask in plan.asks]
    nodes = [
        node(
            name,
            [data[index] for index in reads],
            [output],
            tags=[say("tag")],
            namespace=say("namespace"),
            function=say("function"),
        )
        for name, reads, output in zip(names, plan.reads, data, strict=True)
    ]
    wishes = {
        name: {"resources": classes[ask]}
        for name, ask in zip(names, asks, strict=True)
        if ask is not None
    }
    memory = [data[i] for i in range(size) if plan.memory[i] and len(set(asks)) == 1]
    return make_document(
        nodes,
        None,
        make_run_config(
            **_run_config(plan.keys, say),
            nodes=wishes,
            resources={name: _resource_class(plan.keys, say) for name in classes},
        ),
        memory=memory,
        group_by=GroupBy.PIPELINE if "by_pipeline" in plan.keys else GroupBy.NONE,
        **_source(plan.keys, say, words.params),
    )


Speaker = Callable[[str], str]


def _speaker(words: Words) -> Speaker:
    number = count()
    refused = {"name": ',[]\0$"', "argument": "\0"}

    def say(what: str) -> str:
        text = words.texts[next(number) % len(words.texts)]
        if words.wild:
            return text
        return "".join(c for c in text if c not in refused.get(what, "")).strip() or "_"

    return say


def _run_config(keys: frozenset[str], say: Speaker) -> dict[str, Any]:
    optional = {
        "conf_source": say("argument"),
        "command": [say("argument"), say("argument")],
        "description": say("text"),
        "run_name": f"r{say('text')}",
        "schedule": "0 6 * * 1",
    }
    chosen = {key: value for key, value in optional.items() if key in keys}
    return {
        "image": "image:" + "".join(say("text").split()),
        "namespace": "shop",
        "experiment_name": f"e{say('text')}",
        "volume": {"disabled": True},
        "timetable": "trigger" if "trigger" in keys else "interval",
        "cron_expression": chosen.pop("schedule", None),
        **chosen,
    }


def _resource_class(keys: frozenset[str], say: Speaker) -> dict[str, Any]:
    optional = {
        "labels": {"app": "shop.json", "team": "a"},
        "annotations": {"one": say("text"), "example.com/two": say("text")},
        "tolerations": [{"key": say("text"), "value": say("text")}],
        "resources": {"cpu": "500m", "nvidia.com/gpu": "1"},
    }
    chosen = {key: value for key, value in optional.items() if key in keys}
    resources = chosen.pop("resources", None)
    return {**chosen, **({"requests": resources, "limits": resources} if resources else {})}


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
