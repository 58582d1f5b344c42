"""A `.tar.gz` as bytes that follow from names and contents alone; it touches no file."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = b"\x1f\x8b\x08\0" + b"\0\0\0\0" + b"\0\xff"
"""gzip's, without name, time and system."""

_STORED = 0xFFFF
"""The most that a stored block of deflate holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or with `target` a link, or with neither content nor target an empty folder."""

    name: str
    """Relative; characters that no UTF-8 made are escaped as `os.fsdecode` does it."""
    content: bytes | None = None
    target: str | None = None
    executable: bool = False


def pack(entries: Iterable[Entry]) -> bytes:
    """Pack entries in the order of their names, without owner and time.

    The content is stored and not compressed, which every gzip reads: what compressing makes of it
    differs between zlib and zlib-ng, and between their versions.
    """
    packed = io.BytesIO()
    # GNU's long names are plain bytes, so a name need not be UTF-8.
    with tarfile.open(
        fileobj=packed,
        mode="w",
        format=tarfile.GNU_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for entry in sorted(entries, key=lambda entry: entry.name):
            archive.addfile(_described(entry), io.BytesIO(entry.content or b""))
    return _stored(packed.getvalue())


def _described(entry: Entry) -> tarfile.TarInfo:
    """Describe an entry; what is not said here is zero or empty."""
    found = tarfile.TarInfo(entry.name)
    if entry.target is not None:
        found.type, found.mode, found.linkname = tarfile.SYMTYPE, 0o777, entry.target
    elif entry.content is None:
        found.type, found.mode = tarfile.DIRTYPE, 0o755
    else:
        found.size, found.mode = len(entry.content), 0o755 if entry.executable else 0o644
    return found


def _stored(content: bytes) -> bytes:
    view, end = memoryview(content), len(content)
    parts: list[bytes | memoryview] = [_HEADER]
    for start in range(0, end, _STORED):
        chunk = view[start : start + _STORED]
        last = start + _STORED >= end
        parts += (struct.pack("<BHH", last, len(chunk), len(chunk) ^ 0xFFFF), chunk)
    parts.append(struct.pack("<II", zlib.crc32(content), end & 0xFFFFFFFF))
    return b"".join(parts)


def spell_size(size: int) -> str:
    """Spell a number of bytes for people."""
    if size < 1_000_000:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB"
