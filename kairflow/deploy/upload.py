"""Files to where Airflow and Spark find them: look first, then write what differs, in order.

Nobody ever reads half a file, whatever ends an upload; it decides nothing about what is uploaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from kairflow.deploy.addresses import join, local_path
from kairflow.deploy.filesystems import Connections, RemoteFile
from kairflow.deploy.local_uploads import LocalFile


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is to be at an address."""

    address: str
    """The full address of the file: `/srv/dags/x.py`, `gs://bucket/dags/x.py`."""
    content: bytes = field(repr=False)
    fixed: bool = False
    """The name holds a digest of the content: a file of the same size counts as the same."""


class Change(str, Enum):
    """What an upload would do to what is there."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Step:
    """An upload, and what is at its address now."""

    upload: Upload
    change: Change
    old: bytes | None = field(repr=False)
    """What is there now, for the difference; None for a new or a fixed file."""


def plan(uploads: Iterable[Upload]) -> tuple[Step, ...]:
    """Look at every address, in the same order; it changes nothing.

    Raises:
        UsageError: an address is none, or its filesystem is not installed.
        FileError: a local file cannot be read.
        UploadError: a filesystem fails.
    """
    connections = Connections()
    return tuple(_step(upload, _file(upload.address, connections)) for upload in uploads)


def _step(upload: Upload, file: LocalFile | RemoteFile) -> Step:
    if upload.fixed:
        return Step(upload, _change(file.size(), len(upload.content)), None)
    old = file.read()
    return Step(upload, _change(old, upload.content), old)


def _change(old: object, new: object) -> Change:
    if old is None:
        return Change.NEW
    return Change.UNCHANGED if old == new else Change.CHANGED


def carry_out(steps: Iterable[Step]) -> Iterator[Step]:
    """Upload what is new or changed, in order, and yield each step once it is done.

    The first that fails ends it: what others rely on comes first.

    Raises:
        FileError: a local file cannot be written.
        UploadError: a filesystem fails.
    """
    connections = Connections()
    for step in steps:
        if step.change is not Change.UNCHANGED:
            _file(step.upload.address, connections).write(step.upload.content)
        yield step


def read_file(address: str) -> bytes | None:
    """Return the content of a file; None when there is none.

    Raises:
        UsageError: the address is none, or its filesystem is not installed.
        FileError: a local file cannot be read.
        UploadError: the filesystem fails.
    """
    return _file(address, Connections()).read()


def list_files(folder: str, ending: str) -> tuple[str, ...]:
    """Return the addresses of the files directly in a folder, sorted; none when it is missing.

    Raises:
        UsageError: the address is none, or its filesystem is not installed.
        FileError: a local folder cannot be read.
        UploadError: the filesystem fails.
    """
    names = _file(folder, Connections()).names()
    return tuple(join(folder, name) for name in sorted(names) if name.endswith(ending))


def remove_file(address: str) -> bool:
    """Remove a file, and return whether there was one.

    Raises:
        UsageError: the address is none, or its filesystem is not installed.
        FileError: the local file system refuses.
        UploadError: the filesystem fails.
    """
    return _file(address, Connections()).remove()


def _file(address: str, connections: Connections) -> LocalFile | RemoteFile:
    path = local_path(address)
    return connections.file(address) if path is None else LocalFile(path)
