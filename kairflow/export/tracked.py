"""What git tracks of a project, asked of git itself; nothing of the repository runs or changes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kairflow.errors import Code, Diagnostic, ProjectError

_ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables that name another repository; git sets some of them for its hooks."""

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SILENT = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_TRUST = re.compile(r"git config --global --add safe\.directory \S.*")

_UNTRACKED = "??"

SUBMODULE = "160000"
EXECUTABLE = "100755"


@dataclass(frozen=True, slots=True)
class Tracked:
    """The files below a folder that git tracks; names are relative to the folder."""

    modes: dict[str, str]
    """Every tracked file with git's mode: plain, executable, link or submodule."""
    changed: tuple[str, ...]
    """Tracked files that are not as the last commit has them, or that it lacks."""
    untracked: tuple[str, ...]
    """Files that git neither tracks nor ignores."""


def read_tracked(folder: Path) -> Tracked:
    """Ask git for the files below `folder`, which may be a part of its repository.

    Programs that the repository names (hooks, monitors, filters) do not run. Without its filter a
    file that has one may count as changed although it is not.

    Raises:
        ProjectError: code `GIT_UNUSABLE`: there is no git, no repository, or one that it refuses.
    """
    files = _ask(folder, "ls-files", "--stage", "-z").split("\0")
    listed = (record.partition("\t") for record in files if record)
    states = dict(_states(folder))
    return Tracked(
        modes={name: head.split(" ", 1)[0] for head, _, name in listed},
        changed=tuple(name for name, state in states.items() if state != _UNTRACKED),
        untracked=tuple(name for name, state in states.items() if state == _UNTRACKED),
    )


def _states(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file that differs from the last commit, with git's two letters for it."""
    prefix = _ask(folder, "rev-parse", "--show-prefix").removesuffix("\n")
    answer = _ask(
        folder,
        *_without_filters(folder),
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--ignore-submodules=all",
        "--",
        ".",
    )
    for record in answer.split("\0"):
        if record:
            yield record[3:].removeprefix(prefix), record[:2]


def _without_filters(folder: Path) -> Iterator[str]:
    """Yield options that switch every filter off: git would run it on a file that was touched."""
    keys = _ask(folder, "config", "-z", "--name-only", "--list").split("\0")
    for key in dict.fromkeys(keys):
        if key.startswith("filter.") and key.endswith((".clean", ".process")):
            yield from ("-c", f"{key}=")
        elif key.startswith("filter.") and key.endswith(".required"):
            yield from ("-c", f"{key}=false")


def _ask(folder: Path, *arguments: str) -> str:
    """Return what git answers; of a name that is not UTF-8 each odd byte is escaped."""
    known = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    command = ["git", *_SILENT, *arguments]
    try:
        answer = subprocess.run(  # noqa: S603  no shell reads it
            command,
            cwd=folder,
            env={**known, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        message = f"git cannot be run, and an archive holds what git tracks: {error.strerror}"
        raise _unusable(message, folder, "install git, or export without the archive") from error
    if answer.returncode == 0:
        return os.fsdecode(answer.stdout)
    raise _refusal(answer.stderr.decode("utf-8", "replace").strip(), folder)


def _refusal(complaint: str, folder: Path) -> ProjectError:
    if "not a git repository" in complaint:
        message = "found no git repository, and an archive holds what git tracks"
        return _unusable(message, folder, "in the project's folder: git init && git add .")
    if "dubious ownership" in complaint:
        advice = _TRUST.search(complaint)
        message = "git refuses the repository, since it belongs to another user"
        return _unusable(message, folder, advice.group().strip() if advice else "")
    said: Sequence[str] = complaint.splitlines() or ["it gave no reason"]
    return _unusable(f"git failed: {said[-1]}", folder, "see what `git status` says there")


def _unusable(message: str, folder: Path, hint: str) -> ProjectError:
    return ProjectError([Diagnostic(Code.GIT_UNUSABLE, message, str(folder), hint)])
