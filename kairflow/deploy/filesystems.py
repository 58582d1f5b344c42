"""Files on other machines, through fsspec: read fresh, and seen whole or not at all.

What fsspec keeps of folders and of filesystems is never trusted: it goes stale.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem, get_filesystem_class

from kairflow.deploy.addresses import OBJECT_STORES, check_address, shown, split
from kairflow.deploy.filesystem_errors import filesystem_missing, told

# One upload to these is whole by the store's own contract, whether it takes one request or many
# parts that a last one joins; moving there would be copying and deleting, which is not.
_WHOLE_AT_ONCE = OBJECT_STORES | {"memory"}

# What `mv` of the others does when the target is there, by their sources (fsspec 2026.9):
#   sftp, ssh        paramiko's posix_rename: replaces; not every server has that extension
#   ftp              RNFR and RNTO: replaces on the servers of Unix
#   webdav (webdav4) MOVE with Overwrite: replaces
#   smb              smbclient.rename: fails, for it is not asked to replace
#   hdfs, arrow_hdfs libhdfs' rename: fails
#   webhdfs          RENAME answers "false", which fsspec does not read: nothing happens, silently
#   dbfs             fails with RESOURCE_ALREADY_EXISTS
# Those that fail need the target gone first: for a moment there is no file, but never a part.
_REMOVE_FIRST = frozenset({"smb", "hdfs", "arrow_hdfs", "webhdfs", "dbfs"})
_SFTP = frozenset({"sftp", "ssh"})
_SILENCE = logging.NullHandler()
Kind = type[AbstractFileSystem]
Options = tuple[tuple[str, Any], ...]


class _OnlyCopyError(OSError):
    """The file under its temporary name is all that is left."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Filesystems that are opened once each, for the time of one piece of work.

    A connection may be gone when the next piece begins.
    """

    _opened: dict[str, AbstractFileSystem] = field(default_factory=dict, repr=False)

    def file(self, address: str) -> RemoteFile:
        """Return the file, or folder, of an address, which need not be there.

        Raises:
            UsageError: the address is none, or its filesystem is not installed.
            UploadError: the filesystem cannot be opened.
        """
        check_address(address, shown(address))
        with told(address, "open the filesystem"):
            try:
                return self._file(address)
            except ImportError as error:  # some import their client when they are opened
                raise filesystem_missing(address, error) from error

    def _file(self, address: str) -> RemoteFile:
        protocol = split(address)[0]
        kind: Kind = get_filesystem_class(protocol)
        # A package that logs its failures would print them where nobody set up logging.
        logging.getLogger(kind.__module__.partition(".")[0]).addHandler(_SILENCE)
        options = tuple(sorted(kind._get_kwargs_from_urls(address).items()))
        filesystem = self._open(protocol, kind, options)
        return RemoteFile(address, filesystem, kind._strip_protocol(address))

    def _open(self, protocol: str, kind: Kind, options: Options) -> AbstractFileSystem:
        if protocol in OBJECT_STORES:
            return _open_store(protocol, options, tuple(sorted(os.environ.items())))
        key = f"{protocol} {options}"
        if key not in self._opened:
            self._opened[key] = kind(**dict(options), skip_instance_cache=True)
        return self._opened[key]


@lru_cache(maxsize=4)
def _open_store(protocol: str, options: Options, _: Options) -> AbstractFileSystem:
    """Open an object store once for an environment, which holds the endpoint and the credentials.

    Starting a client takes half a second, and unlike a connection it does not break.
    """
    return get_filesystem_class(protocol)(**dict(options), skip_instance_cache=True)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on a filesystem of fsspec's, whether it is there or not; `path` is its own name."""

    address: str
    filesystem: AbstractFileSystem = field(repr=False)
    path: str

    def read(self) -> bytes | None:
        """Return the content; None when there is no file.

        Raises:
            UploadError: the filesystem fails, or has no such bucket.
        """
        with told(self.address, "read the file"):
            self.filesystem.invalidate_cache()
            try:
                return bytes(self.filesystem.cat_file(self.path))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None

    def size(self) -> int | None:
        """Return the size in bytes; None when there is no file.

        Raises:
            UploadError: the filesystem fails, or has no such bucket.
        """
        with told(self.address, "look for the file"):
            return self._size(self.path)

    def _size(self, path: str) -> int | None:
        self.filesystem.invalidate_cache()
        try:
            found = self.filesystem.info(path)
        except FileNotFoundError as error:
            _refuse_missing_bucket(error)
            return None
        return int(found["size"]) if found["type"] == "file" else None

    def write(self, content: bytes) -> None:
        """Replace the file as a whole, or leave it as it was.

        Raises:
            UploadError: the filesystem fails.
        """
        with told(self.address, "write the file"):
            protocol = split(self.address)[0]
            if protocol not in _WHOLE_AT_ONCE:
                self.filesystem.makedirs(self.filesystem._parent(self.path), exist_ok=True)
            if protocol in _WHOLE_AT_ONCE or not self._renames():
                self.filesystem.pipe_file(self.path, content)
            else:
                self._write_beside(content)

    def _renames(self) -> bool:
        """Tell whether `mv` is the filesystem's own: the inherited one copies and deletes.

        Where there is no renaming, writing everything in one call is the best there is.
        """
        return type(self.filesystem).mv is not AbstractFileSystem.mv

    def _write_beside(self, content: bytes) -> None:
        """Write under a name that Airflow does not parse, then rename.

        What a killed upload leaves there stays: whether it is old, or somebody's who is writing
        now, only the other machine's clock could tell.
        """
        path = PurePosixPath(self.path)
        hidden = f".{path.name[:40]}.{secrets.token_hex(4)}.tmp"
        temporary = str(path.with_name(hidden))
        try:
            self.filesystem.pipe_file(temporary, content)
            self._expect(temporary, content)
            self._rename(temporary)
            self._expect(self.path, content)
        except _OnlyCopyError:
            raise
        except BaseException:
            with suppress(Exception):
                self.filesystem.rm_file(temporary)
            raise

    def _expect(self, path: str, content: bytes) -> None:
        if (size := self._size(path)) != len(content):
            name = PurePosixPath(path).name
            raise OSError(f"{name} has {size} bytes after writing {len(content)}")

    def _rename(self, temporary: str) -> None:
        protocol = split(self.address)[0]
        if protocol in _REMOVE_FIRST:
            self._replace(temporary, self.filesystem.mv)
            return
        try:
            self.filesystem.mv(temporary, self.path)
        except OSError as error:
            # paramiko gives a number to "not found" and "denied" alone: a server that lacks the
            # extension has none.
            if protocol not in _SFTP or error.errno is not None:
                raise
            self._replace(temporary, self.filesystem.ftp.rename)

    def _replace(self, temporary: str, rename: Callable[[str, str], object]) -> None:
        """Remove the old file, then rename the new one; should that fail, the new one stays."""
        with suppress(FileNotFoundError):
            self.filesystem.rm_file(self.path)
        try:
            rename(temporary, self.path)
            if self._size(self.path) is None:
                raise OSError("the filesystem did not rename")
        except BaseException as error:  # a Ctrl-C as well
            what = str(error) or type(error).__name__
            message = f"{what}; the old file is gone, and the new one is left as {temporary}"
            raise _OnlyCopyError(message) from error

    def remove(self) -> bool:
        """Remove the file, and return whether there was one.

        Raises:
            UploadError: the filesystem fails.
        """
        with told(self.address, "remove the file"):
            if self._size(self.path) is None:
                return False
            self.filesystem.rm_file(self.path)
            return True

    def names(self) -> tuple[str, ...]:
        """Return the names of the files directly in this folder; none when there is no folder.

        Raises:
            UploadError: the filesystem fails, or has no such bucket.
        """
        with told(self.address, "list the folder"):
            return tuple(self._names())

    def _names(self) -> Iterator[str]:
        self.filesystem.invalidate_cache()
        try:
            found = self.filesystem.ls(self.path, detail=True)
        except FileNotFoundError as error:
            _refuse_missing_bucket(error)
            return
        for entry in found:
            path = PurePosixPath(entry["name"])
            # An address of a file lists that file.
            if entry["type"] == "file" and str(path) != str(PurePosixPath(self.path)):
                yield path.name


def _refuse_missing_bucket(error: FileNotFoundError) -> None:
    """Raise what botocore says about the bucket: s3fs makes a missing file of it."""
    response = getattr(error.__cause__, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    if code == "NoSuchBucket":
        raise error
