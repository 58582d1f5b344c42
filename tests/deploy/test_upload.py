"""Files arrive whole, in order, and only where something differs; on any filesystem."""

from __future__ import annotations

import os
import subprocess
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.config import conf
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from kairflow.deploy.upload import (
    Change,
    Step,
    Upload,
    carry_out,
    list_files,
    plan,
    read_file,
    remove_file,
)
from kairflow.errors import Code, Diagnostic, FileError, KairflowError, UploadError, UsageError
from tests.airflow.running import ROOT
from tests.deploy.killing import kill_writers
from tests.deploy.shelf import Install, OldServerShelf, RenamingShelf, Shelf, SilentShelf

BARE = ROOT / ".venvs" / "bare" / "bin" / "python"
IS_ROOT = os.geteuid() == 0


@pytest.fixture(params=["path", "file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a folder that is not there yet, on each kind of filesystem."""
    if request.param == "memory":
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
        yield "memory://bucket/dags"
        MemoryFileSystem.store.clear()
        return
    yield f"file://{tmp_path}/new/dags" if request.param == "file" else f"{tmp_path}/new/dags"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Make a filesystem known to fsspec under a protocol, for one test."""

    def known(kind: type[Shelf], protocol: str = "shelf", **settings: object) -> type[Shelf]:
        (tmp_path / "shelf").mkdir(exist_ok=True)
        given = {"protocol": protocol, "root": tmp_path / "shelf", "calls": [], **settings}
        made = type(kind.__name__, (kind,), given)
        monkeypatch.setitem(_registry, protocol, made)
        return made

    return known


def upload(*uploads: Upload) -> list[Change]:
    return [step.change for step in carry_out(plan(uploads))]


def refusal(kind: type[KairflowError], *uploads: Upload) -> Diagnostic:
    with pytest.raises(kind) as caught:
        upload(*uploads)
    (found,) = caught.value.diagnostics
    assert found.hint
    return found


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_made_replaced_and_left_alone(folder: str) -> None:
    one, two = f"{folder}/one.py", f"{folder}/two.tar.gz"
    before = (Upload(one, b"old"), Upload(two, bytes(range(256))))
    assert [(step.change, step.old) for step in plan(before)] == [(Change.NEW, None)] * 2
    assert read_file(one) is None
    assert upload(*before) == [Change.NEW] * 2
    after = (Upload(two, bytes(range(256))), Upload(one, "größe\r\n".encode()))
    assert plan(after) == (
        Step(after[0], Change.UNCHANGED, bytes(range(256))),
        Step(after[1], Change.CHANGED, b"old"),
    )
    assert read_file(one) == b"old"
    assert upload(*after) == [Change.UNCHANGED, Change.CHANGED]
    assert read_file(one) == "größe\r\n".encode()
    assert upload(*after) == [Change.UNCHANGED] * 2


def test_an_empty_file_is_a_file(folder: str) -> None:
    assert upload(Upload(f"{folder}/a.py", b"")) == [Change.NEW]
    assert read_file(f"{folder}/a.py") == b""
    assert upload(Upload(f"{folder}/a.py", b"")) == [Change.UNCHANGED]


def test_a_fixed_file_is_the_same_when_its_size_is(folder: str) -> None:
    address = f"{folder}/shop-0123abcd.tar.gz"
    assert upload(Upload(address, b"1234", fixed=True)) == [Change.NEW]
    (step,) = plan([Upload(address, b"abcd", fixed=True)])
    assert (step.change, step.old) == (Change.UNCHANGED, None)
    (step,) = plan([Upload(address, b"12345", fixed=True)])
    assert (step.change, step.old) == (Change.CHANGED, None)
    assert [done.change for done in carry_out([step])] == [Change.CHANGED]
    assert read_file(address) == b"12345"


def test_files_of_a_folder_are_listed(folder: str) -> None:
    assert list_files(folder, ".py") == ()
    names = ("b.py", "a.py", "a.txt", "sub/c.py")
    upload(*(Upload(f"{folder}/{name}", name.encode()) for name in names))
    assert list_files(folder, ".py") == (f"{folder}/a.py", f"{folder}/b.py")
    assert list_files(f"{folder}/", ".txt") == (f"{folder}/a.txt",)
    assert [read_file(found) for found in list_files(folder, "b.py")] == [b"b.py"]


def test_a_file_is_removed_once(folder: str) -> None:
    assert remove_file(f"{folder}/a.py") is False
    upload(Upload(f"{folder}/a.py", b"old"))
    assert remove_file(f"{folder}/a.py") is True
    assert remove_file(f"{folder}/a.py") is False
    assert read_file(f"{folder}/a.py") is None


def test_each_step_is_told_when_it_is_done(folder: str) -> None:
    uploads = [Upload(f"{folder}/{number}.py", b"x") for number in range(3)]
    done = carry_out(plan(uploads))
    for number, upload_ in enumerate(uploads):
        assert next(done).upload is upload_
        found = [read_file(each.address) is not None for each in uploads]
        assert found == [index <= number for index in range(3)]


def test_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    upload(Upload("~/dags/a.py", b"1"), Upload("file://~/dags/b.py", b"2"), Upload("c.py", b"3"))
    assert names_in(tmp_path / "dags") == ["a.py", "b.py"]
    assert list_files("~/dags", ".py") == ("~/dags/a.py", "~/dags/b.py")
    assert (tmp_path / "c.py").read_bytes() == b"3"
    found = refusal(UsageError, Upload("~nobody-at-all/dags/a.py", b"1"))
    assert found.code is Code.ADDRESS_INVALID


def test_a_local_mistake_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"mine")
    good = Upload(f"{tmp_path}/good.py", b"1")
    found = refusal(FileError, good, Upload(f"{tmp_path}/plain/dag.py", b"1"))
    assert (found.code, found.message) == (
        Code.FILE_UNREADABLE,
        "cannot read the file: Not a directory",
    )
    refusal(FileError, good, Upload(str(tmp_path), b"1"))
    assert names_in(tmp_path) == ["plain"]
    with pytest.raises(FileError, match="cannot list the folder: Not a directory"):
        list_files(f"{tmp_path}/plain", ".py")
    with pytest.raises(FileError, match="cannot remove the file: Is a directory"):
        remove_file(str(tmp_path))


@pytest.mark.skipif(not IS_ROOT, reason="only root can mount a small file system")
def test_a_full_disk_ends_it_and_leaves_what_was_there(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine mounts nothing")
    try:
        dag = Upload(f"{tmp_path}/dag.py", b"old")
        upload(dag)
        large = Upload(f"{tmp_path}/shop.tar.gz", b"x" * 100_000)
        found = refusal(FileError, large, Upload(dag.address, b"new"))
        assert "No space left" in found.message
        assert read_file(dag.address) == b"old"
        assert names_in(tmp_path) == ["dag.py"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_killed_upload_never_shows_a_part(tmp_path: Path) -> None:
    """Read all the time, kill at random: always one version or the other; no stray `*.py`."""
    path = tmp_path / "dag.py"

    def look() -> bytes:
        assert [name for name in names_in(tmp_path) if name.endswith(".py")] == ["dag.py"]
        return path.read_bytes()

    kill_writers(str(path), look, times=30, seconds=(0.02, 0.2))
    left = [name for name in names_in(tmp_path) if name != "dag.py"]
    assert left, "no kill hit a write: the test proves nothing"
    assert all(name.startswith(".") and name.endswith(".tmp") for name in left)
    _the_next_upload_clears(path, left)


def _the_next_upload_clears(path: Path, left: list[str]) -> None:
    """Of the leftovers, those that are older than an hour; a younger one may be in use."""
    kept, *stale = left
    foreign = path.with_name(".other.py.abcdefgh.tmp")
    foreign.touch()
    for name in (*stale, foreign.name):
        os.utime(path.with_name(name), (0, 0))
    assert upload(Upload(str(path), b"new")) == [Change.CHANGED]
    assert names_in(path.parent) == sorted([kept, foreign.name, "dag.py"])


def test_an_unknown_protocol_and_a_missing_package() -> None:
    found = refusal(UsageError, Upload("nosuch://bucket/dag.py", b""))
    assert found.code is Code.ADDRESS_INVALID
    assert found.message == "found the unknown protocol nosuch://"
    found = refusal(UsageError, Upload("lakefs://repo/main/dag.py", b""))
    assert (found.code, found.where) == (Code.FILESYSTEM_MISSING, "lakefs://repo/main/dag.py")
    assert found.message.endswith("cannot be imported: No module named 'lakefs_spec'")
    assert found.hint == "Please install lakefs-spec to access LakeFSFileSystem"
    found = refusal(UsageError, Upload("hdfs://host/dag.py", b""))  # found out on opening
    assert found.code is Code.FILESYSTEM_MISSING
    assert "pyarrow" in found.hint


def test_kairflow_alone_names_the_extra() -> None:
    assert BARE.exists(), f"{BARE} is missing: run `make environments`"
    extras = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
    script = (
        "import sys\n"
        "from kairflow.deploy.upload import Upload, plan\n"
        "from kairflow.errors import UsageError\n"
        "for protocol in sys.argv[1:]:\n"
        "    try: plan([Upload(f'{protocol}://bucket/dag.py', b'')])\n"
        "    except UsageError as error:\n"
        "        print(error.diagnostics[0].code.value, error.diagnostics[0].hint)\n"
    )
    command = [str(BARE), "-c", script, *extras]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [
        f'KF704 pip install "kairflow[{extra}]"' for extra in extras.values()
    ]


def test_the_oldest_fsspec_will_do(tmp_path: Path) -> None:
    assert BARE.exists(), f"{BARE} is missing: run `make environments`"
    script = (
        "import sys\n"
        "from kairflow.deploy.upload import Upload, carry_out, plan, list_files\n"
        "for folder in (sys.argv[1], 'memory://dags'):\n"
        "    for content in (b'1', b'2', b'2'):\n"
        "        steps = carry_out(plan([Upload(f'{folder}/a.py', content)]))\n"
        "        print([step.change.value for step in steps], list_files(folder, '.py'))\n"
    )
    answer = subprocess.run(
        [BARE, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines() == [
        f"['{change}'] ('{folder}/a.py',)"
        for folder in (tmp_path, "memory://dags")
        for change in ("new", "changed", "unchanged")
    ]


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


ODD: list[tuple[Exception, str]] = [
    (Exception("first\n\nsecond\nthird"), "Exception: first: second"),
    (Exception(), "Exception: no reason given"),
    (UnprintableError(), "UnprintableError: no reason given"),
    (KeyError("bucket"), "KeyError: 'bucket'"),
    (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
    (PermissionError("AccessDenied"), "AccessDenied"),
    (TimeoutError("too slow"), "too slow"),
    (AssertionError(), "AssertionError: no reason given"),
    (
        ValueError("at https://bob:pw@host/x?X-Amz-Signature=sesame&a=b for sesame-open-7!"),
        "ValueError: at https://host/x for ***!",
    ),
    (ValueError("x" * 1000), "ValueError: " + "x" * 300),
]


@pytest.mark.parametrize(("odd", "said"), ODD, ids=[type(odd).__name__ for odd, _ in ODD])
@pytest.mark.parametrize("verb", ["cat_file", "makedirs", "pipe_file", "chunk", "info", "mv"])
def test_whatever_a_filesystem_raises_is_told(
    install: Install, monkeypatch: pytest.MonkeyPatch, odd: Exception, said: str, verb: str
) -> None:
    monkeypatch.setenv("SHELF_SECRET", "sesame-open-7")
    shelf = install(RenamingShelf)
    (shelf.root / "dags").mkdir()
    (shelf.root / "dags" / "dag.py").write_bytes(b"old")
    shelf.breaks, shelf.odd = verb, odd
    found = refusal(UploadError, Upload("shelf://dags/dag.py", b"new" * 1000))
    assert (found.code, found.where) == (Code.UPLOAD_FAILED, "shelf://dags/dag.py")
    doing = "read" if verb == "cat_file" else "write"
    assert found.message == f"cannot {doing} the file: {said}"
    assert names_in(shelf.root / "dags") == ["dag.py"], "the temporary file stays behind"
    assert (shelf.root / "dags" / "dag.py").read_bytes() == b"old"


def test_a_filesystem_that_cannot_be_opened_is_told(install: Install) -> None:
    def refuse(self: Shelf, *args: object, **kwargs: object) -> None:
        raise RuntimeError("no credentials")

    install(RenamingShelf, "locked", __init__=refuse)
    found = refusal(UploadError, Upload("locked://dags/dag.py", b"new"))
    assert found.message == "cannot open the filesystem: RuntimeError: no credentials"
    assert "FSSPEC_LOCKED_<OPTION>" in found.hint


def test_an_interrupt_removes_the_temporary_file(install: Install) -> None:
    shelf = install(RenamingShelf, breaks="chunk", odd=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        upload(Upload("shelf://dags/dag.py", b"new"))
    assert names_in(shelf.root / "dags") == []


def test_the_first_failure_ends_it(install: Install) -> None:
    shelf = install(RenamingShelf)
    steps = plan([Upload(f"shelf://dags/{name}", b"1") for name in ("a.zip", "b.zip", "dag.py")])
    done = carry_out(steps)
    assert next(done).upload.address == "shelf://dags/a.zip"
    shelf.breaks, shelf.odd = "pipe_file", RuntimeError("full")
    with pytest.raises(UploadError):
        list(done)
    assert names_in(shelf.root / "dags") == ["a.zip"]


def test_a_write_that_falls_short_is_noticed(install: Install) -> None:
    def forget(self: Shelf, path: str, value: bytes, *args: object, **kwargs: object) -> None:
        self.place(path).write_bytes(value[:-1])

    shelf = install(RenamingShelf, pipe_file=forget)
    found = refusal(UploadError, Upload("shelf://dags/dag.py", b"four"))
    assert found.message.endswith("has 3 bytes after writing 4")
    assert names_in(shelf.root / "dags") == []


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        (RenamingShelf, "shelf"),
        (RenamingShelf, "sftp"),
        (OldServerShelf, "sftp"),
        (OldServerShelf, "ssh"),
        (SilentShelf, "webhdfs"),
        (SilentShelf, "smb"),
        (Shelf, "shelf"),
    ],
)
def test_every_way_of_renaming_replaces(install: Install, kind: type[Shelf], protocol: str) -> None:
    shelf = install(kind, protocol)
    address = f"{protocol}://dags/sub/dag.py"
    for content in (b"one", b"three", b"3"):
        upload(Upload(address, content))
        assert read_file(address) == content
        assert names_in(shelf.root / "dags" / "sub") == ["dag.py"]
    assert list_files(f"{protocol}://dags/sub", ".py") == (address,)
    assert remove_file(address) is True
    assert remove_file(address) is False


def test_a_rename_that_does_nothing_is_noticed(install: Install) -> None:
    install(SilentShelf, "shelf")
    upload(Upload("shelf://dags/dag.py", b"one"))
    found = refusal(UploadError, Upload("shelf://dags/dag.py", b"three"))
    assert found.message.endswith("dag.py has 3 bytes after writing 5")
    assert read_file("shelf://dags/dag.py") == b"one"


@pytest.mark.parametrize("odd", [OSError("connection lost"), KeyboardInterrupt()])
def test_a_rename_that_fails_when_the_old_file_is_gone_keeps_the_new_one(
    install: Install, odd: BaseException
) -> None:
    shelf = install(RenamingShelf, "smb", breaks="mv")
    (shelf.root / "dags").mkdir()
    (shelf.root / "dags" / "dag.py").write_bytes(b"old")
    shelf.odd = odd
    found = refusal(UploadError, Upload("smb://dags/dag.py", b"new"))
    (left,) = names_in(shelf.root / "dags")
    assert left.endswith(".tmp")
    assert (shelf.root / "dags" / left).read_bytes() == b"new"
    assert left in found.message


@pytest.mark.parametrize("said", ["denied: s3cr3t-value", "https://host/x?sig=abc denied"])
def test_a_traceback_shows_no_secret(
    install: Install, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("SHELF_TOKEN", "s3cr3t-value")
    shelf = install(RenamingShelf, breaks="ls", odd=ValueError(said))
    (shelf.root / "dags").mkdir()
    with pytest.raises(UploadError) as caught:
        list_files("shelf://dags", ".py")
    shown = "".join(traceback.format_exception(caught.value))
    assert "denied" in shown
    assert "s3cr3t-value" not in shown
    assert "sig=abc" not in shown


def test_a_traceback_keeps_a_harmless_cause(install: Install) -> None:
    shelf = install(RenamingShelf, breaks="ls", odd=ValueError("odd number of shelves"))
    (shelf.root / "dags").mkdir()
    with pytest.raises(UploadError) as caught:
        list_files("shelf://dags", ".py")
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_sftp_server_that_denies_keeps_its_file(install: Install) -> None:
    shelf = install(OldServerShelf, "sftp")
    upload(Upload("sftp://dags/dag.py", b"one"))
    shelf.breaks, shelf.odd = "mv", PermissionError(13, "Permission denied")
    refusal(UploadError, Upload("sftp://dags/dag.py", b"three"))
    assert read_file("sftp://dags/dag.py") == b"one"


@pytest.mark.parametrize("kind", [RenamingShelf, OldServerShelf])
def test_a_slow_write_is_never_seen_in_part(install: Install, kind: type[Shelf]) -> None:
    """Where the target must go first there may be no file for a moment, but never a part."""
    shelf = install(kind, "sftp", pause=0.002)
    versions, end = (b"a" * 20_000, b"b" * 30_000), threading.Event()
    seen = set[bytes]()
    upload(Upload("sftp://dags/dag.py", versions[0]))

    def write() -> None:
        times = 0
        try:
            while times < 3 or len(seen) < len(versions):
                for content in versions[::-1]:
                    upload(Upload("sftp://dags/dag.py", content))
                times += 1
        finally:
            end.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not end.is_set():
        try:
            seen.add((shelf.root / "dags" / "dag.py").read_bytes())
        except FileNotFoundError:
            assert kind is OldServerShelf
    writer.join()
    assert seen == set(versions)


def test_nothing_is_remembered(install: Install) -> None:
    shelf = install(RenamingShelf)
    address = "shelf://dags/dag.py"
    upload(Upload(address, b"one"))
    (shelf.root / "dags" / "dag.py").write_bytes(b"two")
    assert read_file(address) == b"two"
    assert upload(Upload(address, b"one")) == [Change.CHANGED]
    assert not shelf._cache


def test_options_come_from_fsspecs_configuration(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(self: Shelf, colour: str, **kwargs: object) -> None:
        colours.append(colour)
        super(Shelf, self).__init__(**kwargs)

    colours: list[str] = []
    monkeypatch.setitem(conf, "shelf", {"colour": "red"})
    install(RenamingShelf, __init__=opened)
    assert read_file("shelf://dags/dag.py") is None
    assert colours == ["red"]
