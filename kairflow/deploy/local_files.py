"""Place text and bytes in local files: atomically, and not at all when nothing changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from kairflow.errors import Code, Diagnostic, FileError


def place_text(path: Path, text: str) -> bool:
    """Write `text` as UTF-8 to `path`; see `place_bytes`."""
    return place_bytes(path, text.encode())


def place_bytes(path: Path, content: bytes) -> bool:
    """Write `content` to `path` and return whether the file had to change.

    Missing folders are made. A reader sees the old file or the new one, never a part of it, and a
    write that fails leaves the old file and nothing else. A device or a pipe, such as `/dev/null`,
    is written to, not replaced.

    Raises:
        FileError: the file system refuses, or has no room.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
            return True
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except (OSError, RuntimeError) as error:  # before Python 3.13 a circle of links is the latter
        raise FileError([_unwritable(path, path.parents, "file", error)]) from error
    return True


def make_folder(path: Path) -> None:
    """Make a folder, and those around it, unless it is there.

    Raises:
        FileError: the file system refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise FileError([_unwritable(path, (path, *path.parents), "folder", error)]) from error


def _unwritable(path: Path, folders: Iterable[Path], what: str, error: Exception) -> Diagnostic:
    if (found := next(filter(Path.is_file, folders), None)) is not None:
        message, hint = f"{found} is a file, expected a folder", "name another folder"
    else:
        message = f"cannot write the {what}: {getattr(error, 'strerror', None) or error}"
        hint = "check the folder's permissions and the room on the disk"
    return Diagnostic(Code.FILE_UNWRITABLE, message, str(path), hint)


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, then rename: only a rename within a folder is atomic."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp"
    )
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """Keep a file's permissions; a new file gets what the process would give it."""
    if target.exists():
        return target.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises:
        FileError: the file is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot read the file: {error.strerror or error}"
    except UnicodeDecodeError as error:
        message = f"not UTF-8: {error.reason} at byte {error.start}"
    raise FileError([Diagnostic(Code.FILE_UNREADABLE, message, str(path))])


def read_archive(path: Path, sha256: str) -> bytes:
    """Read an archive that an IR names.

    Raises:
        FileError: it is missing or unreadable, or another one: its SHA-256, in hex, differs.
    """
    hint = "name its folder with --archive DIR, or export again: kairflow export --archive DIR"
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"the IR names an archive that cannot be read: {error.strerror or error}"
        raise FileError([Diagnostic(Code.ARCHIVE_MISSING, message, str(path), hint)]) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        message = "the archive is not the one that the IR was exported with: its SHA-256 differs"
        raise FileError([Diagnostic(Code.ARCHIVE_CHANGED, message, str(path), hint)])
    return content


def read_stream(stream: BinaryIO) -> str:
    """Read a UTF-8 stream to its end.

    Raises:
        FileError: the stream is empty or not UTF-8.
    """
    content = stream.read()
    where = "standard input"
    if not content.strip():
        hint = "the command before the pipe wrote nothing: read its message"
        raise FileError([Diagnostic(Code.FILE_UNREADABLE, "found nothing to read", where, hint)])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8: {error.reason} at byte {error.start}"
        raise FileError([Diagnostic(Code.FILE_UNREADABLE, message, where)]) from error
