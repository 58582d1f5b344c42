"""Hand the project archive over, and say what is in it and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairflow.export.request import ProjectArchive


def place_archive(archive: ProjectArchive, folder: Path) -> dict[str, Any]:
    """Write the archive into a folder and return the facts about it, for the JSON answer.

    Raises:
        FileError: the file cannot be written.
    """
    from kairflow.deploy.local_files import place_bytes

    path = folder / archive.name
    return {
        "file": str(path),
        "changed": place_bytes(path, archive.content),
        "sha256": archive.sha256,
        "size": len(archive.content),
        "files": archive.files,
        "left_out": dict(archive.left_out),
    }


def describe_archive(facts: dict[str, Any]) -> str:
    """Say in one line what the archive holds and where it is."""
    from kairflow.cli.report import counted
    from kairflow.export.tarball import spell_size

    reasons = [f"{number} {reason}" for reason, number in facts["left_out"].items()]
    total = counted(sum(facts["left_out"].values()), "tracked file")
    without = f", without {total} ({', '.join(reasons)})" if reasons else ""
    verb = "wrote" if facts["changed"] else "unchanged:"
    head = f"archive of {counted(facts['files'], 'file')}, {spell_size(facts['size'])}"
    return f"{head}{without}: {verb} {facts['file']}"
