"""The project archive: what git tracks, less what is not for others, in the same bytes anywhere."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kairflow.errors import Code, Diagnostic, Severity
from kairflow.export import Request, archive, export_all, export_pipeline
from kairflow.export.request import ProjectArchive
from kairflow.export.tarball import spell_size
from kairflow.ir.artefacts import archive_name
from kairflow.ir.spark import Archive
from tests.export.test_git import git, make_repository
from tests.export.tiny import codes, errors_of, make_project, snapshot, warnings_of, write

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

PLAIN = {
    "pyproject.toml",
    "src/tiny/__init__.py",
    "src/tiny/settings.py",
    "src/tiny/pipeline_registry.py",
    "conf/base/catalog.yml",
    "conf/base/airflow-k8s.yml",
}
"""What every archive of the tiny project has, beside the folder that Kedro insists on."""

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"


def make_tracked(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write a project of which git tracks everything, in one commit."""
    root = make_project(folder, files)
    make_repository(root)
    return commit(root)


def commit(root: Path) -> Path:
    git(root, "add", "--all", "--force")
    git(root, "commit", "--allow-empty", "--message", "all")
    return root


def archive_of(root: Path, **options: Any) -> ProjectArchive:
    made = export_pipeline(Request(project=root, archive=True, **options)).archive
    assert made is not None
    return made


def members(made: ProjectArchive) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(made.content), errors="surrogateescape") as opened:
        return {member.name: member for member in opened}


def names(root: Path) -> set[str]:
    return {name for name, member in members(archive_of(root)).items() if not member.isdir()}


def fault_of(root: Path) -> Diagnostic:
    (found,) = errors_of(root, archive=True)
    return found


# ---- What is in it ----------------------------------------------------------


def test_it_holds_the_project_at_its_top_and_the_document_names_it(tmp_path: Path) -> None:
    exported = export_pipeline(Request(project=make_tracked(tmp_path), archive=True))
    made = exported.archive
    assert made is not None
    assert {name for name, one in members(made).items() if one.isfile()} == PLAIN
    assert made.files == len(PLAIN)
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()
    assert made.name == f"tiny-{made.sha256[:16]}.tar.gz"
    assert exported.document.archive == Archive(name=made.name, sha256=made.sha256)
    assert exported.warnings == ()


def test_nobody_who_does_not_ask_gets_one(tmp_path: Path) -> None:
    exported = export_pipeline(Request(project=make_project(tmp_path)))
    assert exported.archive is None
    assert exported.document.archive is None


SPARK_PIPELINE = {
    "conf/base/catalog.yml": """
        raw: {type: spark.SparkDatasetV2, filepath: raw}
        one: {type: pandas.CSVDataset, filepath: one.csv}
    """,
    "src/tiny/pipeline_registry.py": """
        from kedro.pipeline import node, pipeline


        def register_pipelines():
            spark = pipeline([node(lambda raw: 1, "raw", "one", name="start")])
            plain = pipeline([node(lambda one: 2, "one", None, name="end")])
            return {"__default__": spark, "plain": plain}
    """,
}
DATAPROC = "spark: {type: dataproc, region: north, artifacts_path: gs://bucket/a}"
ON_KUBERNETES = "spark: {type: k8s, cluster_config: {run_script: /run.py}}"


def spark_project(folder: Path, spark: str) -> Path:
    """A project outside git, with a Spark pipeline and a plain one."""
    required = "image: shop, namespace: shop, experiment_name: shop"
    config = {"conf/base/airflow-k8s.yml": f"run_config: {{{required}, {spark}}}\n"}
    return make_project(folder, {**SPARK_PIPELINE, **config})


@pytest.mark.parametrize(
    ("spark", "pipeline"),
    [(ON_KUBERNETES, "__default__"), ("retries: 1", "__default__"), (DATAPROC, "plain")],
)
def test_what_nobody_fetches_is_made_on_request_alone(
    tmp_path: Path, spark: str, pipeline: str
) -> None:
    """Making it takes git, which not every project is in."""
    root = spark_project(tmp_path, spark)
    request = Request(project=root, pipeline=pipeline, archive=True, only_if_fetched=True)
    assert export_pipeline(request).archive is None
    assert codes(errors_of(root, pipeline=pipeline, archive=True)) == [Code.GIT_UNUSABLE]


def test_what_jobs_fetch_is_made(tmp_path: Path) -> None:
    root = spark_project(tmp_path, DATAPROC)
    assert codes(errors_of(root, archive=True, only_if_fetched=True)) == [Code.GIT_UNUSABLE]
    make_repository(root)
    commit(root)
    spark, plain = export_all(Request(project=root, archive=True, only_if_fetched=True))
    assert spark.archive is not None
    assert spark.document.archive is not None
    assert plain.archive is None
    assert plain.document.archive is None


def test_all_pipelines_share_one(tmp_path: Path) -> None:
    registry = """
        from kedro.pipeline import node, pipeline


        def register_pipelines():
            one = pipeline([node(lambda: 1, None, "one", name="start")])
            return {"__default__": one, "other": one}
    """
    root = make_tracked(tmp_path, {"src/tiny/pipeline_registry.py": registry})
    first, second = export_all(Request(project=root, archive=True))
    assert first.archive is second.archive
    assert first.document.archive == second.document.archive is not None


def test_exporting_writes_nothing_not_even_into_git(tmp_path: Path) -> None:
    root = make_tracked(tmp_path)
    os.utime(root / "pyproject.toml")  # git would like to note that nothing has changed
    before = snapshot(root)
    archive_of(root)
    assert snapshot(root) == before


def test_content_is_that_of_the_working_tree(tmp_path: Path) -> None:
    root = make_tracked(tmp_path)
    write(root, {"src/tiny/staged.py": "A = 1\n", "src/tiny/__init__.py": "B = 2\n"})
    git(root, "add", "src/tiny/staged.py")
    made = archive_of(root)
    with tarfile.open(fileobj=io.BytesIO(made.content)) as opened:
        told = {name: opened.extractfile(f"src/tiny/{name}.py") for name in ("staged", "__init__")}
        assert {name: file.read() for name, file in told.items() if file} == {
            "staged": b"A = 1\n",
            "__init__": b"B = 2\n",
        }
    (found,) = warnings_of(root, archive=True)
    assert (found.code, found.severity) == (Code.ARCHIVE_UNCOMMITTED, Severity.WARNING)
    assert "src/tiny/__init__.py, src/tiny/staged.py" in found.message
    assert "commit" in found.hint


def test_what_git_does_not_track_stays_out_and_is_told_where_jobs_may_miss_it(
    tmp_path: Path,
) -> None:
    root = make_tracked(tmp_path, {".gitignore": "ignored.py\n__pycache__/\n"})
    stray = {"src/tiny/new.py": "", "conf/base/parameters.yml": "", "requirements.txt": ""}
    write(root, {**stray, "src/tiny/ignored.py": "", "notes.txt": "", "data/new.csv": ""})
    write(root, {"conf/base/credentials.yml": "a: b\n"})
    assert names(root) == PLAIN
    (found,) = warnings_of(root, archive=True)
    assert (found.code, found.severity) == (Code.ARCHIVE_INCOMPLETE, Severity.WARNING)
    assert found.message.endswith(": " + ", ".join(sorted(stray)))


def test_a_deleted_file_is_left_out_and_counts_as_a_change(tmp_path: Path) -> None:
    root = make_tracked(tmp_path, {"docs/old.md": "", "docs/odd.md": ""})
    (root / "docs" / "old.md").unlink()
    (root / "docs" / "odd.md").unlink()
    os.mkfifo(root / "docs" / "odd.md")  # reading it would never end
    made = archive_of(root)
    assert {name for name, one in members(made).items() if one.isfile()} == PLAIN
    assert made.left_out["deleted"] == 2
    assert codes(warnings_of(root, archive=True)) == [Code.ARCHIVE_UNCOMMITTED]


def test_a_project_deep_in_a_repository_is_packed_alone(tmp_path: Path) -> None:
    make_repository(tmp_path)
    write(tmp_path, {"other/secret.py": "", "conf/base/parameters.yml": ""})
    root = make_project(tmp_path / "ü pipelines" / "tiny")
    commit(tmp_path)
    write(tmp_path, {"src/stray.py": "", "other/secret.py": "x"})
    assert names(root) == PLAIN
    assert warnings_of(root, archive=True) == []
    write(root, {"src/tiny/__init__.py": "A = 1", "src/tiny/new.py": ""})
    changed, stray = warnings_of(root, archive=True)
    assert changed.message.endswith(": src/tiny/__init__.py")
    assert stray.message.endswith(": src/tiny/new.py")


ODD = ("a b.py", "ü🐝.py", "line\nend.py", 'quo"te\\.py', "-n.py", "x" * 200 + ".py", "[a]*.py")


def test_any_name_survives(tmp_path: Path) -> None:
    root = make_tracked(tmp_path, {f"src/tiny/{name}": name for name in ODD})
    odd = os.fsdecode(b"src/tiny/\xff\xfe.py")
    (root / odd).write_text("odd")
    commit(root)
    assert names(root) == PLAIN | {f"src/tiny/{name}" for name in ODD} | {odd}


def test_tar_itself_unpacks_it(tmp_path: Path) -> None:
    files = {f"src/tiny/{name}": name for name in ODD}
    root = make_tracked(tmp_path / "project", {**files, "src/big.bin": "0123456789" * 30_000})
    (root / "src" / "link").symlink_to("tiny/__init__.py")
    (root / os.fsdecode(b"src/\xff")).write_text("odd")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o700)
    commit(root)
    target = tmp_path / "there"
    target.mkdir()
    made = archive_of(root)
    command = ["tar", "-xz", "-C", str(target)]
    subprocess.run(command, input=made.content, check=True)
    for path in (path for path in root.rglob("*") if ".git" not in path.parts):
        copy = target / path.relative_to(root)
        assert copy.exists() is (path.name != ".gitkeep")
        if path.is_file() and copy.exists():
            assert copy.read_bytes() == path.read_bytes()
    assert (target / "src" / "link").readlink() == Path("tiny/__init__.py")
    assert os.access(target / "run.sh", os.X_OK)
    assert list((target / "conf" / "local").iterdir()) == []


# ---- What never is ----------------------------------------------------------

SECRETS = (
    "conf/base/credentials.yml",
    "conf/base/credentials/s3.yml",
    "conf/base/nested/credentials_s3.yml",
    "conf/base/old_credentials.json",
    "conf/credentials.yml",
    ".env",
    "src/tiny/.env.prod",
    "prod.env",
    "conf/base/keys.jks",
    ".netrc",
    ".aws/credentials",
    "deploy/.ssh/config",
    ".kube/config",
    "deploy/.docker/config.json",
    ".azure/azureProfile.json",
    ".gnupg/pubring.kbx",
    ".databricks/token-cache.json",
    ".envrc",
    ".databrickscfg",
    "deploy/.dockerconfigjson",
    ".dockercfg",
    "web/.htpasswd",
    "deploy/Team.KDBX",
    ".boto",
    ".s3cfg",
    ".streamlit/secrets.toml",
)
HARMLESS = (
    ".streamlit/config.toml",
    "docs/secrets.toml",
    "src/aws/config",
    "docker/config.json",
    "pip.conf",
    "src/tiny/credentials.py",
    "src/tiny/env.py",
    "tests/data/one.csv",
    "docs/keys.md",
)


def test_credentials_data_and_local_configuration_stay_out(tmp_path: Path) -> None:
    files = {
        **dict.fromkeys((*SECRETS, *HARMLESS), "x: 1\n"),
        "conf/local/parameters.yml": "x: 1\n",
        "data/01_raw/raw.csv": "",
        ".gitattributes": "",
        "src/.gitignore": "",
        "conf/prod/.gitkeep": "",
    }
    made = archive_of(make_tracked(tmp_path, files))
    packed = {name for name, one in members(made).items() if not one.isdir()}
    assert packed == PLAIN | set(HARMLESS) | {"conf/prod/.gitkeep"}
    assert made.left_out == {
        "credentials": len(SECRETS),
        "data": 1,
        "git's own": 2,
        "local configuration": 2,
    }


def test_an_archive_does_not_feed_on_what_was_made_before(tmp_path: Path) -> None:
    root = make_tracked(tmp_path)
    first = archive_of(root)
    scripts = (f"tiny-{'0a' * 8}.sh", f"deploy/tiny-{'0a' * 8}-clean-{'f' * 6}.py")
    ours = ("deploy/tiny-setup.sh", f"docs/other-{'0a' * 8}.sh")
    write(root, dict.fromkeys(scripts, "made"))
    (root / "src" / "build").mkdir()
    (root / "src" / "build" / first.name).write_bytes(first.content)
    again = archive_of(commit(root))
    assert again.content == first.content
    assert again.left_out["made by Kairflow"] == 3
    write(root, dict.fromkeys(ours, "mine"))
    assert names(commit(root)) == PLAIN | set(ours)


@pytest.mark.parametrize(
    ("name", "content", "is_secret"),
    [
        ("deploy/id_rsa", KEY, True),
        ("deploy/server.pem", KEY, True),
        ("deploy/server.KEY", KEY.replace("RSA ", ""), True),
        ("deploy/account.json", '{"private_key": "-----BEGIN PRIVATE KEY-----\\n"}', True),
        ("conf/base/parameters.yml", 'key: "-----BEGIN PRIVATE KEY-----"\n', True),
        ("deploy/secret.yaml", KEY, True),
        ("deploy/tool.toml", f"key = '''{KEY}'''", True),
        ("deploy/key.txt", KEY, True),
        ("deploy/tool.cfg", KEY, True),
        ("deploy/tool.ini", KEY, True),
        ("deploy/ca.txt", "-----BEGIN CERTIFICATE-----\nMIIB\n", False),
        ("deploy/ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", False),
        ("src/tiny/keys.py", f"MARK = '''{KEY}'''", False),
        ("README.md", KEY, False),
    ],
)
def test_a_private_key_is_told_by_its_content(
    tmp_path: Path, name: str, content: str, is_secret: bool
) -> None:
    made = archive_of(make_tracked(tmp_path, {name: content}))
    assert (name not in members(made)) is is_secret
    assert made.left_out.get("credentials", 0) == is_secret


def test_the_folders_are_those_of_the_projects_settings(tmp_path: Path) -> None:
    settings = """
        CONF_SOURCE = "settings/kedro"
        CONFIG_LOADER_ARGS = {
            "base_env": "base",
            "default_run_env": "mine",
            "config_patterns": {"credentials": ["secrets*", "**/secrets*"]},
        }
    """
    root = make_tracked(
        tmp_path,
        {
            "src/tiny/settings.py": settings,
            "settings/kedro/mine/parameters.yml": "a: 1\n",
            "settings/kedro/local/parameters.yml": "",
            "settings/kedro/base/more/secrets.yml": "",
        },
    )
    shutil.move(root / "conf" / "base" / "catalog.yml", root / "settings/kedro/base/catalog.yml")
    shutil.move(root / "conf/base/airflow-k8s.yml", root / "settings/kedro/base/airflow-k8s.yml")
    commit(root)
    assert {name for name in names(root) if name.startswith("settings")} == {
        "settings/kedro/base/airflow-k8s.yml",
        "settings/kedro/base/catalog.yml",
        "settings/kedro/mine/parameters.yml",
    }


def test_an_environment_of_which_git_tracks_nothing_keeps_its_folder(tmp_path: Path) -> None:
    """Kedro stops when the folder of the environment that it falls back on is missing."""
    settings = 'CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "mine"}\n'
    files = {"src/tiny/settings.py": settings, "conf/mine/parameters.yml": "a: 1\n"}
    root = make_tracked(tmp_path, files)
    git(root, "rm", "--cached", "--quiet", "-r", "conf/mine")
    write(root, {".gitignore": "conf/mine\n"})
    git(root, "commit", "--message", "private")
    found = members(archive_of(root))
    assert found["conf/mine"].isdir()
    assert "conf/mine/parameters.yml" not in found


# ---- Links and other things that are no files -------------------------------


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../outside", "tiny/../../..", "loop/../../../x", "up/secret"]
)
def test_a_link_that_leads_out_is_refused(tmp_path: Path, target: str) -> None:
    root = make_tracked(tmp_path / "project")
    (root / "src" / "up").symlink_to("../..")
    (root / "src" / "link").symlink_to(target)
    git(root, "add", "src/link")
    found = fault_of(root)
    assert (found.code, found.where) == (Code.ARCHIVE_CONTENT, "src/link")
    assert "found a link to" in found.message
    assert found.hint


@pytest.mark.parametrize("target", ["tiny", "tiny/../../conf/base/catalog.yml", ".", "link", "no"])
def test_a_link_that_stays_inside_is_kept_as_it_is(tmp_path: Path, target: str) -> None:
    root = make_tracked(tmp_path)
    (root / "src" / "link").symlink_to(target)
    commit(root)
    member = members(archive_of(root))["src/link"]
    assert (member.type, member.linkname) == (tarfile.SYMTYPE, target)


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    root = make_tracked(tmp_path / "project", {"docs/guide/one.md": "ours"})
    shutil.rmtree(root / "docs" / "guide")
    write(tmp_path, {"elsewhere/one.md": "theirs"})
    (root / "docs" / "guide").symlink_to(tmp_path / "elsewhere")
    found = fault_of(root)
    assert (found.code, found.where) == (Code.ARCHIVE_CONTENT, "docs/guide/one.md")


def test_submodules_are_left_out_and_told(tmp_path: Path) -> None:
    make_repository(tmp_path / "library")
    root = make_tracked(tmp_path / "project")
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "--quiet", "add", str(tmp_path / "library"), "src/library")
    git(root, "commit", "--message", "library")
    made = archive_of(root)
    assert {name for name, one in members(made).items() if one.isfile()} == PLAIN
    assert made.left_out["submodule"] == 1
    (found,) = warnings_of(root, archive=True)
    assert found.code is Code.ARCHIVE_INCOMPLETE
    assert found.message.endswith("submodules: src/library")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    root = make_tracked(tmp_path, {"docs/closed.md": ""})
    (root / "docs" / "closed.md").chmod(0)
    found = fault_of(root)
    assert (found.code, found.where) == (Code.ARCHIVE_CONTENT, "docs/closed.md")


# ---- The same bytes ---------------------------------------------------------


def test_the_same_content_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    files = {"run.sh": "#!/bin/sh\n", "docs/ü.md": "🐝", "src/tiny/b.py": ""}
    one = make_tracked(tmp_path / "one", files)
    (one / "run.sh").chmod(0o755)
    commit(one)
    git(tmp_path, "clone", "--quiet", str(one), "other")
    other = tmp_path / "other"
    (other / "conf" / "local").mkdir(exist_ok=True)
    for path in other.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    write(other, {"conf/local/notes.yml": "a: b\n", "scratch/x.txt": ""})
    assert archive_of(other, env="base").content == archive_of(one).content


def test_entries_say_nothing_about_the_machine(tmp_path: Path) -> None:
    root = make_tracked(tmp_path, {"run.sh": ""})
    (root / "run.sh").chmod(0o777)
    (root / "pyproject.toml").chmod(0o600)
    commit(root)
    made = archive_of(root)
    found = members(made)
    assert list(found) == sorted(found)
    for member in found.values():
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
        assert member.mtime == 0
    assert found["run.sh"].mode == found["conf/local"].mode == 0o755
    assert found["pyproject.toml"].mode == 0o644
    assert made.content[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


PACK = """
import hashlib, os
from kairflow.export.tarball import Entry, pack
entries = [
    Entry("b/" + "x" * 200, b"long name"),
    Entry("a", bytes(range(256)) * 1000, executable=True),
    Entry("c", target="b/" + "y" * 150),
    Entry("d"),
    Entry("empty", b""),
    Entry(os.fsdecode(b"\\xff\\xfe"), b"odd"),
]
print(hashlib.sha256(pack(entries)).hexdigest())
"""
PACKED = "177332e7f152b5617b24f6b4ec262f16783875242295975cbe3d4a504e9ed753"
"""As every Python from 3.10 to 3.13 has packed it."""


def test_every_python_packs_alike() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PACK], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == PACKED


# ---- What git says ----------------------------------------------------------


def test_a_project_outside_git_is_told_how_to_get_there(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    found = fault_of(root)
    assert (found.code, found.where) == (Code.GIT_UNUSABLE, str(root))
    assert "no git repository" in found.message
    assert "git init && git add ." in found.hint
    git(root, "init")
    assert {found.where for found in errors_of(root, archive=True)} == {
        "pyproject.toml",
        "src/tiny",
    }
    git(root, "add", ".")
    assert names(root) == PLAIN


def test_a_project_that_an_outer_repository_ignores_is_refused(tmp_path: Path) -> None:
    make_repository(tmp_path)
    write(tmp_path, {".gitignore": "scratch/\n"})
    found = errors_of(make_project(tmp_path / "scratch"), archive=True)
    assert codes(found) == [Code.GIT_UNUSABLE, Code.GIT_UNUSABLE]


def test_a_mistake_about_git_is_told_with_all_others(tmp_path: Path) -> None:
    config = "run_config: {image: a, namespace: b, experiment_name: c, retires: 1}\n"
    root = make_project(tmp_path, {"conf/base/airflow-k8s.yml": config})
    assert codes(errors_of(root, archive=True)) == [Code.CONFIG_UNKNOWN_KEY, Code.GIT_UNUSABLE]


def test_without_git_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_tracked(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = fault_of(root)
    assert found.code is Code.GIT_UNUSABLE
    assert "git cannot be run" in found.message
    assert "install git" in found.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_told_with_gits_own_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_tracked(tmp_path / "repository")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    for path in (root, root / ".git"):
        os.chown(path, 4711, 4711)
    found = fault_of(root)
    assert found.code is Code.GIT_UNUSABLE
    assert "another user" in found.message
    assert found.hint == f"git config --global --add safe.directory {root}"


def test_a_repository_that_git_cannot_read_is_told_in_gits_words(tmp_path: Path) -> None:
    root = make_tracked(tmp_path)
    (root / ".git" / "index").write_bytes(b"nonsense")
    found = fault_of(root)
    assert found.code is Code.GIT_UNUSABLE
    assert "index" in found.message


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    root = make_tracked(
        tmp_path / "project", {"model.bin": "x", ".gitattributes": "*.bin filter=f"}
    )
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap, hooks / hook)
    for key in ("core.fsmonitor", "filter.f.clean", "filter.f.smudge", "filter.f.process"):
        git(root, "config", key, str(trap))
    git(root, "config", "filter.f.required", "true")
    git(root, "config", "core.hooksPath", str(hooks))
    (tmp_path / "sprung").unlink(missing_ok=True)
    os.utime(root / "model.bin", (1, 1))  # git has to look at its content
    assert "model.bin" in names(root)
    assert not (tmp_path / "sprung").exists()


def test_variables_for_another_repository_are_not_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook, where git itself sets them."""
    root = make_tracked(tmp_path / "project")
    make_repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert names(root) == PLAIN


def test_a_worktree_is_packed_as_its_branch_has_it(tmp_path: Path) -> None:
    root = make_tracked(tmp_path / "main")
    git(root, "worktree", "add", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "conf" / "local").mkdir(exist_ok=True)
    assert archive_of(tmp_path / "side").content == archive_of(root).content


# ---- Size and name ----------------------------------------------------------


def test_a_heavy_archive_names_its_biggest_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGE", 3_000_000)
    root = make_tracked(tmp_path, {"docs/film.mp4": "x" * 4_000_000, "docs/b.bin": "y" * 1_000_000})
    (found,) = warnings_of(root, archive=True)
    assert (found.code, found.severity) == (Code.ARCHIVE_LARGE, Severity.WARNING)
    assert "5.0 MB" in found.message
    assert found.hint.startswith("most of it: docs/film.mp4 (4.0 MB), docs/b.bin (1.0 MB), ")


@pytest.mark.parametrize(
    ("size", "spelt"),
    [(999, "1 kB"), (20_480, "20 kB"), (1_000_000, "1.0 MB"), (123_456_789, "123.5 MB")],
)
def test_a_size_is_told_in_what_it_fills(size: int, spelt: str) -> None:
    assert spell_size(size) == spelt


@pytest.mark.parametrize("package", ["_private", "größe", "shop.pipelines"])
def test_any_package_makes_a_legal_name(package: str) -> None:
    name = archive_name(package, "0123456789abcdef" * 4)
    assert name.endswith("-0123456789abcdef.tar.gz")
    assert Archive(name=name, sha256="0" * 64).name == name
