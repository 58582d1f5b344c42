"""What each group asks of the cluster: its resource class and its pod template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kairflow.errors import Code, Diagnostic, Severity, errors_in
from kairflow.ir.deployment import RunConfig
from kairflow.ir.execution import settle
from kairflow.ir.model import DEFAULT_CLASS, Node
from kairflow.ir.validation import json_path, nearest


@dataclass(frozen=True, slots=True)
class Placement:
    """The answer, one entry for each group, and what was found on the way."""

    resource_classes: tuple[str | None, ...]
    pod_templates: tuple[str | None, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the placement void."""
        return errors_in(self.diagnostics)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the user should know all the same."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two things that a node can ask for, in the words of messages and configuration."""

    what: str
    tag: str
    key: str
    conflict: Code


_RESOURCES = _Kind("resource class", "resources.", "resources", Code.RESOURCES_CONFLICT)
_TEMPLATE = _Kind(
    "pod template", "k8s_template.", "kubernetes_pod_templates", Code.TEMPLATE_CONFLICT
)


def place_groups(
    nodes: Sequence[Node], groups: Sequence[Sequence[str]], run_config: RunConfig
) -> Placement:
    """Find out what each group gets: what its nodes ask for, else `__default__`, else nothing."""
    found: list[Diagnostic] = []
    by_name = {name: (s.resources, s.pod_template) for name, s in run_config.nodes.items()}
    answers = []
    for kind, known, slot in (
        (_RESOURCES, run_config.resources, 0),
        (_TEMPLATE, run_config.kubernetes_pod_templates, 1),
    ):
        named = {name: asked[slot] for name, asked in by_name.items() if asked[slot] is not None}
        asked = {node.name: _asked_for(node, kind, named, known, found) for node in nodes}
        answers.append(tuple(_settle(group, kind, asked, known, found) for group in groups))
    found += _disagreements(groups, run_config)
    return Placement(answers[0], answers[1], tuple(found))


def _asked_for(
    node: Node,
    kind: _Kind,
    named: Mapping[str, str | None],
    known: Mapping[str, object],
    found: list[Diagnostic],
) -> str | None:
    """Return what a node asks for; its name in the configuration beats its tags."""
    if (by_name := named.get(node.name)) is not None:
        if by_name not in known:
            found.append(_unknown(node, kind, by_name, known, Severity.ERROR))
        return by_name
    tagged = [tag.removeprefix(kind.tag) for tag in node.tags if tag.startswith(kind.tag)]
    if len(tagged) > 1:
        listed = " and ".join(f"'{kind.tag}{name}'" for name in tagged)
        message = f"tags {listed} ask for two different things"
        hint = "keep one of them"
        found.append(Diagnostic(kind.conflict, message, f"node {node.name!r}", hint))
        return None
    if not tagged or tagged[0] in known:
        return tagged[0] if tagged else None
    found.append(_unknown(node, kind, tagged[0], known, Severity.WARNING))
    return None


def _unknown(
    node: Node, kind: _Kind, name: str, known: Mapping[str, object], severity: Severity
) -> Diagnostic:
    classes = ", ".join(sorted(known)) or "none"
    instead = f"{DEFAULT_CLASS!r} is used" if DEFAULT_CLASS in known else "it is ignored"
    fallback = f", so {instead}" if severity is Severity.WARNING else ""
    return Diagnostic(
        Code.RESOURCE_CLASS_UNKNOWN,
        f"no {kind.what} is named {name!r}{fallback}; there is: {classes}",
        f"node {node.name!r}",
        nearest(name, sorted(known)) or f"add it to run_config.{kind.key}",
        severity,
    )


def _settle(
    group: Sequence[str],
    kind: _Kind,
    asked: Mapping[str, str | None],
    known: Mapping[str, object],
    found: list[Diagnostic],
) -> str | None:
    wishes = dict(_first_askers(group, asked))
    if len(wishes) > 1:
        (one, first), (other, second), *_ = wishes.items()
        message = (
            f"node {first!r} asks for {kind.what} {one!r}, node {second!r} for {other!r}, "
            "but they share a task"
        )
        where = f"group {group[0]!r} to {group[-1]!r}"
        hint = f"give both the same {kind.what}, or a catalog entry to the dataset between them"
        found.append(Diagnostic(kind.conflict, message, where, hint))
    if wishes:
        return next(iter(wishes))
    return DEFAULT_CLASS if DEFAULT_CLASS in known else None


def _first_askers(
    group: Sequence[str], asked: Mapping[str, str | None]
) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name in group:
        wish = asked[name]
        if wish is not None and wish not in seen:
            seen.add(wish)
            yield wish, name


def _disagreements(groups: Sequence[Sequence[str]], run_config: RunConfig) -> Iterator[Diagnostic]:
    """Find nodes that share a task and disagree about retries, pool and the like."""
    for group in groups:
        for conflict in settle(group, run_config.nodes)[1]:
            message = f"{conflict.sentence}, but they share a task"
            where = json_path(("run_config", "nodes", conflict.nodes[1], conflict.key), "")
            hint = "give both the same, or a catalog entry to the dataset between them"
            yield Diagnostic(Code.SETTINGS_CONFLICT, message, where, hint)
