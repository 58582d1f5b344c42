"""A dozen mistakes of every kind, in two files: all told at once, each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from kairflow.errors import Code, Diagnostic
from tests.export.tiny import errors_of, make_project

BASE, PROD = "conf/base/airflow-k8s.yml", "conf/prod/airflow-k8s.yml"

BASE_TEXT = """
    run_config:
      image: a
      experiment_name: c
      retires: 3
      pool_slots: many
      max_active_runs: 0
      env_vars: [GOOD, BAD NAME]
      macro_params: [ds, {ts: "{{ ts }}"}, ds]
      variables_params: [run]
      run_params: [run]
      resources:
        big: {inherit: true, afinity: {}}
        small: {affinity: {podAffinty: {}}, retry_delay: -1}
      nodes:
        start: {exection_timeout: 5}
      secrets:
        - {secret: fine, key: lonely}
      kubernetes_pod_templates:
        side: {template: "metdata: {}"}
        bare: {template: "metadata: {name: {{ ds }} }"}
      mlflow: {tracking_uri: "ftp://me:hush@mlflow"}
      spark:
        type: kubernetes
        user_init_path: /init.sh
        cluster_config:
          imge: a
          driver_port: nine
          requests: {memroy: 1Gi}
          limits: {memory: 16gb}
          local_storage: {class_name: fast}
"""
PROD_TEXT = """
    hots: https://airflow
    run_config:
      failure_handlers:
        - {type: slak, connection_id: c}
      volume: {mount_path: data}
      deferrable: sometimes
"""

# Line, path, code, what the message says of found and expected, and the hint's end.
EXPECTED: list[tuple[str, str, Code, str, str]] = [
    (f"{BASE}:1", "run_config.namespace", Code.CONFIG_REQUIRED_KEY, "'namespace' is missing", ""),
    (f"{BASE}:4", "run_config.retires", Code.CONFIG_UNKNOWN_KEY, "'retires'", "'retries'?"),
    (f"{BASE}:5", "run_config.pool_slots", Code.CONFIG_VALUE, "found 'many'", ""),
    (f"{BASE}:6", "run_config.max_active_runs", Code.CONFIG_VALUE, "found 0", ""),
    (f"{BASE}:7", "run_config.env_vars[1]", Code.CONFIG_VALUE, "found 'BAD NAME'", ""),
    (f"{BASE}:8", "run_config.macro_params", Code.CONFIG_VALUE, "found 'ds' twice", ""),
    (f"{BASE}:10", "run_config.run_params[0]", Code.CONFIG_VALUE, "variables_params", "the two"),
    (f"{BASE}:12", "run_config.resources.big.inherit", Code.CONFIG_VALUE, "__default__", "drop it"),
    (
        f"{BASE}:12",
        "run_config.resources.big.afinity",
        Code.CONFIG_UNKNOWN_KEY,
        "'afinity'",
        "'affinity'?",
    ),
    (
        f"{BASE}:13",
        "run_config.resources.small.affinity.podAffinty",
        Code.CONFIG_UNKNOWN_KEY,
        "'podAffinty'",
        "'podAffinity'?",
    ),
    (f"{BASE}:13", "run_config.resources.small.retry_delay", Code.CONFIG_VALUE, "found -1", ""),
    (
        f"{BASE}:15",
        "run_config.nodes.start.exection_timeout",
        Code.CONFIG_UNKNOWN_KEY,
        "'exection_timeout'",
        "'execution_timeout'?",
    ),
    (f"{BASE}:17", "run_config.secrets[0]", Code.CONFIG_VALUE, "expected a deploy_target", ""),
    (
        f"{BASE}:19",
        "run_config.kubernetes_pod_templates.side.template",
        Code.POD_TEMPLATE,
        "unknown key 'metdata'",
        "'metadata'?",
    ),
    (
        f"{BASE}:20",
        "run_config.kubernetes_pod_templates.bare.template",
        Code.POD_TEMPLATE,
        "line 1 of the template: found {{",
        '"{{ … }}"',
    ),
    (f"{BASE}:21", "run_config.mlflow.tracking_uri", Code.CONFIG_VALUE, "http://", ""),
    (f"{BASE}:24", "run_config.spark.user_init_path", Code.CONFIG_VALUE, "found '/init.sh'", ""),
    (
        f"{BASE}:25",
        "run_config.spark.cluster_config.run_script",
        Code.CONFIG_REQUIRED_KEY,
        "'run_script' is missing",
        "",
    ),
    (
        f"{BASE}:26",
        "run_config.spark.cluster_config.imge",
        Code.CONFIG_UNKNOWN_KEY,
        "'imge'",
        "did you mean 'image'?",
    ),
    (
        f"{BASE}:27",
        "run_config.spark.cluster_config.driver_port",
        Code.CONFIG_VALUE,
        "found 'nine'",
        "",
    ),
    (
        f"{BASE}:28",
        "run_config.spark.cluster_config.requests.memroy",
        Code.CONFIG_UNKNOWN_KEY,
        "'memroy'",
        "did you mean 'memory'?",
    ),
    (
        f"{BASE}:29",
        "run_config.spark.cluster_config.limits.memory",
        Code.CONFIG_VALUE,
        "found '16gb'",
        "write 16G or 16Gi",
    ),
    (
        f"{BASE}:30",
        "run_config.spark.cluster_config.local_storage.size",
        Code.CONFIG_REQUIRED_KEY,
        "'size' is missing",
        "",
    ),
    (f"{PROD}:1", "hots", Code.CONFIG_UNKNOWN_KEY, "'hots'", "'host'?"),
    (f"{PROD}:4", "run_config.failure_handlers[0].type", Code.CONFIG_VALUE, "found 'slak'", ""),
    (f"{PROD}:5", "run_config.volume.mount_path", Code.CONFIG_VALUE, "found 'data'", ""),
    (f"{PROD}:6", "run_config.deferrable", Code.CONFIG_VALUE, "found 'sometimes'", ""),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Diagnostic]:
    files = {BASE: BASE_TEXT, PROD: PROD_TEXT}
    project: Path = make_project(tmp_path_factory.mktemp("mistakes"), files)
    return errors_of(project, env="prod")


def test_every_mistake_is_told_once_and_nothing_else(told: list[Diagnostic]) -> None:
    expected = sorted((f"{place}: {path}", code) for place, path, code, _, _ in EXPECTED)
    assert sorted((found.where, found.code) for found in told) == expected


@pytest.mark.parametrize(("place", "path", "code", "message", "hint"), EXPECTED, ids=str)
def test_a_mistake_says_what_was_found_and_what_to_do(
    told: list[Diagnostic], place: str, path: str, code: Code, message: str, hint: str
) -> None:
    (found,) = [one for one in told if one.where == f"{place}: {path}" and one.code is code]
    assert message in found.message
    assert found.hint.endswith(hint)


def test_no_password_is_told(told: list[Diagnostic]) -> None:
    assert "hush" not in "\n".join(map(str, told))
