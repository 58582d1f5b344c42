"""The Kubernetes runtime: what the pods of a DAG share, and the pods that the user wrote out."""

from __future__ import annotations

import re

from kairflow.ir.deployment import RunConfig
from kairflow.ir.model import Document, Engine
from kairflow.lower.airflow import arguments, mlflow, names, storage
from kairflow.lower.airflow.model import Pods, PodTemplate, Secret, Storage, Text
from kairflow.lower.airflow.options import Options
from kairflow.lower.airflow.templates import as_typed, as_typed_in_pod, as_written, quoted

_PLAIN = re.compile("[A-Z][A-Z0-9_]*")
"""A variable that a template can name as an attribute: no method of the accessor is spelt so."""

COLUMNS = "200"
"""Kedro wraps its log lines at 80 columns where it sees no terminal."""


def lower_pods(
    document: Document, options: Options, kept: Storage | None, templates: tuple[PodTemplate, ...]
) -> Pods:
    """Decide what every pod gets."""
    config = document.deployment.run_config
    return Pods(
        image=as_typed(options.image or config.image),
        namespace=as_typed(config.namespace),
        image_pull_policy=config.image_pull_policy,
        image_pull_secrets=config.image_pull_secrets,
        service_account_name=config.service_account_name,
        deferrable=config.deferrable,
        command=_texts(config.command) if config.command is not None else None,
        arguments=arguments.pod_arguments(document, options.line),
        literal_nodes=arguments.has_literal_nodes(document),
        environment=environment(config, in_pod=True),
        run_environment=mlflow.environment(config),
        secrets=tuple(_secrets(config)),
        on_finish_action=config.on_finish_action,
        templates=templates,
        storage=kept,
    )


def _texts(texts: tuple[str, ...]) -> tuple[Text, ...]:
    return tuple(as_typed_in_pod(text) for text in texts)


def environment(config: RunConfig, *, in_pod: bool) -> dict[str, Text]:
    """Return the environment of every task: the Airflow variables, and how wide its log is."""
    return {"COLUMNS": Text(COLUMNS, literal=False), **variables(config, in_pod=in_pod)}


def variables(config: RunConfig, *, in_pod: bool = False) -> dict[str, Text]:
    """Return the Airflow variables that were asked for, as environment variables.

    Kubernetes fills in `$(NAME)` and makes `$$` one dollar; to double all of them undoes both.
    """
    dollars = " | replace('$', '$$')" if in_pod else ""
    return {
        name: Text("{{ var.value." + name + dollars + " }}", literal=False)
        if _PLAIN.fullmatch(name)
        else Text("{{ var.value.get(" + quoted(name) + ")" + dollars + " }}", literal=False)
        for name in config.env_vars
    }


def _secrets(config: RunConfig) -> list[Secret]:
    return [
        Secret(one.deploy_type, one.deploy_target, one.secret, one.key) for one in config.secrets
    ]


def lower_templates(
    document: Document, claim_name: str, taken: frozenset[str]
) -> tuple[PodTemplate, ...]:
    """Return the pod templates that a group uses, each as a constant of the DAG file."""
    config = document.deployment.run_config
    in_pods = [group for group in document.groups if group.engine is Engine.PYTHON]
    used = sorted({g.pod_template for g in in_pods if g.pod_template is not None})
    constants = names.constants((f"{name} pod" for name in used), taken)
    return tuple(
        PodTemplate(
            name=name,
            constant=constant,
            pod=as_written(
                storage.with_claim(
                    config.kubernetes_pod_templates[name].template, claim_name, config.volume
                )
            ),
            image=_image(config.kubernetes_pod_templates[name].image),
        )
        for name, constant in zip(used, constants, strict=True)
    )


def _image(image: str | None) -> Text | None:
    return as_typed(image) if image is not None else None
