"""Files on this machine as places to upload to; they are written by `local_files`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kairflow.deploy.local_files import place_bytes
from kairflow.errors import Code, Diagnostic, FileError

# Longer than any write takes: what is older was left by one that was killed.
_STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine, whether it is there or not."""

    path: Path

    def read(self) -> bytes | None:
        """Return the content; None when there is no file.

        Raises:
            FileError: the file cannot be read.
        """
        with self._told("read the file"):
            try:
                return self.path.read_bytes()
            except FileNotFoundError:
                return None

    def size(self) -> int | None:
        """Return the size in bytes; None when there is no file.

        Raises:
            FileError: the file system refuses.
        """
        with self._told("look for the file"):
            return self.path.stat().st_size if self.path.is_file() else None

    def write(self, content: bytes) -> None:
        """Replace the file as a whole, or leave it as it was.

        Raises:
            FileError: the file system refuses, or has no room.
        """
        place_bytes(self.path, content)
        with suppress(OSError):
            _remove_leftovers(self.path.resolve())

    def remove(self) -> bool:
        """Remove the file, and return whether there was one.

        Raises:
            FileError: the file system refuses.
        """
        with self._told("remove the file"):
            try:
                self.path.unlink()
            except FileNotFoundError:
                return False
            return True

    def names(self) -> tuple[str, ...]:
        """Return the names of the files directly in this folder; none when there is no folder.

        Raises:
            FileError: the folder cannot be read.
        """
        with self._told("list the folder"):
            try:
                return tuple(entry.name for entry in self.path.iterdir() if entry.is_file())
            except FileNotFoundError:
                return ()

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (
            OSError,
            RuntimeError,
        ) as error:  # before Python 3.13 a circle of links is the latter
            message = f"cannot {doing}: {getattr(error, 'strerror', None) or error}"
            hint = "check the path and its permissions"
            found = Diagnostic(Code.FILE_UNREADABLE, message, str(self.path), hint)
            raise FileError([found]) from error


def _remove_leftovers(target: Path) -> None:
    """Remove what writes of this file left beside it when they were killed."""
    name = re.compile(rf"\.{re.escape(target.name[:40])}\.[a-z0-9_]{{8}}\.tmp")
    for entry in target.parent.iterdir():
        if name.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _STALE_SECONDS:
            entry.unlink(missing_ok=True)
