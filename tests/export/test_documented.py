"""The full example of the predecessor's documentation, in a real project: every key is read."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from kairflow.export import Request, export_pipeline
from kairflow.ir import Document
from tests.export.tiny import copy_fixture


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    project = copy_fixture("documented", tmp_path_factory.mktemp("documented"))
    exported = export_pipeline(Request(project=project))
    assert exported.warnings == ()
    return exported.document


def test_the_tags_lead_to_class_and_template(document: Document) -> None:
    found = {group.id: (group.resource_class, group.pod_template) for group in document.groups}
    assert found == {
        "split_data": ("__default__", None),
        "train_model": ("huge_machines", None),
        "evaluate_model": ("__default__", None),
        "report": ("__default__", "spark"),
    }


def test_the_template_is_a_pod_without_python(document: Document) -> None:
    template = document.deployment.run_config.kubernetes_pod_templates["spark"].template
    assert template == {"metadata": {"labels": {"spark_driver": "{{ task_instance.task_id }}"}}}


def test_every_value_is_the_documented_one(document: Document) -> None:
    deployment, config = document.deployment, document.deployment.run_config
    assert deployment.host == "https://airflow.example.com"
    assert deployment.output == "gs://airflow-bucket-example-com"
    assert config.run_name == "airflow-k8s-plugin-demo"
    assert config.start_date == datetime.date(2021, 7, 21)
    assert config.startup_timeout == 600
    assert config.image_pull_secrets == ("my-registry-credentials",)
    assert config.macro_params == {"ds": None, "prev_ds": None}
    assert config.variables_params == ("env",)
    assert config.secrets[0].key == "sql_alchemy_conn"
    assert config.failure_handlers[0].connection_id == "slack"
    assert [one.dag_id for one in config.external_dependencies] == [
        "upstream-dag",
        "another-upstream-dag",
    ]
    assert config.authentication.type == "GoogleOAuth2"
    assert config.mlflow is None
    assert config.spark is not None
    assert config.spark.dataproc_config["master_config"] == {
        "disk_config": {"boot_disk_size_gb": 35}
    }
    assert config.spark.user_init == "#!/usr/bin/env bash\nexport TZ=UTC\n"
    assert config.spark.user_post_init == "date\n"
    default = config.resources["__default__"]
    assert [one.effect for one in default.tolerations] == ["NoExecute", "NoSchedule"]
    assert default.annotations == {"iam.amazonaws.com/role": "airflow"}


def test_what_was_mended_says_so(document: Document) -> None:
    here = Path(__file__).parents[1] / "projects" / "documented" / "conf" / "base"
    text = (here / "airflow-k8s.yml").read_text(encoding="utf-8")
    assert text.count("# Mended:") == 4
