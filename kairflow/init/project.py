"""A Kedro project as its folder shows it: name, requirements, repository; nothing is imported."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from kairflow.errors import Code, Diagnostic, ProjectError

_TABLE = re.compile(r"^\s*\[\s*tool\.kedro\s*\]\s*(?:#.*)?$(?P<body>.*?)(?=^\s*\[|\Z)", re.M | re.S)
_NAME = re.compile(
    r"""^\s*project_name\s*=\s*(?:"(?P<escaped>(?:[^"\\\n]|\\.)*)"|'(?P<plain>[^'\n]*)')""", re.M
)
_LONG_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\U([0-9A-Fa-f]{8})")
_REQUIREMENTS = ("requirements.txt", "src/requirements.txt")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Project:
    """What the texts need to know of a project."""

    root: Path
    name: str
    """As its people call it: any text."""
    requirements: str | None
    """The file that lists what it requires, from its root; None when there is none."""
    has_dockerfile: bool
    repository: Path
    """The top of the git repository around it, else its root."""

    @property
    def slug(self) -> str:
        """Return the name as a DAG id and an image may have it."""
        return _slug(self.name) or _slug(self.root.name) or "pipeline"


def find_project(folder: Path) -> Project:
    """Describe the project that `folder` is, or lies in.

    Raises:
        ProjectError: code `PROJECT_NOT_FOUND`.
    """
    start = _resolved(folder)
    for root in (start, *start.parents):
        table = _TABLE.search(_text(root / "pyproject.toml"))
        if table is not None:
            found = [path for path in _REQUIREMENTS if (root / path).is_file()]
            name = _name(table["body"]) or root.name
            required = found[0] if found else None
            has_dockerfile = (root / "Dockerfile").is_file()
            return Project(root, name, required, has_dockerfile, _repository(root))
    what = "is no Kedro project, nor is a folder above it" if start.is_dir() else "is no folder"
    hint = "a project has a pyproject.toml with [tool.kedro]; name its folder with --project"
    raise ProjectError([Diagnostic(Code.PROJECT_NOT_FOUND, what, str(folder), hint)])


def _resolved(folder: Path) -> Path:
    try:
        return folder.expanduser().resolve()
    except (OSError, RuntimeError) as error:  # before Python 3.13 a circle of links is the latter
        message, hint = f"is no folder: {error}", "write it in full, from / on"
        found = Diagnostic(Code.PROJECT_NOT_FOUND, message, str(folder), hint)
        raise ProjectError([found]) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _name(table: str) -> str:
    """Return the project's name, without what no text file can hold; empty when it has none."""
    found = _NAME.search(table)
    if found is None:
        return ""
    name = found["plain"] if found["escaped"] is None else _unescaped(found["escaped"])
    return name.replace("\0", "").encode("utf-8", "ignore").decode().strip()


def _unescaped(text: str) -> str:
    """Read the escapes of TOML, which are those of JSON and one for distant characters."""
    near = _LONG_ESCAPE.sub(lambda found: found[1] + _as_json(int(found[2], 16)), text)
    try:
        name = json.loads(f'"{near}"', strict=False)
    except ValueError:
        return text
    return str(name)


def _as_json(number: int) -> str:
    return json.dumps(chr(number))[1:-1] if number <= 0x10FFFF else ""


def _repository(root: Path) -> Path:
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-")
