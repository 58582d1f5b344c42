"""What an uploaded DAG file's Spark jobs fetch, so that it can go when the DAG goes."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable

_START = r"(?<![^\s\"'=,])"
_ADDRESS = _START + r"(?P<folder>(?:[A-Za-z][A-Za-z0-9+.-]*:/|~)?/[^\s\"',]*/|(?m:^)[^\s\"'=,]+/)"
"""A folder of which nothing is cut off: an address in full, or a path at the start of a text."""
_RUNNER = re.compile(
    _ADDRESS + r"(?P<stem>[A-Za-z0-9_-]+-[0-9a-f]{16})-[A-Za-z0-9_-]+-[0-9a-f]{6}\.py"
)
"""A runner's name, which nothing else has: package, digest, group, and a digest of the group."""

Read = Callable[[str], "bytes | None"]


def fetched_by(text: str, read: Read) -> frozenset[str]:
    """Return the addresses of the scripts and archives that the jobs of a DAG file fetch.

    Archives and initialisation scripts count in the folder of a runner alone: other files of such
    names may be somebody else's. `read` returns the content of a file: a script names the archive
    that it unpacks.
    """
    text = _constants(text)
    found = set[str]()
    for runner in _RUNNER.finditer(text):
        script = f"{runner['folder']}{runner['stem']}.sh"
        texts = [text]
        if script in text:
            found.add(script)
            texts.append((read(script) or b"").decode("utf-8", "replace"))
        folder = _START + re.escape(runner["folder"])
        archive = re.compile(folder + r"[A-Za-z0-9._-]+-[0-9a-f]{16}\.tar\.gz")
        found.update((runner[0], *(name for one in texts for name in archive.findall(one))))
    return frozenset(found)


def _constants(text: str) -> str:
    """Return the texts in a Python file, a line each; all of it when this Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an invalid escape in somebody else's DAG
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    nodes = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return "\n".join(value for value in nodes if isinstance(value, str))


def left_alone(
    files: frozenset[str], others: Iterable[str], read: Read
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide files into those that no other DAG fetches and those that one does, sorted.

    `others` are the texts of the DAG files that stay. Of what they name, only scripts that lie
    beside `files` are read: other places may be anybody's, and want our credentials.
    """
    folders = {file.rpartition("/")[0] for file in files}

    def read_beside(address: str) -> bytes | None:
        return read(address) if address.rpartition("/")[0] in folders else None

    needed = set[str]()
    for text in others:
        needed.update(fetched_by(text, read_beside), (file for file in files if file in text))
    return tuple(sorted(files - needed)), tuple(sorted(files & needed))
