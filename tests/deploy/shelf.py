"""A filesystem as a third party may write one: a folder reached in slow, small steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from fsspec import AbstractFileSystem


class Shelf(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A folder, without a way to rename; whatever it is told to break raises `odd`."""

    protocol = "shelf"
    root: ClassVar[Path]
    odd: ClassVar[BaseException | None] = None
    breaks: ClassVar[str] = ""
    calls: ClassVar[list[str]]
    chunk, pause = 1000, 0.0

    def told(self, verb: str) -> None:
        self.calls.append(verb)
        if verb == self.breaks and self.odd is not None:
            raise self.odd

    def place(self, path: str) -> Path:
        return self.root / str(self._strip_protocol(path)).lstrip("/")

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        self.told("makedirs")
        self.place(path).mkdir(parents=True, exist_ok=exist_ok)

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        self.told("info")
        place = self.place(path)
        kind = "directory" if place.is_dir() else "file"
        return {"name": path, "size": place.stat().st_size, "type": kind}

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        self.told("ls")
        names = [f"{path}/{entry.name}" for entry in self.place(path).iterdir()]
        return [self.info(name) for name in names] if detail else names

    def cat_file(self, path: str, *args: Any, **kwargs: Any) -> bytes:
        self.told("cat_file")
        return self.place(path).read_bytes()

    def pipe_file(self, path: str, value: bytes, *args: Any, **kwargs: Any) -> None:
        self.told("pipe_file")
        with self.place(path).open("wb") as stream:
            for start in range(0, len(value), self.chunk):
                stream.write(value[start : start + self.chunk])
                stream.flush()
                time.sleep(self.pause)
                self.told("chunk")

    def rm_file(self, path: str) -> None:
        self.told("rm_file")
        self.place(path).unlink()


class RenamingShelf(Shelf):
    """Its `mv` replaces what is there, as rename(2) does."""

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        self.told("mv")
        self.place(path1).replace(self.place(path2))


class SilentShelf(Shelf):
    """Its `mv` does nothing, and says nothing, when the target is there; so does WebHDFS."""

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        self.told("mv")
        if not self.place(path2).exists():
            self.place(path1).rename(self.place(path2))


class OldServerShelf(Shelf):
    """An SFTP server without the extension that replaces: paramiko's `rename` refuses, too."""

    @property
    def ftp(self) -> OldServerShelf:
        return self

    def rename(self, path1: str, path2: str, **kwargs: Any) -> None:
        self.told("rename")
        if self.place(path2).exists():
            raise OSError("Failure")
        self.place(path1).rename(self.place(path2))

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        self.told("mv")
        raise OSError("Operation unsupported")


Install = Callable[..., type[Shelf]]
