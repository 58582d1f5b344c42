"""Which of a project's files belong into its archive; it decides by name and content, purely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import splitext

from kairflow.export.conf import LOCAL, Conf
from kairflow.export.project import Project
from kairflow.ir.artefacts import is_artefact

_DATA = "data"
"""Kedro's folder for data, which its templates keep out of git as well."""

_OF_GIT = (".gitattributes", ".gitignore", ".gitmodules")
"""A `.gitkeep` stays: Kedro insists on the folders of environments."""

_BUILD_FILES = ("README*", "pyproject.toml", "requirements*.txt", "setup.cfg", "setup.py")
"""What installing a project may need of its top folder."""

_SECRET_FOLDERS = frozenset(
    {".aws", ".azure", ".databricks", ".docker", ".gnupg", ".kube", ".ssh"},
)
"""Where tools keep a user's keys and tokens, among other things."""

_SECRET_NAMES = (
    ".boto",
    ".databrickscfg",
    ".dockercfg",
    ".dockerconfigjson",
    ".env",
    ".env.*",
    ".envrc",
    "*.env",
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".pgpass",
    ".pypirc",
    ".s3cfg",
    "*.jks",
    "*.kdbx",
    "*.keystore",
    "*.p12",
    "*.pfx",
    "*.ppk",
)
_KEY_ENDINGS = ("", ".cfg", ".ini", ".json", ".key", ".pem", ".toml", ".txt", ".yaml", ".yml")
"""Files that may be or hold private keys; a certificate looks alike by name and is no secret."""

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a project has what; folders are relative to it, and empty when they are elsewhere."""

    root: Path
    package: str
    source: str
    conf: str
    run_env: str
    """The environment that Kedro takes when none is named: its folder must be there."""
    credentials: tuple[str, ...]
    """Patterns of the files that Kedro takes for credentials."""


def layout_of(project: Project, conf: Conf) -> Layout:
    """Read from the project's settings what decides about its files."""
    patterns = getattr(conf.loader, "config_patterns", {}).get("credentials", ())
    return Layout(
        root=project.root,
        package=project.package,
        source=_below(project.root, project.source_dir),
        conf=_below(project.root, project.root / project.settings.CONF_SOURCE),
        run_env=getattr(conf.loader, "default_run_env", LOCAL) or "",
        credentials=tuple(patterns),
    )


def why_out(name: str, layout: Layout) -> str:
    """Say why a tracked file stays out of the archive; empty when its name speaks for it."""
    last = name.rpartition("/")[2]
    if last in _OF_GIT:
        return "git's own"
    if inside(name, _DATA):
        return "data"
    if _is_secret(name.lower()):
        return "credentials"
    if is_artefact(last, layout.package):
        # An archive that held another, or its scripts, would be a new one each time.
        return "made by Kairflow"
    return _why_no_conf(inside(name, layout.conf), layout)


def _why_no_conf(name: str, layout: Layout) -> str:
    env, _, rest = name.partition("/")
    if env == LOCAL:
        return "local configuration"
    # The first is what Kedro's template tells git to ignore.
    last = name.rpartition("/")[2].lower()
    if name and ("credentials" in last or _matches([name, rest], layout.credentials)):
        return "credentials"
    return ""


def _is_secret(name: str) -> bool:
    """Recognise by its name what holds secrets in any project."""
    *folders, last = name.split("/")
    if not _SECRET_FOLDERS.isdisjoint(folders) or _matches([last], _SECRET_NAMES):
        return True
    return ".streamlit" in folders and last == "secrets.toml"


def is_private_key(name: str, content: bytes) -> bool:
    """Recognise a private key, or the service account of a cloud, which holds one."""
    return splitext(name)[1].lower() in _KEY_ENDINGS and bool(_PRIVATE_KEY.search(content))


def is_needed(name: str, layout: Layout) -> bool:
    """Tell whether jobs may miss a file: code, configuration, and what installing needs."""
    told = (inside(name, layout.source), inside(name, layout.conf), _matches([name], _BUILD_FILES))
    return any(told) and not why_out(name, layout)


def inside(name: str, folder: str) -> str:
    """Return a file's name within a folder; empty when it is not in there."""
    if folder == ".":
        return name
    return name[len(folder) + 1 :] if folder and name.startswith(f"{folder}/") else ""


def _matches(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _below(root: Path, folder: Path) -> str:
    resolved = folder.resolve()
    return resolved.relative_to(root).as_posix() if root in (resolved, *resolved.parents) else ""
