"""The scripts of a Spark cluster: a path below `src` becomes the text of the file there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kairflow.errors import Code, Diagnostic
from kairflow.export import Request, export_all
from kairflow.ir.spark import Spark
from tests.export.tiny import RUN_CONFIG, errors_of, export, make_project

HEAD = """
    run_config:
      image: registry.example.com/tiny:latest
      namespace: airflow
      experiment_name: Tiny
      spark:
        type: dataproc
        region: here
        artifacts_path: gs://tiny
"""
CONFIG = "conf/base/airflow-k8s.yml"


def make(folder: Path, *lines: str, files: Mapping[str, str] | None = None) -> Path:
    """Write a project whose `spark` block has these lines more; the first is line 9."""
    more = "".join(f"        {line}\n" for line in lines)
    return make_project(folder, {CONFIG: HEAD + more, **(files or {})})


def spark_of(root: Path) -> Spark:
    spark = export(root).deployment.run_config.spark
    assert spark is not None
    return spark


def fault_of(root: Path, key: str = "user_init_path", line: int = 9) -> Diagnostic:
    (found,) = errors_of(root)
    assert found.code is Code.INIT_SCRIPT
    assert found.where == f"{CONFIG}:{line}: run_config.spark.{key}"
    assert found.hint
    return found


def test_files_become_texts_and_the_paths_stay(tmp_path: Path) -> None:
    files = {"src/init.sh": "echo first\n", "src/setup/post.sh": "echo größe {{ x }}\n\n"}
    lines = ("user_init_path: init.sh", "user_post_init_path: ./setup/post.sh")
    spark = spark_of(make(tmp_path, *lines, files=files))
    assert (spark.user_init, spark.user_post_init) == ("echo first\n", "echo größe {{ x }}\n\n")
    assert (spark.user_init_path, spark.user_post_init_path) == ("init.sh", "./setup/post.sh")


def test_without_a_path_there_is_no_text(tmp_path: Path) -> None:
    spark = spark_of(make(tmp_path))
    assert (spark.user_init, spark.user_post_init) == (None, None)


def test_without_spark_there_is_nothing_to_read(tmp_path: Path) -> None:
    document = export(make_project(tmp_path, {CONFIG: RUN_CONFIG}))
    assert document.deployment.run_config.spark is None


def test_every_pipeline_gets_the_text(tmp_path: Path) -> None:
    root = make(tmp_path, "user_init_path: init.sh", files={"src/init.sh": "true\n"})
    for one in export_all(Request(project=root)):
        spark = one.document.deployment.run_config.spark
        assert spark is not None
        assert spark.user_init == "true\n"


def test_the_folder_is_the_projects_own(tmp_path: Path) -> None:
    root = make(tmp_path, "user_init_path: init.sh", files={"code/init.sh": "true\n"})
    (root / "src" / "tiny").rename(root / "code" / "tiny")
    project = root / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8") + 'source_dir = "code"\n', "utf-8")
    assert spark_of(root).user_init == "true\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "#!/bin/sh\n"),
        (b"", ""),
        (b"printf 'a\\r'\n\ttab", "printf 'a\\r'\n\ttab"),
    ],
)
def test_lines_end_as_a_shell_expects_it(tmp_path: Path, content: bytes, text: str) -> None:
    root = make(tmp_path, "user_init_path: init.sh")
    (root / "src" / "init.sh").write_bytes(content)
    assert spark_of(root).user_init == text


def test_a_text_in_the_configuration_is_as_good_as_a_file(tmp_path: Path) -> None:
    assert spark_of(make(tmp_path, 'user_init: "true\\r\\n"')).user_init == "true\n"


def test_a_text_beside_a_path_is_one_too_many(tmp_path: Path) -> None:
    lines = ("user_init: 'true'", "user_init_path: init.sh")
    root = make(tmp_path, *lines, files={"src/init.sh": "true"})
    assert "found both user_init_path and user_init" in fault_of(root, line=10).message


def test_a_missing_file_is_told_with_the_nearest(tmp_path: Path) -> None:
    root = make(tmp_path, "user_init_path: src/init.sh", files={"src/init.sh": ""})
    found = fault_of(root)
    assert found.message == "found no file src/src/init.sh"
    assert found.hint == "did you mean 'init.sh'?"


def test_a_missing_file_that_is_like_no_other_is_told(tmp_path: Path) -> None:
    found = fault_of(make(tmp_path, "user_init_path: start/all/of/it.bash"))
    assert "src/start/all/of/it.bash" in found.message


def test_a_folder_is_no_script(tmp_path: Path) -> None:
    assert "src/tiny is a folder" in fault_of(make(tmp_path, "user_init_path: tiny")).message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"caf\xe9\n", "src/init.sh is not UTF-8"), (b"\x7fELF\0\0", "found a NUL")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    root = make(tmp_path, "user_init_path: init.sh")
    (root / "src" / "init.sh").write_bytes(content)
    assert complaint in fault_of(root).message


def test_a_link_may_lead_within_the_project_and_not_out_of_it(tmp_path: Path) -> None:
    files = {"deploy/init.sh": "true\n"}
    root = make(tmp_path / "project", "user_init_path: init.sh", files=files)
    link = root / "src" / "init.sh"
    link.symlink_to("../deploy/init.sh")
    assert spark_of(root).user_init == "true\n"
    link.unlink()
    (tmp_path / "secret.sh").write_text("token=1")
    link.symlink_to(tmp_path / "secret.sh")
    assert "leads out of the project" in fault_of(root).message


def test_links_that_go_round_in_circles_end(tmp_path: Path) -> None:
    root = make(tmp_path, "user_init_path: init.sh")
    (root / "src" / "init.sh").symlink_to("init.sh")
    assert "src/init.sh" in fault_of(root).message


def test_both_scripts_are_told_at_once(tmp_path: Path) -> None:
    root = make(tmp_path, "user_init_path: a.sh", "user_post_init_path: b.sh")
    found = errors_of(root)
    assert [one.where.rpartition(".")[2] for one in found] == [
        "user_init_path",
        "user_post_init_path",
    ]
