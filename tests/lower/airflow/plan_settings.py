"""The `run_config` of a plan: hostile words wherever the configuration holds free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import Any, NamedTuple

MARKUP = re.compile(r"\{(?=[{%#])")
"""The brace that makes a template of what follows it."""

SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
REFUSED = {
    "name": ',[]\0$"',
    "versioned": ':,@\0"',
    "dataset": "@\0",
    "param": "\0,=.[]\\",
    "conf": f"{SPACES}=\0",
    "folder": ":\0",
    "listed": ",\0",
}
"""What is refused where such a word stands; everywhere else that is NUL alone."""

TEMPLATES = ("plain", "listed")
"""Where text may be a template of the user's: these words are none, not even wild ones."""

PATHS = ("path", "folder")
"""No path with a NUL is a path to the IR, so even a wild one has none."""

KEEP = ("never", "on_failure", "always")


class Words(NamedTuple):
    """Texts to fill a plan with; `wild` ones stand where they are refused, too."""

    texts: tuple[str, ...]
    params: dict[str, Any]
    wild: bool = False


Speaker = Callable[[str], str]


def speaker(words: Words) -> Speaker:
    """Return what says the words in turn, each fit for its place unless they are wild."""
    number = count()

    def say(what: str) -> str:
        text = words.texts[next(number) % len(words.texts)]
        plain = MARKUP.sub("", text) if what in TEMPLATES else text
        if words.wild and what not in PATHS:
            return plain
        fit = "".join(c for c in plain if c not in REFUSED.get(what, "\0"))
        return (MARKUP.sub("", fit) if what in TEMPLATES else fit).strip() or "_"

    return say


class Names(NamedTuple):
    """What the settings refer to."""

    classes: Sequence[str]
    templates: Sequence[str]
    run_params: Sequence[str]


def settings_of(keys: Collection[str], say: Speaker, names: Names) -> dict[str, Any]:
    """Return the settings that the keys stand for."""
    optional = {**_texts(say), **_lists(say), **_run_values(say, names)}
    chosen = {key: value for key, value in optional.items() if key in keys}
    return {
        "image": "image:" + "".join(say("text").split()),
        "namespace": "shop",
        "experiment_name": f"e{say('text')}",
        "volume": _volume(keys, say),
        "timetable": "trigger" if "trigger" in keys else "interval",
        "cron_expression": chosen.pop("schedule", None),
        "resources": {name: _resource_class(keys, say) for name in names.classes},
        "kubernetes_pod_templates": {
            name: _template(keys, say, index) for index, name in enumerate(names.templates)
        },
        **(_execution(say) if "execution" in keys else {}),
        **(_authentication(keys) if "mlflow" in keys else {}),
        **chosen,
    }


def _texts(say: Speaker) -> dict[str, Any]:
    return {
        "conf_source": say("argument"),
        "command": [say("argument"), say("argument")],
        "description": say("text"),
        "run_name": f"r{say('text')}",
        "schedule": "0 6 * * 1",
        "versions": "run",
        "max_active_runs": 2,
        "mlflow": {"tracking_uri": f"https://mlflow.example.com/{say('text')}"},
    }


def _lists(say: Speaker) -> dict[str, Any]:
    message = f"{say('text')}{{task}}{say('text')} {{dag}} {{execution_time}}{{url}}{say('text')}"
    return {
        "env_vars": ["DB_URL", "a.b-c"],
        "secrets": [
            {"secret": "all"},
            {"secret": "one", "deploy_target": "SQL", "key": say("text")},
            {"secret": "file", "deploy_type": "volume", "deploy_target": f"/file/{say('text')}"},
            {"secret": "k", "deploy_type": "volume", "deploy_target": "/k", "key": say("text")},
        ],
        "external_dependencies": [
            {"dag_id": say("text")},
            {"dag_id": say("text"), "task_id": say("text"), "execution_delta": 5},
        ],
        "failure_handlers": [
            {"type": "slack", "connection_id": say("text"), "message_template": message},
            {"type": "slack", "connection_id": "slack", "message_template": say("text")},
        ],
    }


def _run_values(say: Speaker, names: Names) -> dict[str, Any]:
    return {
        "macro_params": {"ds": None, "mine": say("plain"), "mixed": f"{{{{ ds }}}}{say('plain')}x"},
        "variables_params": [f"v{say('param')}"],
        "run_params": list(names.run_params),
    }


def _volume(keys: Collection[str], say: Speaker) -> dict[str, Any]:
    return {
        "disabled": "volume" not in keys,
        "storageclass": say("text"),
        "skip_init": "skip_init" in keys,
        "keep": next((keep for keep in KEEP if keep in keys), "never"),
        "mount_path": f"/{say('path')}",
    }


def _authentication(keys: Collection[str]) -> dict[str, Any]:
    if "vars" in keys:
        names = ["MLFLOW_TRACKING_TOKEN"]
        return {"authentication": {"type": "Vars", "params": names}}
    return {"authentication": {"type": "GoogleOAuth2"}} if "google" in keys else {}


def _execution(say: Speaker) -> dict[str, Any]:
    return {
        "retries": 2,
        "retry_delay": 60,
        "pool": say("text")[:200],
        "owner": say("text")[:200],
        "deferrable": True,
    }


def _resource_class(keys: Collection[str], say: Speaker) -> dict[str, Any]:
    quantities = {"cpu": "500m", "nvidia.com/gpu": "1"}
    optional: dict[str, dict[str, Any]] = {
        "labels": {"labels": {"app": "shop.json", "team": "a"}},
        "annotations": {"annotations": {"one": say("text"), "example.com/two": say("text")}},
        "tolerations": {"tolerations": [{"key": say("text"), "value": say("text")}]},
        "resources": {"requests": quantities, "limits": quantities},
        "affinity": {"affinity": {"nodeAffinity": {f"k{say('text')}": [say("text")]}}},
        "class_execution": {"pool": say("text")[:200], "execution_timeout": 600},
    }
    chosen = (value for key, value in optional.items() if key in keys)
    return {key: value for part in chosen for key, value in part.items()}


def _template(keys: Collection[str], say: Speaker, index: int) -> dict[str, Any]:
    claim = {"persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
    spec = {
        "containers": [{"name": "base", "args": [say("plain")]}],
        **({"volumes": [claim]} if "volume" in keys else {}),
    }
    metadata = {"annotations": {f"k{say('text')}": say("plain")}}
    return {
        "template": {"metadata": metadata, "spec": spec},
        # Whether two images are one decides the shape of a file, so no word decides it.
        "image": f"image{index}:" + "".join(say("text").split()),
    }
