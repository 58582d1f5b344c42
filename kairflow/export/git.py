"""The state of the project's git repository, read from its files: git need not be there.

What only git itself can tell, `tracked` asks it, and only when an archive is wanted.
"""

from __future__ import annotations

import re
from pathlib import Path

from kairflow.ir.model import Git

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_BRANCHES = "refs/heads/"
_MAX_HOPS = 5


def read_git(folder: Path) -> Git | None:
    """Return commit and branch of the repository around `folder`.

    None when there is no repository, or none that can be read; this never fails.
    """
    try:
        git = _git_folder(folder)
        return None if git is None else _read_head(git)
    except (OSError, UnicodeDecodeError):
        return None


def _git_folder(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        git = candidate / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            # A worktree or submodule: the file names the folder.
            key, _, target = git.read_text(encoding="utf-8").strip().partition(": ")
            return (candidate / target).resolve() if key == "gitdir" else None
    return None


def _read_head(git: Path) -> Git | None:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if _HASH.fullmatch(head):
        return Git(commit=head, branch=None)
    reference = head.removeprefix("ref: ")
    if reference == head:
        return None
    branch = reference.removeprefix(_BRANCHES) if reference.startswith(_BRANCHES) else None
    if reference == "refs/heads/.invalid":  # what a repository with reftables says
        return None
    return Git(commit=_read_reference(git, reference), branch=branch)


def _read_reference(git: Path, reference: str) -> str | None:
    common = git / "commondir"
    folders = [git]
    if common.is_file():
        folders.append((git / common.read_text(encoding="utf-8").strip()).resolve())
    for _ in range(_MAX_HOPS):
        found = next((value for f in folders if (value := _lookup(f, reference))), "")
        if not found.startswith("ref: "):
            return found if _HASH.fullmatch(found) else None
        reference = found.removeprefix("ref: ")
    return None


def _lookup(git: Path, reference: str) -> str:
    loose = git / reference
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    packed = git / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split(" ", 1)[0] for line in lines if line.endswith(f" {reference}")), "")
