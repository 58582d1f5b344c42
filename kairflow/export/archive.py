"""The project archive: what git tracks of the project, as bytes that Spark jobs unpack."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kairflow.errors import Code, Diagnostic, ProjectError, Severity
from kairflow.export.archive_rules import Layout, inside, is_needed, is_private_key, why_out
from kairflow.export.request import ProjectArchive
from kairflow.export.tarball import Entry, pack, spell_size
from kairflow.export.tracked import EXECUTABLE, SUBMODULE, Tracked, read_tracked
from kairflow.ir.artefacts import archive_name

LARGE = 100_000_000
"""An archive of more bytes than this is worth a warning: every Spark job fetches it."""

_DELETED = "deleted"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The tracked files: those that go in, read, and why the others do not."""

    entries: Mapping[str, Entry]
    reasons: Mapping[str, str]
    faults: tuple[Diagnostic, ...]


def make_archive(layout: Layout) -> tuple[ProjectArchive, tuple[Diagnostic, ...]]:
    """Pack the files that git tracks, and say what their author should know.

    A file's content is that of the working tree, whether or not a commit has it: the IR describes
    the pipeline that was imported from there, and the jobs must run that one. Whether a file is
    executable is git's word, since not every file system can say it. Local configuration,
    credentials and data stay out.

    Raises:
        ProjectError: git cannot tell the files, one cannot be packed, or the project itself is not
            among them.
    """
    tracked = read_tracked(layout.root)
    found = _sort(tracked, layout)
    if faults := (*found.faults, *_missing(found, layout)):
        raise ProjectError(faults)
    content = pack((*found.entries.values(), *_empty_folders(found, layout)))
    sha256 = hashlib.sha256(content).hexdigest()
    archive = ProjectArchive(
        name=archive_name(layout.package, sha256),
        sha256=sha256,
        content=content,
        files=len(found.entries),
        left_out=dict(sorted(Counter(found.reasons.values()).items())),
    )
    return archive, tuple(_warnings(archive, found, tracked, layout))


class _EscapeError(Exception):
    """A link that leads out of the project."""


def _sort(tracked: Tracked, layout: Layout) -> _Sorted:
    entries, reasons, faults = dict[str, Entry](), dict[str, str](), list[Diagnostic]()
    for name, mode in tracked.modes.items():
        reason = "submodule" if mode == SUBMODULE else why_out(name, layout)
        try:
            entry = None if reason else _read(layout.root, name, mode == EXECUTABLE)
        except _EscapeError as escape:
            faults.append(_fault(name, str(escape), "have it lead to a tracked file, or drop it"))
            continue
        except OSError as error:
            faults.append(_fault(name, f"cannot read the file: {error.strerror or error}"))
            continue
        if entry is None:
            reasons[name] = reason or _DELETED
        elif is_private_key(name, entry.content or b""):
            reasons[name] = "credentials"
        else:
            entries[name] = entry
    return _Sorted(entries, reasons, tuple(faults))


def _read(root: Path, name: str, executable: bool) -> Entry | None:
    """Read a file or link of the working tree; None when there is none of this name any more."""
    path = root / name
    if not os.path.lexists(path):
        return None
    if os.path.realpath(path.parent) != str(path.parent):
        raise _EscapeError("expected it in a folder of the project, found a link to another one")
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return Entry(name, target=_checked_target(root, path))
    if not stat.S_ISREG(mode):
        return None
    return Entry(name, path.read_bytes(), executable=executable)


def _checked_target(root: Path, path: Path) -> str:
    target = path.readlink()
    shown = _shown(str(target))
    if target.is_absolute():
        raise _EscapeError(f"found a link to {shown}, expected a relative one")
    # As it is spelt, which is what unpacking sees, and as it is now, through other links.
    ends = map(Path, (os.path.normpath(path.parent / target), os.path.realpath(path)))
    if not all(root in (end, *end.parents) for end in ends):
        raise _EscapeError(f"found a link to {shown}, which is outside the project")
    return str(target)


def _missing(found: _Sorted, layout: Layout) -> Iterator[Diagnostic]:
    """Find out whether the project itself is in: an archive without it helps no job."""
    package = "/".join((layout.source, *layout.package.split("."))).removeprefix("./")
    for wanted in ("pyproject.toml", package):
        if not any(name == wanted or inside(name, wanted) for name in found.entries):
            message = "git does not track it, and an archive holds what git tracks"
            yield Diagnostic(Code.GIT_UNUSABLE, message, wanted, "git add .")


def _empty_folders(found: _Sorted, layout: Layout) -> Iterator[Entry]:
    """Yield the folder of the environment that Kedro insists on, if nothing of it is packed."""
    if not layout.conf or not layout.run_env:
        return
    folder = f"{layout.conf}/{layout.run_env}".removeprefix("./")
    if not any(inside(name, folder) for name in found.entries):
        yield Entry(folder)


def _warnings(
    archive: ProjectArchive, found: _Sorted, tracked: Tracked, layout: Layout
) -> Iterator[Diagnostic]:
    out = {name for name, reason in found.reasons.items() if reason != _DELETED}
    if uncommitted := [name for name in tracked.changed if name not in out]:
        message = f"found changes that no commit has: {_listed(uncommitted)}"
        hint = "the archive holds them; commit them, so that the commit tells what runs"
        yield _warning(Code.ARCHIVE_UNCOMMITTED, message, hint)
    if lacking := [name for name in tracked.untracked if is_needed(name, layout)]:
        message = f"the archive lacks what git does not track: {_listed(lacking)}"
        yield _warning(Code.ARCHIVE_INCOMPLETE, message, "git add it, or name it in .gitignore")
    if inner := [name for name, reason in found.reasons.items() if reason == "submodule"]:
        message = f"the archive lacks git's submodules: {_listed(inner)}"
        hint = "have the jobs install that code, or track it in this repository"
        yield _warning(Code.ARCHIVE_INCOMPLETE, message, hint)
    if len(archive.content) > LARGE:
        size = spell_size(len(archive.content))
        message = f"found {size}, which every Spark job has to fetch"
        yield _warning(Code.ARCHIVE_LARGE, message, _heaviest(found))


def _heaviest(found: _Sorted) -> str:
    sizes = {name: len(entry.content or b"") for name, entry in found.entries.items()}
    first = sorted(sizes, key=lambda name: (-sizes[name], name))[:_SHOWN]
    named = (f"{_shown(name)} ({spell_size(sizes[name])})" for name in first)
    return f"most of it: {', '.join(named)}"


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(map(_shown, ordered[:_SHOWN])) + more


def _shown(name: str) -> str:
    """Spell a name for people: it need not be UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _warning(code: Code, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code, message, "project archive", hint, Severity.WARNING)


def _fault(name: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(Code.ARCHIVE_CONTENT, message, _shown(name), hint)
