"""The configuration of the runs: every key of `run_config` has another value than its default."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

MOUNTED = "/mnt/probe"
CONF = "/home/conf"
IMAGE = "registry.example.com/probe:1"
SIDE_IMAGE = "registry.example.com/side:2"
NAMESPACE = "probe-space"
MOMENT = datetime(2026, 1, 2, tzinfo=timezone.utc)
AWAITED = datetime(2026, 1, 1, 23, tzinfo=timezone.utc)

VAULT = "{{- with secret \"database/creds/app\" -}}\n{{ .Data.username }} '{% raw %}'\n{{- end }}"
ODD = "$(HOME) $$ $$(HOME) \"two\" 'one' {{ ds }}\nnext, line"

VARIABLES = {
    "PROBE_ODD": ODD,
    "probe-dotted.name": "reached",
    "text": "a, b = {{ ds }} $(HOME) ${x}",
    "clock": "10:30",
    "listed": '[1, "two, three", null, {"a": [true]}]',
    "mapped": '{"k": "$(HOME)", "n": {"x": 1.5}}',
    "nothing": "null",
    "amount": "1e3",
    "MLFLOW_TRACKING_USERNAME": "ada",
    "MLFLOW_TRACKING_PASSWORD": "s3cret:{{ ds }}",
}
"""Airflow variables."""

RUN_CONF = {"rate": 0.75, "nested.deep": [1, "two, three", None]}
"""What the run is triggered with."""

SECRETS = {
    "one-value": {"password": "p$(HOME)"},
    "all-values": {"PROBE_A": "1", "PROBE_B": "2"},
    "all-files": {"a.txt": "file a", "b.txt": "file b"},
    "one-file": {"wanted": "file w", "other": "not mounted"},
}

RICH_AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
            ]
        }
    },
    "podAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 50,
                "podAffinityTerm": {
                    "labelSelector": {"matchLabels": {"app": "cache"}},
                    "topologyKey": "kubernetes.io/hostname",
                },
            }
        ]
    },
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "labelSelector": {"matchLabels": {"app": "noisy"}},
                "topologyKey": "topology.kubernetes.io/zone",
            }
        ]
    },
}

DEFAULT_CLASS: dict[str, Any] = {"labels": {"team": "bees", "tier": "low"}}

RICH: dict[str, Any] = {
    "node_selectors": {"pool.example.com/kind": "rich"},
    "labels": {"tier": "rich", "example.com/on": True},
    "annotations": {"vault.hashicorp.com/agent-inject-template-app": VAULT, "quoted": "\"a\" 'b'"},
    "tolerations": [
        {
            "key": "group",
            "operator": "Equal",
            "value": "data",
            "effect": "NoExecute",
            "tolerationSeconds": 60,
        },
        {"key": "any", "operator": "Exists"},
    ],
    "affinity": RICH_AFFINITY,
    "requests": {"cpu": "250m", "nvidia.com/gpu": 1},
    "limits": {"memory": "1Gi", "nvidia.com/gpu": 1},
    "retries": 3,
    "retry_delay": 11,
    "retry_backoff": False,
    "max_retry_delay": 44,
    "execution_timeout": 555,
    "pool": "rich_pool",
    "pool_slots": 3,
    "priority": 33,
    "owner": "rich-owner",
    "deferrable": False,
}

HEIR: dict[str, Any] = {
    "inherit": True,
    "labels": {"tier": "high"},
    "retries": 9,
    "deferrable": False,
}

NODE: dict[str, Any] = {
    "resources": "heir",
    "pod_template": "by_name",
    "retries": 1,
    "retry_delay": 3,
    "retry_backoff": False,
    "max_retry_delay": 5,
    "execution_timeout": 333,
    "pool": "node_pool",
    "pool_slots": 1,
    "priority": 99,
    "owner": "node-owner",
    "deferrable": True,
}

EVERY_TASK: dict[str, Any] = {
    "retries": 2,
    "retry_delay": 7,
    "retry_backoff": True,
    "max_retry_delay": 70,
    "execution_timeout": 777,
    "pool": "probe_pool",
    "pool_slots": 2,
    "priority": 7,
    "owner": "bees",
    "deferrable": True,
}

POOLS = ("probe_pool", "rich_pool", "node_pool")


def _template(label: str) -> dict[str, Any]:
    """Return a pod template that has a label, a variable and the volume of the run."""
    claim = {"persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
    container = {
        "name": "base",
        "env": [{"name": "PROBE_TEMPLATE", "value": label}],
        "volumeMounts": [{"name": "own", "mountPath": MOUNTED}],
    }
    return {
        "metadata": {"labels": {"template": label, "of-task": "{{ ti.task_id }}"}},
        "spec": {"containers": [container], "volumes": [{"name": "own", **claim}]},
    }


def every_key(url: str) -> dict[str, Any]:
    """Return `run_config` for a run whose MLflow and Slack are at `url`."""
    return {
        **EVERY_TASK,
        "image": IMAGE,
        "image_pull_policy": "Always",
        "image_pull_secrets": "first-registry, second-registry",
        "startup_timeout": 300,
        "namespace": NAMESPACE,
        "service_account_name": "probe-account",
        "experiment_name": "Probing: {{ all }} keys",
        "run_name": "probe-run",
        "cron_expression": "30 4 * * 1-5",
        "timetable": "trigger",
        "timezone": "Asia/Kolkata",
        "start_date": 20250203,
        "catchup": True,
        "max_active_runs": 3,
        "description": "Looks at {{ everything }}",
        "conf_source": CONF,
        "command": ["env", "PROBE_COMMAND=$(HOME) $$ {{ ds }}"],
        "on_finish_action": "delete_succeeded_pod",
        "env_vars": ["PROBE_ODD", "probe-dotted.name"],
        "macro_params": [
            "ds",
            {"mixed": "on {{ ds_nodash }}, $(HOME) $$ \"q\" 'q'"},
            {"plain": "no template, {one}"},
            {"number": "{{ 40 + 2 }}"},
            {"nested.macro": "{{ ds }}"},
        ],
        "variables_params": ["text", "clock", "listed", "mapped", "nothing", "amount"],
        "run_params": ["rate", "nested.deep", "kept"],
        "resources": {"__default__": DEFAULT_CLASS, "rich": RICH, "heir": HEIR},
        "nodes": {"break_down": NODE},
        "volume": {
            "storageclass": "fast",
            "size": "3Gi",
            "access_modes": ["ReadWriteMany", "ReadOnlyMany"],
            "skip_init": True,
            "owner": 1234,
            "keep": "on_failure",
            "mount_path": MOUNTED,
        },
        "secrets": [
            {"secret": "one-value", "deploy_target": "PROBE_SECRET", "key": "password"},
            {"secret": "all-values"},
            {"secret": "all-files", "deploy_type": "volume", "deploy_target": "/run/all"},
            {
                "secret": "one-file",
                "deploy_type": "volume",
                "deploy_target": "/run/one",
                "key": "wanted",
            },
        ],
        "external_dependencies": [
            {
                "dag_id": "upstream",
                "task_id": "done",
                "timeout": 5,
                "check_existence": False,
                "execution_delta": 60,
            }
        ],
        "failure_handlers": [
            {
                "type": "slack",
                "connection_id": "alarm",
                "message_template": "{task} of {dag}: {{ ds }} 'q'",
            }
        ],
        "mlflow": {"tracking_uri": url, "experiment_name": "Runs of {{ probes }}"},
        "authentication": {
            "type": "Vars",
            "params": ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"],
        },
        "kubernetes_pod_templates": {
            "side": {"template": _template("side"), "image": SIDE_IMAGE},
            "by_name": {"template": _template("by-name")},
        },
        "versions": "run",
    }


def without_deferral(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration less all that it says about `deferrable`."""
    return {
        key: without_deferral(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if key != "deferrable"
    }


def exclusive_keys(url: str) -> dict[str, Any]:
    """Return `run_config` for a run of one node: what excludes other keys."""
    return {
        "image": IMAGE,
        "namespace": NAMESPACE,
        "experiment_name": "Probe alone",
        "on_finish_action": "keep_pod",
        "volume": {"disabled": True},
        "mlflow": {"tracking_uri": url, "disabled": True},
    }
