"""Pod templates: text or mapping in, a mapping out; the documented expressions, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code
from kairflow.export.pod_templates import make_pod
from kairflow.export.template_text import TemplateError
from tests.export.tiny import RUN_CONFIG, errors_of, export, make_project

CONFIG = "conf/base/airflow-k8s.yml"

# The predecessor's documented default, with its indentation and its quotes mended.
DOCUMENTED = """
type: Pod
metadata:
  name: {PodGenerator.make_unique_pod_id('{{ task_instance.task_id }}')}
  labels:
    spark_driver: {'{{ task_instance.task_id }}'}
spec:
  containers:
    - name: base
      env:
        - name: MLFLOW_RUN_ID
          value: '{{ task_instance.xcom_pull(key="mlflow_run_id") }}'
  volumes:
    - name: storage
      persistentVolumeClaim:
        claimName: {self._pvc_name}
"""


def test_the_documented_template_is_understood() -> None:
    assert make_pod(DOCUMENTED) == {
        "metadata": {"labels": {"spark_driver": "{{ task_instance.task_id }}"}},
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "env": [
                        {
                            "name": "MLFLOW_RUN_ID",
                            "value": '{{ task_instance.xcom_pull(key="mlflow_run_id") }}',
                        }
                    ],
                }
            ],
            "volumes": [
                {"name": "storage", "persistentVolumeClaim": {"claimName": "{{ claim_name }}"}}
            ],
        },
    }


TAKEN: list[tuple[str | dict[str, Any], dict[str, Any]]] = [
    ("metadata: {labels: {app: shop}}", {"metadata": {"labels": {"app": "shop"}}}),
    ("kind: Pod\napiVersion: v1", {"kind": "Pod", "apiVersion": "v1"}),
    ({"type": "Pod", "spec": {}}, {"spec": {}}),
    (
        "spec: {volumes: [{name: a, emptyDir: {}}]}",
        {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}},
    ),
    (
        "metadata:\n  annotations: {a: '{{ ds }}', b: 'x{self._pvc_name}y'}",
        {"metadata": {"annotations": {"a": "{{ ds }}", "b": "x{{ claim_name }}y"}}},
    ),
    (
        "metadata: {labels: {a: yes, b: 1, c: 1.5, 2: ''}}",
        {"metadata": {"labels": {"a": "true", "b": "1", "c": "1.5", "2": ""}}},
    ),
    (
        "spec: {nodeSelector: {big: true}, priority: 5}",
        {"spec": {"nodeSelector": {"big": "true"}, "priority": 5}},
    ),
    (
        "spec: {initContainers: [{name: i, env: [{name: A, value: 1}, {name: B, valueFrom: {}}]}]}",
        {
            "spec": {
                "initContainers": [
                    {
                        "name": "i",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {}}],
                    }
                ]
            }
        },
    ),
    (
        {"spec": {"containers": [{"name": "base", "env": [{"name": "A", "value": False}]}]}},
        {"spec": {"containers": [{"name": "base", "env": [{"name": "A", "value": "false"}]}]}},
    ),
    (
        "spec: {containers: [{name: base, args: ['echo ${HOME} {x} {\"a\": 1}']}]}",
        {"spec": {"containers": [{"name": "base", "args": ['echo ${HOME} {x} {"a": 1}']}]}},
    ),
    (
        "spec: {containers: [{name: base, command: [sleep, 5, yes], args: [1.5, null]}]}",
        {
            "spec": {
                "containers": [
                    {"name": "base", "command": ["sleep", "5", "true"], "args": ["1.5", None]}
                ]
            }
        },
    ),
    (
        {"spec": {"initContainers": [{"name": "i", "args": [True, "a"], "command": "sh"}]}},
        {"spec": {"initContainers": [{"name": "i", "args": ["true", "a"], "command": "sh"}]}},
    ),
    (
        "spec: {tolerations: [{key: gpu, value: true}, {operator: Exists}, a]}",
        {"spec": {"tolerations": [{"key": "gpu", "value": "true"}, {"operator": "Exists"}, "a"]}},
    ),
    (
        "spec: {a: \"awk '{print.x($1)}' f\", b: '{print.x($1)}', c: \"x{os.getenv('A')}\"}",
        {"spec": {"a": "awk '{print.x($1)}' f", "b": "{print.x($1)}", "c": "x{os.getenv('A')}"}},
    ),
    (
        "spec:\n  a: |\n    if: {x.y(1)}\n    awk '{print.x(1)}'\n",
        {"spec": {"a": "if: {x.y(1)}\nawk '{print.x(1)}'\n"}},
    ),
    ({"spec": {"a": "{os.getenv('A')}"}}, {"spec": {"a": "{os.getenv('A')}"}}),
    (
        "metadata:\n  name: 'fixed'\n  namespace: |\n    {{ ds }}\n",
        {"metadata": {"name": "fixed", "namespace": "{{ ds }}\n"}},
    ),
]


@pytest.mark.parametrize(("template", "expected"), TAKEN, ids=lambda value: str(value)[:30])
def test_a_template_is_taken(template: Any, expected: dict[str, Any]) -> None:
    assert make_pod(template) == expected


REFUSED: list[tuple[Any, str, str]] = [
    ("metadata:\n  name: {{ ds }}\n", "line 2 of the template: found {{ without", '"{{ … }}"'),
    ('metadata:\n  name: {{ f(key="a") }}\n', "line 2 of the template: found {{", "'{{ … }}'"),
    ('metadata:\n  name: {{ f("a") }}\n', "line 2 of the template: found {{", "'{{ … }}'"),
    (
        "spec:\n  a: 1\n  b:\n   - {{ ds | x(1, 'a') }}\n",
        "line 4 of the template: found {{",
        '"{{ … }}"',
    ),
    ("metadata:\n  name: {self.name}\n", "'{self.name}', but Python", '"{{ … }}"'),
    ("metadata:\n  name: {make('a')}\n", "but Python in templates", '"{{ … }}"'),
    ("metadata:\n  name: {names[0]}\n", "but Python in templates", '"{{ … }}"'),
    ("metadata:\n  name: pod-{self.name}\n", "'{self.name}', but Python", '"{{ … }}"'),
    ("spec: {a: \"{os.getenv('A')}\"}", "Python", '"{{ … }}"'),
    ("spec:\n  a: |\n    { os.path.join('a', 'b') }\n", "Python", '"{{ … }}"'),
    ({"spec": {"a": ["x{ PodGenerator.make('b') }"]}}, "Python", '"{{ … }}"'),
    ({"metadata": {"name": "{self._pvc_name}"}}, "Python", '"{{ … }}"'),
    ("spec:\n  a: {PodGenerator.make_unique_pod_id('x')}\n", "PodGenerator", "unique"),
    ("spec: [\n", "line 2 of the template: not valid YAML", ""),
    ("spec: 1\nspec: 2\n", "line 2 of the template: not valid YAML: key 'spec' stands twice", ""),
    ('spec:\n  a: "b: {print.x($1)}"\nc: [\n', "line 4 of the template: not valid YAML", ""),
    ("just text", "expected a mapping", ""),
    ("a: &a [*a]", "nested too deeply", ""),
    ("metdata: {}", "unknown key 'metdata'", "did you mean 'metadata'?"),
    ("status: {}", "unknown key 'status'", "known keys: apiVersion, kind, metadata, spec"),
    ("kind: Job", "found kind 'Job', expected a Pod", ""),
    ("type: Job", "found type 'Job', expected a Pod", ""),
    ("metadata: a", "found 'a' as metadata, expected a mapping", ""),
    ("spec: [1]", "found [1] as spec, expected a mapping", ""),
    ("spec: {containers: {}}", "spec.containers to be a list", ""),
    ("spec: {containers: [a]}", "spec.containers to be a list", ""),
    ("spec: {containers: []}", "found the containers none", "base"),
    ("spec: {containers: [{name: side}, {name: base}]}", "'side', 'base'", "base"),
    ("spec: {containers: [{name: base}, {name: base}]}", "'base', 'base'", "base"),
]


@pytest.mark.parametrize(("template", "message", "hint"), REFUSED, ids=lambda v: str(v)[:30])
def test_a_template_is_refused(template: Any, message: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        make_pod(template)
    assert message in str(caught.value)
    assert hint in caught.value.hint


def project(folder: Path, templates: str) -> Path:
    indented = "".join(f"        {line}\n" for line in templates.splitlines())
    text = f"{RUN_CONFIG.rstrip()}\n      kubernetes_pod_templates:\n{indented}"
    return make_project(folder, {CONFIG: text})


def test_an_export_writes_mappings(tmp_path: Path) -> None:
    root = project(tmp_path, "a: {template: 'kind: Pod'}\nb: {template: {kind: Pod}, image: i}")
    found = export(root).deployment.run_config.kubernetes_pod_templates
    assert [found["a"].template, found["b"].template] == [{"kind": "Pod"}] * 2
    assert found["b"].image == "i"


def test_all_templates_that_are_none_are_told_with_their_places(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        "a:\n  template: |\n    kind: Job\nb: {template: ''}\nc: {template: {knd: Pod}}\nd:\n"
        "  tmplate: a",
    )
    path = "run_config.kubernetes_pod_templates"
    assert {(one.code, one.where) for one in errors_of(root)} == {
        (Code.POD_TEMPLATE, f"{CONFIG}:7: {path}.a.template"),
        (Code.CONFIG_VALUE, f"{CONFIG}:9: {path}.b.template"),
        (Code.POD_TEMPLATE, f"{CONFIG}:10: {path}.c.template"),
        (Code.CONFIG_REQUIRED_KEY, f"{CONFIG}:11: {path}.d.template"),
        (Code.CONFIG_UNKNOWN_KEY, f"{CONFIG}:12: {path}.d.tmplate"),
    }
