"""Strategies for text and `run_config`s that an IR can hold, hostile wherever text is free."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st

from kairflow.ir.deployment import RunConfig
from tests.strategies import HOSTILE_PIECES, hostile_text, json_values


def encodable(value: Any) -> Any:
    """Replace lone surrogates, which no UTF-8 text can hold, in a JSON value."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    return value


def free_text() -> st.SearchStrategy[str]:
    """Yield hostile text that a document can hold: mostly one piece, which is quick to draw."""
    pieces = st.sampled_from([*HOSTILE_PIECES, "", "etl.clean", "a", "b", "c"])
    return st.one_of(pieces, pieces, pieces, hostile_text(3)).map(encodable)


FREE_TEXT = free_text()
"""One object, so that what is built from it is built once."""


def plain_text() -> st.SearchStrategy[str]:
    """Yield short text that is legal as a name almost everywhere."""
    return st.text("abcdefgh_", min_size=1, max_size=8)


def any_json() -> st.SearchStrategy[Any]:
    """Yield any JSON value that a document can hold."""
    return json_values(4).map(encodable)


def mappings(
    keys: st.SearchStrategy[str], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Yield small mappings."""
    return st.dictionaries(keys, values, max_size=3)


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Yield short tuples."""
    return st.lists(values, max_size=3).map(tuple)


_LABEL_KEY = r"([a-z]{1,9}\.[a-z]{2,3}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[a-z])?"
_label_keys = st.from_regex(_LABEL_KEY, fullmatch=True, alphabet="abcdefzAZ019-_./")
_label_values = st.from_regex(r"([a-z0-9]([-A-Z_.]{0,20}[A-Za-z0-9])?)?", fullmatch=True)
_quantities = st.sampled_from(["500m", "1", "1.5", "16Gi", "1e3", "0.1", "+2", ".5", "3."])
_dns = st.from_regex(r"[a-z]([-a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
_env_names = st.from_regex(r"[-._A-Za-z][-._A-Za-z0-9]{0,9}", fullmatch=True)
_images = st.from_regex(r"[a-z]{1,9}(:[a-z0-9.]{1,5})?", fullmatch=True)
_macro_names = st.from_regex(r"[A-Za-z_][a-z0-9_]{0,9}(\.[a-z_]{1,5})?", fullmatch=True)
_minutes = st.integers(1, 10**6)


def _execution(text: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    """Return the strategies of the keys that say how a task is run."""
    word = text.filter(lambda name: 0 < len(name) <= 256)
    return {
        "retries": st.integers(0, 100),
        "retry_delay": _minutes,
        "retry_backoff": st.booleans(),
        "max_retry_delay": _minutes,
        "execution_timeout": _minutes,
        "pool": word,
        "pool_slots": st.integers(1, 100),
        "priority": st.integers(-100, 100),
        "owner": word,
        "deferrable": st.booleans(),
    }


def _chosen(
    required: dict[str, st.SearchStrategy[Any]], options: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Yield mappings with some of the options; fewer draws than `fixed_dictionaries` makes."""
    keys = st.lists(st.sampled_from(sorted(options)), max_size=6, unique=True)
    return keys.flatmap(
        lambda found: st.fixed_dictionaries({**required, **{key: options[key] for key in found}})
    )


def _secrets(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Yield secrets as whole files, as files of one key, as all variables and as one of them."""
    path = text.map(lambda name: "/" + name.replace("\0", ""))
    file = {"secret": _dns, "deploy_type": st.just("volume"), "deploy_target": path}
    one = {"secret": _dns, "deploy_target": _env_names, "key": text}
    return st.one_of(
        st.fixed_dictionaries(file, optional={"key": text}),
        st.fixed_dictionaries({"secret": _dns}, optional={"deploy_type": st.just("env")}),
        st.fixed_dictionaries(one),
    )


MLFLOW_VARIABLES = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
MLFLOW_ADDRESSES = ("http://mlflow:5000", "https://mlflow.example.com/a%20b?c={{ d }}#'\"e")


def _tolerations(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Yield tolerations of a key, of a key and a value, and of whatever there is."""
    common: dict[str, st.SearchStrategy[Any]] = {
        "effect": st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
        "tolerationSeconds": st.integers(0, 10**6),
    }
    compared = {"operator": st.sampled_from(["Equal", None]), "value": text}
    return st.one_of(
        st.fixed_dictionaries({"operator": st.just("Exists")}, optional={"key": text, **common}),
        st.fixed_dictionaries({"key": text.filter(bool)}, optional={**compared, **common}),
    )


def _resource_classes(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    labels, quantities = mappings(_label_keys, _label_values), mappings(_label_keys, _quantities)
    rules = mappings(text, any_json())
    options = {
        "node_selectors": labels,
        "labels": labels,
        "annotations": mappings(_label_keys, text),
        "tolerations": several(_tolerations(text)),
        "affinity": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("nodeAffinity", "podAffinity", "podAntiAffinity"), rules)
        ),
        "requests": quantities,
        "limits": quantities,
    }
    return _chosen({}, {**_execution(text), **options})


def _clusters(text: st.SearchStrategy[str], **required: Any) -> st.SearchStrategy[Any]:
    """Yield clusters on Kubernetes; request and limit of memory are one."""
    word, path = text.filter(bool), text.map(lambda name: "/" + name.replace("\0", ""))
    cores = st.fixed_dictionaries({}, optional={"cpu": _quantities, "memory": st.just("2Gi")})
    options = {
        "image": _images,
        "conf": mappings(text, text),
        "driver_port": st.integers(1, 65535),
        "block_manager_port": st.integers(1, 65535),
        "secrets": mappings(_dns, path),
        "labels": mappings(_label_keys, _label_values),
        "local_storage": st.fixed_dictionaries(
            {"size": _quantities}, optional={"class_name": text}
        ),
        "env_vars": mappings(_env_names, text),
        "requests": cores,
        "limits": cores,
        "num_executors": st.integers(1, 100),
        "jars": st.one_of(word, st.lists(word, min_size=1, max_size=3)),
        "repositories": word,
        "packages": word,
        "spark_version": word,
        "application": mappings(text, any_json()),
    }
    return _chosen({"run_script": word, **required}, options)


def _spark(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Yield `spark` blocks of every type, each with what it cannot do without."""
    word, any_mapping = text.filter(bool), mappings(text, any_json())
    path = st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9}){0,2}\.sh", fullmatch=True)
    options = {
        **dict.fromkeys(("project_id", "cluster_name", "connection_id"), word),
        **dict.fromkeys(("user_init_path", "user_post_init_path"), path),
        **dict.fromkeys(("user_init", "user_post_init"), text),
        "unique_cluster_name": st.booleans(),
        "conf": mappings(text, text),
        "group_spark_nodes": st.booleans(),
    }
    on_dataproc = {"region": word, "artifacts_path": word}
    needs: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "dataproc": {**on_dataproc, "cluster_config": any_mapping},
        "dataproc-serverless": {**on_dataproc, "cluster_config": any_mapping},
        "k8s": {"cluster_config": _clusters(text)},
        "kubernetes": {"cluster_config": _clusters(text)},
        "spark-operator": {"cluster_config": _clusters(text, spark_version=word)},
        "custom": {"operator_factory": text, "cluster_config": any_mapping},
    }
    return st.one_of(*(_chosen({"type": st.just(name), **needs[name]}, options) for name in needs))


def _parts(text: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    """Return the strategies of the keys of `run_config` that hold mappings or lists of them."""
    word = text.filter(bool)
    return {
        "volume": st.fixed_dictionaries(
            {},
            optional={
                "storageclass": text,
                "size": _quantities,
                "skip_init": st.booleans(),
                "owner": st.integers(0, 2**31),
                "disabled": st.booleans(),
                "keep": st.sampled_from(["never", "on_failure", "always"]),
                "mount_path": text.map(lambda name: "/" + name.replace("\0", "")),
            },
        ),
        "secrets": several(_secrets(text)),
        "external_dependencies": several(
            st.fixed_dictionaries(
                {"dag_id": word},
                optional={
                    "task_id": text,
                    "timeout": _minutes,
                    "check_existence": st.booleans(),
                    "execution_delta": st.integers(-1000, 1000),
                },
            )
        ),
        "failure_handlers": several(
            st.fixed_dictionaries(
                {"type": st.just("slack"), "connection_id": word},
                optional={"message_template": text},
            )
        ),
        "authentication": st.fixed_dictionaries(
            {"type": st.sampled_from(["GoogleOAuth2", "Vars", "Null", None])},
            optional={"params": several(st.sampled_from(MLFLOW_VARIABLES))},
        ),
        "mlflow": st.fixed_dictionaries(
            {"tracking_uri": st.sampled_from(MLFLOW_ADDRESSES)}, optional={"experiment_name": word}
        ),
        "kubernetes_pod_templates": mappings(
            text,
            st.fixed_dictionaries(
                {"template": st.one_of(word, mappings(text, any_json()).filter(bool))},
                optional={"image": _images},
            ),
        ),
        "spark": _spark(text),
    }


@functools.cache
def run_configs(text: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[RunConfig]:
    """Yield `run_config`s that use any of their keys, with `text` wherever text is free."""
    text = FREE_TEXT if text is None else text
    word = text.filter(bool)
    options = {
        **_parts(text),
        **_execution(text),
        "image_pull_policy": st.sampled_from(["Always", "IfNotPresent", "Never"]),
        "image_pull_secrets": several(_dns),
        "startup_timeout": _minutes,
        "service_account_name": _dns,
        "run_name": word,
        "cron_expression": st.one_of(st.none(), st.just("0 6 * * *"), text),
        "timetable": st.sampled_from(["interval", "trigger"]),
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
        "start_date": st.dates().map(str),
        "catchup": st.booleans(),
        "description": text,
        "conf_source": text,
        "command": several(text),
        "on_finish_action": st.sampled_from(["delete_pod", "delete_succeeded_pod", "keep_pod"]),
        "max_active_runs": st.integers(1, 100),
        "env_vars": several(_env_names),
        "macro_params": mappings(_macro_names, st.none() | text),
        "variables_params": several(word),
        "run_params": several(word),
        "nodes": mappings(text, _chosen({}, _execution(text))),
        "group_spark_nodes": st.booleans(),
        "versions": st.just("run"),
        "x-team": any_json(),
    }
    required = {
        "image": _images,
        "namespace": _dns,
        "experiment_name": word,
        "resources": mappings(text, _resource_classes(text)),
    }
    return _chosen(required, options).map(RunConfig.model_validate)
