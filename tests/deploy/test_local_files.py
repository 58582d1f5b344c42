"""A file is the old one or the new one, whatever happens; and untouched when nothing changed."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kairflow.deploy.local_files import make_folder, place_bytes, place_text, read_stream, read_text
from kairflow.errors import Code, Diagnostic, FileError

ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
WRITER = """
import sys
from pathlib import Path
from kairflow.deploy.local_files import place_text
path, size = Path(sys.argv[1]), int(sys.argv[2])
number = 0
while True:
    number += 1
    place_text(path, f"{number}\\n" + chr(97 + number % 26) * size)
    if number == 1:
        print("ready", flush=True)
"""


def refusal(path: Path, text: str = "new") -> Diagnostic:
    with pytest.raises(FileError) as caught:
        place_text(path, text)
    (found,) = caught.value.diagnostics
    assert found.code is Code.FILE_UNWRITABLE
    assert found.where == str(path)
    assert found.hint
    return found


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("mine", encoding="utf-8")
    for path in (tmp_path / "plain" / "dag.py", tmp_path / "plain" / "a" / "b" / "dag.py"):
        found = refusal(path)
        assert found.message == f"{tmp_path / 'plain'} is a file, expected a folder"
        assert "permissions" not in found.hint
    for path in (tmp_path / "plain", tmp_path / "plain" / "a"):
        with pytest.raises(FileError, match=r"plain is a file, expected a folder"):
            make_folder(path)
    assert (tmp_path / "plain").read_text(encoding="utf-8") == "mine"


def test_a_file_is_written_with_the_folders_that_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "dag.py"
    assert place_text(path, "größe\r\n🐝\n") is True
    assert path.read_bytes() == "größe\r\n🐝\n".encode()
    assert names_in(path.parent) == ["dag.py"]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    path, content = tmp_path / "new" / "shop.tar.gz", bytes(range(256)) * 1000
    assert place_bytes(path, content) is True
    assert path.read_bytes() == content
    assert place_bytes(path, content) is False
    assert place_bytes(path, b"") is True
    assert path.read_bytes() == b""
    assert names_in(path.parent) == ["shop.tar.gz"]


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "dag.py"
    place_text(path, "same")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert place_text(path, "same") is False
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (1, before.st_ino)
    assert place_text(path, "other") is True
    assert path.read_text() == "other"


def test_an_unchanged_file_may_stand_where_nobody_can_write(no_writing: Path) -> None:
    assert place_text(no_writing / "dag.py", "old") is False


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755, 0o444])
def test_permissions_are_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "dag.py"
    path.write_text("old")
    path.chmod(mode)
    place_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_gets_what_the_process_gives(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        place_text(tmp_path / "dag.py", "new")
    finally:
        assert os.umask(before) == umask
    assert stat.S_IMODE((tmp_path / "dag.py").stat().st_mode) == mode


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "dag.py", tmp_path / "links" / "dag.py"
    place_text(real, "old")
    link.parent.mkdir()
    link.symlink_to(Path("..") / "real" / "dag.py")
    assert place_text(link, "new") is True
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert names_in(real.parent) == names_in(link.parent) == ["dag.py"]


def test_a_link_to_nowhere_makes_the_file_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to("real.py")
    place_text(tmp_path / "link.py", "new")
    assert (tmp_path / "real.py").read_text() == "new"
    assert (tmp_path / "link.py").is_symlink()


def test_links_in_a_circle_are_no_crash(tmp_path: Path) -> None:
    (tmp_path / "one.py").symlink_to("two.py")
    (tmp_path / "two.py").symlink_to("one.py")
    if sys.version_info < (3, 13):
        refusal(tmp_path / "one.py")
        assert names_in(tmp_path) == ["one.py", "two.py"]
    else:
        place_text(tmp_path / "one.py", "new")
        assert (tmp_path / "two.py").read_text() == "new"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "dag.py").mkdir()
    assert "directory" in refusal(tmp_path / "dag.py").message
    assert names_in(tmp_path) == ["dag.py"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "dags").write_text("I am a file")
    refusal(tmp_path / "dags" / "dag.py")
    assert (tmp_path / "dags").read_text() == "I am a file"


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    longest = tmp_path / f"{'ü' * 126}.py"
    assert place_text(longest, "new") is True
    assert "too long" in refusal(tmp_path / f"{'ü' * 127}.py").message


@pytest.fixture
def no_writing(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with a file `dag.py` in which nobody, not even root, can write."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    if IS_ROOT:
        with mounted(folder) as options:
            (folder / "dag.py").write_text("old")
            subprocess.run(["mount", "-o", f"remount,ro,{options}", folder], check=True)
            yield folder
        return
    (folder / "dag.py").write_text("old")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@contextmanager
def mounted(folder: Path) -> Iterator[str]:
    """Mount a file system of 64 KiB over a folder for a while; yield its options."""
    options = "size=64k"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine mounts nothing")
    try:
        yield options
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_without_permission(no_writing: Path) -> None:
    refusal(no_writing / "dag.py")
    refusal(no_writing / "sub" / "dag.py")
    assert (no_writing / "dag.py").read_text() == "old"
    assert names_in(no_writing) == ["dag.py"]


@pytest.mark.skipif(not IS_ROOT, reason="only root can mount a small file system")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    with mounted(tmp_path):
        path = tmp_path / "dag.py"
        place_text(path, "old")
        assert "No space left" in refusal(path, "x" * 100_000).message
        assert path.read_text() == "old"
        assert names_in(tmp_path) == ["dag.py"]
        assert place_text(path, "fits") is True


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        assert [name for name in names_in(tmp_path) if name.endswith(".py")] == ["dag.py"]
        raise KeyboardInterrupt

    path = tmp_path / "dag.py"
    place_text(path, "old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        place_text(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["dag.py"]


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    path, size = tmp_path / "dag.py", 200_000
    writer = [sys.executable, "-c", WRITER, str(path), str(size)]
    with subprocess.Popen(writer, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end, seen = time.monotonic() + 0.5, set[str]()
        try:
            while time.monotonic() < end or len(seen) < 3:
                assert process.poll() is None
                number, body = path.read_text().split("\n")
                assert len(body) == size
                assert set(body) == {chr(97 + int(number) % 26)}
                seen.add(number)
        finally:
            process.kill()


def reading_refusal(path: Path) -> Diagnostic:
    with pytest.raises(FileError) as caught:
        read_text(path)
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (Code.FILE_UNREADABLE, str(path))
    return found


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "ir.json").write_bytes("größe 🐝".encode())
    assert read_text(tmp_path / "ir.json") == "größe 🐝"
    (tmp_path / "empty.json").touch()
    assert read_text(tmp_path / "empty.json") == ""


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in reading_refusal(tmp_path / "none.json").message
    assert "directory" in reading_refusal(tmp_path).message
    (tmp_path / "latin.json").write_bytes("{'größe'}".encode("latin-1"))
    assert reading_refusal(tmp_path / "latin.json").message.endswith("at byte 4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found nothing to read"),
        (b" \n\t", "found nothing to read"),
        (b'{"a": "\xff"}', "not UTF-8: invalid start byte at byte 7"),
    ],
)
def test_a_stream_that_cannot_be_read(content: bytes, message: str) -> None:
    with pytest.raises(FileError) as caught:
        read_stream(io.BytesIO(content))
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (Code.FILE_UNREADABLE, message)
    assert found.where == "standard input"


def test_a_stream_is_read_as_utf_8() -> None:
    assert read_stream(io.BytesIO("größe\n".encode())) == "größe\n"
