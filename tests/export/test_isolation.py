"""An export leaves no trace: not in the project, not in the process, not on standard output."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code, KairflowError
from kairflow.export import Request, export_all, export_pipeline
from kairflow.export.isolation import isolated
from tests.export.tiny import (
    codes,
    copy_fixture,
    errors_of,
    export,
    make_project,
    nodes_file,
    snapshot,
)

RESTLESS = """
    import logging, os, sys
    os.environ["TINY_WAS_HERE"] = "1"
    os.environ["PATH"] = "/nowhere"
    os.environ.pop("HOME", None)
    sys.path.append("/nowhere")
    sys.dont_write_bytecode = False
    os.chdir("/")
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)
    logging.getLogger("tiny").addHandler(logging.StreamHandler(sys.stdout))
    logging.getLogger("tiny").error("tiny: logged")
    logging.disable(logging.CRITICAL)
    print("tiny: printed")
    print("tiny: printed past the redirection", file=sys.__stdout__)
"""


def process_state() -> dict[str, Any]:
    return {
        "environ": dict(os.environ),
        "cwd": Path.cwd(),
        "path": list(sys.path),
        "bytecode": sys.dont_write_bytecode,
        "streams": (sys.stdin, sys.stdout, sys.__stdout__, sys.stderr),
        "handlers": list(logging.root.handlers),
        "level": logging.root.level,
        "disabled": logging.root.manager.disable,
        "project": [name for name in sys.modules if name.split(".")[0] in ("tiny", "noisy")],
    }


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = process_state()
    yield
    assert process_state() == before


def test_a_restless_project_leaves_the_process_as_it_was(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path, {"src/tiny/settings.py": RESTLESS})
    with nothing_changes():
        export(project)
    out, err = capfd.readouterr()
    assert out == ""
    for line in ("tiny: printed\n", "tiny: printed past the redirection\n", "tiny: logged"):
        assert line in err


@pytest.mark.parametrize(
    ("place", "last_words"),
    [
        ("settings", "raise ValueError('no')"),
        ("settings", "raise SystemExit(3)"),
        ("pipeline_registry", "raise ValueError('no')"),
        ("pipeline_registry", "def register_pipelines():\n    raise SystemExit"),
    ],
)
def test_a_restless_project_that_fails_leaves_the_process_as_it_was(
    tmp_path: Path, place: str, last_words: str
) -> None:
    text = RESTLESS + "\n" + "\n".join(f"    {line}" for line in last_words.splitlines())
    project = make_project(tmp_path, {f"src/tiny/{place}.py": text})
    with nothing_changes():
        assert codes(errors_of(project)) == [Code.PROJECT_IMPORT]


def test_a_mistake_in_the_configuration_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    project = make_project(tmp_path, {"conf/base/airflow-k8s.yml": "run_config: {}"})
    with nothing_changes():
        errors_of(project)


def test_an_interrupt_passes_through_and_the_process_is_as_it_was(tmp_path: Path) -> None:
    project = make_project(tmp_path, {"src/tiny/settings.py": "raise KeyboardInterrupt"})
    with nothing_changes(), pytest.raises(KeyboardInterrupt):
        export(project)


@pytest.mark.parametrize("name", ["noisy", "apiary", "corners", "cycles", "catch_all"])
def test_the_project_tree_does_not_change(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = copy_fixture(name, tmp_path)
    before = snapshot(tmp_path)
    export_pipeline(Request(project=project))
    assert snapshot(tmp_path) == before
    assert capfd.readouterr().out == ""


def test_the_project_tree_does_not_change_when_the_export_fails(tmp_path: Path) -> None:
    project = copy_fixture("broken_import", tmp_path)
    before = snapshot(tmp_path)
    errors_of(project)
    assert snapshot(tmp_path) == before


def test_from_within_the_project_no_logging_configuration_of_its_own_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_fixture("noisy", tmp_path)
    before = snapshot(tmp_path)
    monkeypatch.chdir(project)
    export_all(Request(project=Path()))
    assert snapshot(tmp_path) == before


def test_no_hook_fires_and_no_dataset_is_built(tmp_path: Path) -> None:
    project = copy_fixture("noisy", tmp_path)
    document = export(project)
    assert not (project / "hook-was-here").exists()
    assert document.datasets["explosive"].type == "noisy.datasets.ExplosiveDataset"


def test_handlers_of_the_caller_stay_open_and_keep_their_stream(tmp_path: Path) -> None:
    configured = """
        import logging.config
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
    """
    project = make_project(tmp_path / "project", {"src/tiny/settings.py": configured})
    to_output = logging.StreamHandler(sys.stdout)
    to_file = logging.FileHandler(tmp_path / "caller.log")
    logger = logging.getLogger("caller")
    logger.addHandler(to_file)
    try:
        export(project)
        logger.warning("still here")
        assert not logger.disabled
        assert to_output.stream is sys.stdout
        assert "still here" in (tmp_path / "caller.log").read_text(encoding="utf-8")
    finally:
        logger.removeHandler(to_file)
        to_file.close()


def test_telemetry_and_bytecode_are_off_while_the_project_is_imported(tmp_path: Path) -> None:
    look = """
        import json, os, pathlib, sys
        names = ("DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY")
        assert all(os.environ.get(name) for name in names)
        assert sys.dont_write_bytecode
        assert pathlib.Path.cwd() == pathlib.Path(__file__).parents[2]
    """
    export(make_project(tmp_path, {"src/tiny/settings.py": look}))


def test_two_projects_of_one_package_name_do_not_mix(tmp_path: Path) -> None:
    helper = {"src/shared.py": "NAME = 'left_node'", "src/tiny/extra/__init__.py": ""}
    named = """
        from omegaconf import OmegaConf
        import shared
        OmegaConf.register_new_resolver("side", lambda: shared.NAME)
    """
    registry = nodes_file("node(make, None, 'one', name=shared.NAME)", head="import shared")
    catalog = "one:\n  type: json.JSONDataset\n  filepath: ${side:}.json\n"
    files = {**registry, "conf/base/catalog.yml": catalog, "src/tiny/settings.py": named}
    left = make_project(tmp_path / "left", {**files, **helper})
    right = make_project(tmp_path / "right", {**files, "src/shared.py": "NAME = 'right_node'"})
    for project, name in [(left, "left_node"), (right, "right_node"), (left, "left_node")]:
        document = export(project)
        assert [node.name for node in document.nodes] == [name]
        assert document.datasets["one"].uri == f"{name}.json"


def test_custom_resolvers_of_two_projects_do_not_mix(tmp_path: Path) -> None:
    for side in ("left", "right"):
        settings = f"CONFIG_LOADER_ARGS = {{'base_env': 'base', 'default_run_env': 'local', \
'custom_resolvers': {{'side': lambda: '{side}'}}}}"
        catalog = "one:\n  type: json.JSONDataset\n  filepath: ${side:}.json\n"
        project = make_project(
            tmp_path / side, {"src/tiny/settings.py": settings, "conf/base/catalog.yml": catalog}
        )
        document = export(project, selection=selection_of("start"))
        assert document.datasets["one"].uri == f"{side}.json"


def selection_of(*nodes: str) -> Any:
    from kairflow.ir.model import Selection

    return Selection(nodes=nodes)


def test_modules_of_the_caller_that_share_the_name_come_back(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    stranger = type(sys)("tiny")
    sys.modules["tiny"] = stranger
    try:
        export(project)
        assert sys.modules["tiny"] is stranger
        assert "tiny.settings" not in sys.modules
    finally:
        del sys.modules["tiny"]


def test_the_containment_restores_after_errors_of_our_own(tmp_path: Path) -> None:
    def fail() -> None:
        with isolated(tmp_path):
            os.environ["TINY_WAS_HERE"] = "1"
            raise ZeroDivisionError

    with nothing_changes(), pytest.raises(ZeroDivisionError):
        fail()


def test_an_export_works_from_inside_a_folder_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path)
    outside = export(project)
    monkeypatch.chdir(project / "src" / "tiny")
    assert export(Path()) == outside
    assert export(project / "conf" / "base") == outside


def test_importing_the_package_imports_no_kedro(tmp_path: Path) -> None:
    import subprocess

    script = (
        "import sys, kairflow.export\n"
        "print([m for m in ('kedro', 'omegaconf', 'networkx', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "[]\n"


def test_what_children_print_is_no_part_of_the_product(tmp_path: Path) -> None:
    import json
    import subprocess

    project = make_project(tmp_path / "project")
    registry = next(project.rglob("pipeline_registry.py"))
    text = registry.read_text(encoding="utf-8")
    registry.write_text(f"import os\nos.system('echo from a child')\n{text}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kairflow", "export", "--project", project],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["ir_version"] == "1.0"
    assert "from a child" in done.stderr


def test_a_failing_export_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(KairflowError):
        export_pipeline(Request(project=tmp_path))
