"""The Kubernetes runtime: what the pods of a DAG share, and what each resource class asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kairflow.ir.deployment import ResourceClass
from kairflow.ir.deployment import Toleration as ConfiguredToleration
from kairflow.ir.model import Document
from kairflow.lower.airflow import kedro_run, names
from kairflow.lower.airflow.model import Pods, PodSettings, Text, Toleration
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed, as_typed_in_pod

_TAKEN = frozenset({"DAG", "REPEAT"})


def lower_pods(document: Document, options: Options) -> Pods:
    """Decide what every pod gets; only resource classes that a group uses are kept."""
    config = document.deployment.run_config
    used = sorted({g.resource_class for g in document.groups if g.resource_class is not None})
    constants = names.constants(used, _TAKEN)
    nodes_arguments = (kedro_run.nodes_argument(group.nodes) for group in document.groups)
    return Pods(
        image=as_typed(options.image or config.image),
        namespace=as_typed(config.namespace),
        image_pull_policy=config.image_pull_policy,
        image_pull_secrets=config.image_pull_secrets,
        service_account_name=config.service_account_name,
        command=_texts(config.command) if config.command is not None else None,
        arguments=_texts(("kedro", *kedro_run.shared_arguments(document))),
        literal_nodes=any(as_typed(text).literal for text in nodes_arguments),
        on_finish_action=config.on_finish_action,
        startup_timeout_seconds=config.startup_timeout,
        settings=tuple(
            _settings(name, constant, config.resources[name])
            for name, constant in zip(used, constants, strict=True)
        ),
    )


def _texts(texts: tuple[str, ...]) -> tuple[Text, ...]:
    return tuple(as_typed_in_pod(text) for text in texts)


def _settings(name: str, constant: str, asked: ResourceClass) -> PodSettings:
    return PodSettings(
        resource_class=name,
        constant=constant,
        requests=dict(asked.requests),
        limits=dict(asked.limits),
        node_selector=_text_map(asked.node_selectors),
        labels=_text_map(asked.labels),
        annotations=_text_map(asked.annotations),
        tolerations=tuple(_tolerations(asked.tolerations)),
    )


def _text_map(mapping: Mapping[str, str]) -> dict[str, Text]:
    return {key: as_typed(value) for key, value in mapping.items()}


def _tolerations(asked: tuple[ConfiguredToleration, ...]) -> Iterator[Toleration]:
    for one in asked:
        yield Toleration(one.key, one.operator, one.value, one.effect, one.tolerationSeconds)
