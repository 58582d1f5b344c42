"""What a group gets of the cluster: by tag, by name, by default; and who contradicts whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export.placement import Placement, place_groups
from kairflow.ir.model import Node
from tests.ir_documents import make_run_config, node


@dataclass(frozen=True)
class Kind:
    """One of the two things that can be asked for, and how a test gets at it."""

    tag: str
    key: str
    setting: str
    what: str
    conflict: Code
    answers: str

    def place(
        self,
        nodes: Sequence[Node],
        known: Iterable[str],
        groups: Sequence[Sequence[str]] | None = None,
        **by_name: str,
    ) -> tuple[list[str | None], Placement]:
        """Return what each group gets; by default every node is one."""
        value: dict[str, Any] = {} if self.key == "resources" else {"template": "type: Pod"}
        config = make_run_config(
            **{self.key: dict.fromkeys(known, value)},
            nodes={name: {self.setting: wish} for name, wish in by_name.items()},
        )
        placement = place_groups(nodes, groups or [[one.name] for one in nodes], config)
        return list(getattr(placement, self.answers)), placement


KINDS = [
    Kind(
        "resources.",
        "resources",
        "resources",
        "resource class",
        Code.RESOURCES_CONFLICT,
        "resource_classes",
    ),
    Kind(
        "k8s_template.",
        "kubernetes_pod_templates",
        "pod_template",
        "pod template",
        Code.TEMPLATE_CONFLICT,
        "pod_templates",
    ),
]
both = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)


@both
def test_a_tag_asks(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big", "nightly"]), node("b")]
    found, placement = kind.place(nodes, ["big", "small"])
    assert found == ["big", None]
    assert placement.diagnostics == ()


@both
def test_the_default_serves_whoever_asks_for_none(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big"]), node("b")]
    found, _ = kind.place(nodes, ["big", "__default__"])
    assert found == ["big", "__default__"]


@both
def test_a_name_in_the_configuration_beats_a_tag(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big"]), node("b")]
    found, placement = kind.place(nodes, ["big", "small"], a="small", b="big")
    assert found == ["small", "big"]
    assert placement.diagnostics == ()


@both
def test_a_name_in_the_configuration_beats_even_tags_that_contradict(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big", f"{kind.tag}small"])]
    found, placement = kind.place(nodes, ["big", "small"], a="small")
    assert (found, placement.diagnostics) == (["small"], ())


@both
def test_two_tags_of_one_kind_contradict(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big", f"{kind.tag}small"])]
    _, placement = kind.place(nodes, ["big", "small"])
    assert placement.errors == (
        Diagnostic(
            kind.conflict,
            f"tags '{kind.tag}big' and '{kind.tag}small' ask for two different things",
            "node 'a'",
            "keep one of them",
        ),
    )


@both
def test_two_nodes_of_a_group_that_contradict_are_both_named(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big"]), node("b"), node("c", tags=[f"{kind.tag}small"])]
    _, placement = kind.place(nodes, ["big", "small"], [["a", "b", "c"]])
    (found,) = placement.errors
    assert (found.code, found.where) == (kind.conflict, "group 'a' to 'c'")
    assert found.message == (
        f"node 'a' asks for {kind.what} 'big', node 'c' for 'small', but they share a task"
    )


@both
def test_nodes_of_two_groups_contradict_nobody(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big"]), node("c", tags=[f"{kind.tag}small"])]
    assert kind.place(nodes, ["big", "small"])[0] == ["big", "small"]


@both
def test_a_group_gets_what_one_member_asks_for(kind: Kind) -> None:
    nodes = [node("a"), node("b", tags=[f"{kind.tag}big"]), node("c", tags=[f"{kind.tag}big"])]
    found, placement = kind.place(nodes, ["big", "__default__"], [["a", "b", "c"]])
    assert (found, placement.diagnostics) == (["big"], ())


@both
def test_whoever_asks_for_the_default_by_name_can_contradict(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}__default__"]), node("b", tags=[f"{kind.tag}big"])]
    _, placement = kind.place(nodes, ["big", "__default__"], [["a", "b"]])
    assert [one.code for one in placement.errors] == [kind.conflict]


@both
def test_a_tag_that_names_nothing_falls_back_with_a_warning(kind: Kind) -> None:
    nodes = [node("a", tags=[f"{kind.tag}bigg"])]
    found, placement = kind.place(nodes, ["big", "__default__"])
    assert found == ["__default__"]
    assert placement.errors == ()
    assert placement.warnings == (
        Diagnostic(
            Code.RESOURCE_CLASS_UNKNOWN,
            f"no {kind.what} is named 'bigg', so '__default__' is used; there is: __default__, big",
            "node 'a'",
            "did you mean 'big'?",
            Severity.WARNING,
        ),
    )


@both
def test_a_tag_that_names_nothing_is_ignored_when_there_is_no_default(kind: Kind) -> None:
    found, placement = kind.place([node("a", tags=[f"{kind.tag}zzz"])], [])
    assert found == [None]
    (warning,) = placement.warnings
    assert warning.message == f"no {kind.what} is named 'zzz', so it is ignored; there is: none"
    assert warning.hint == f"add it to run_config.{kind.key}"


@both
@pytest.mark.parametrize("name", ["bigg", ""])
def test_a_name_in_the_configuration_that_names_nothing_is_an_error(kind: Kind, name: str) -> None:
    nodes = [node("a", tags=[f"{kind.tag}big"])]
    _, placement = kind.place(nodes, ["big"], a=name)
    (found,) = placement.errors
    assert (found.code, found.where) == (Code.RESOURCE_CLASS_UNKNOWN, "node 'a'")
    assert found.message == f"no {kind.what} is named {name!r}; there is: big"


@both
def test_all_mistakes_are_found(kind: Kind) -> None:
    nodes = [
        node("a", tags=[f"{kind.tag}big", f"{kind.tag}small"]),
        node("b"),
        node("c", tags=[f"{kind.tag}big"]),
        node("d", tags=[f"{kind.tag}small"]),
    ]
    _, placement = kind.place(nodes, ["big", "small"], [["a"], ["b"], ["c", "d"]], b="none")
    assert [(one.code, one.where) for one in placement.errors] == [
        (kind.conflict, "node 'a'"),
        (Code.RESOURCE_CLASS_UNKNOWN, "node 'b'"),
        (kind.conflict, "group 'c' to 'd'"),
    ]


def test_class_and_template_are_asked_for_apart() -> None:
    config = make_run_config(
        resources={"big": {}},
        kubernetes_pod_templates={"big": {"template": "type: Pod"}, "other": {"template": "x"}},
        nodes={"b": {"pod_template": "other"}},
    )
    nodes = [node("a", tags=["resources.big"]), node("b", tags=["k8s_template.big"]), node("c")]
    placement = place_groups(nodes, [["a"], ["b"], ["c"]], config)
    assert placement.resource_classes == ("big", None, None)
    assert placement.pod_templates == (None, "other", None)
    assert placement.diagnostics == ()


def test_two_nodes_of_a_group_that_want_it_run_in_two_ways_are_both_named() -> None:
    config = make_run_config(
        nodes={"a": {"retries": 1, "pool": "p"}, "b.c": {"retries": 2, "pool": "p"}, "d": {}}
    )
    nodes = [node("a"), node("b.c"), node("d")]
    placement = place_groups(nodes, [["a", "b.c", "d"]], config)
    assert placement.errors == (
        Diagnostic(
            Code.SETTINGS_CONFLICT,
            "node 'a' asks for retries 1, node 'b.c' for 2, but they share a task",
            "run_config.nodes['b.c'].retries",
            "give both the same, or a catalog entry to the dataset between them",
        ),
    )
    assert place_groups(nodes, [["a", "d"], ["b.c"]], config).diagnostics == ()


def test_every_disagreement_is_told() -> None:
    config = make_run_config(
        nodes={"a": {"owner": "x", "deferrable": True}, "b": {"owner": "y", "deferrable": False}}
    )
    found = place_groups([node("a"), node("b")], [["a", "b"]], config).errors
    assert [one.where.rpartition(".")[2] for one in found] == ["owner", "deferrable"]
