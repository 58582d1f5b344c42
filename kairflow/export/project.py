"""Opens a Kedro project: every side effect of an export happens here, within `isolated`.

It starts no Kedro session, so no hook fires; it builds no dataset and reads no credentials.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from kairflow.errors import Code, Diagnostic, ProjectError
from kairflow.export import user_code
from kairflow.export.isolation import isolated, project_modules

KedroLine = Literal["0.19", "1"]

_OLDEST = (0, 19, 15)
_TOO_NEW = (2,)
_IMPORT_WARNING = re.compile(r"An error occurred while importing the '([^']+)' module")
_FRAME = re.compile(r'^ +File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Project:
    """A project that is open: valid only within the body of `open_project`."""

    root: Path
    name: str
    package: str
    source_dir: Path
    """The folder that holds the package: `src`, unless the project says otherwise."""
    kedro_version: str
    kedro_line: KedroLine
    settings: Any
    """Kedro's `settings`, with the project's own in force."""
    caught: list[warnings.WarningMessage]
    """The Python warnings that the project's code has caused so far."""

    def register_pipelines(self) -> dict[str, Any]:
        """Import the project's pipelines and return them by name, sorted.

        Raises:
            ProjectError: code `PROJECT_IMPORT`, when the project's code fails.
        """
        from kedro.framework.project import pipelines
        from kedro.pipeline import Pipeline

        with user_code.running("importing the pipelines", self.root):
            registered = {name: pipelines[name] for name in pipelines}
        strange = [name for name, found in registered.items() if not isinstance(found, Pipeline)]
        if strange:
            raise ProjectError(_not_pipelines(strange, registered))
        return {str(name): registered[name] for name in sorted(registered)}

    def import_failures(self) -> tuple[Diagnostic, ...]:
        """Return the modules of pipelines that Kedro's `find_pipelines` left out as broken."""
        messages = dict.fromkeys(str(warning.message) for warning in self.caught)
        return tuple(
            _left_out(found.group(1), message, self.root)
            for message in messages
            if (found := _IMPORT_WARNING.match(message))
        )


@contextmanager
def open_project(folder: Path) -> Iterator[Project]:
    """Open the project that `folder` is, or lies in; nothing of it is imported but its settings.

    Raises:
        ProjectError: Kedro is missing or of another line, there is no project, or its settings
            cannot be imported.
    """
    version = kedro_version()
    root = find_root(folder)
    with ExitStack() as stack:
        caught = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        stack.enter_context(isolated(root))
        described = _read_metadata(root, version)
        stack.enter_context(project_modules(described.package_name, described.source_dir))
        yield Project(
            root=root,
            name=described.project_name,
            package=described.package_name,
            source_dir=described.source_dir,
            kedro_version=version,
            kedro_line="0.19" if version.startswith("0.") else "1",
            settings=_import_settings(root),
            caught=caught,
        )


def find_root(folder: Path) -> Path:
    """Return the folder of the project around `folder`, found as Kedro itself finds it.

    Raises:
        ProjectError: code `PROJECT_NOT_FOUND`.
    """
    start = folder.expanduser().resolve()
    for candidate in (start, *start.parents):
        if _is_root(candidate):
            return candidate
    what = "is no Kedro project, nor is a folder above it" if start.is_dir() else "is no folder"
    hint = "a project has a pyproject.toml with [tool.kedro]; name its folder with --project"
    raise ProjectError([Diagnostic(Code.PROJECT_NOT_FOUND, what, str(folder), hint)])


def _is_root(folder: Path) -> bool:
    try:
        return "[tool.kedro]" in (folder / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def kedro_version() -> str:
    """Return the version of the installed Kedro.

    Raises:
        ProjectError: code `KEDRO_MISSING` or `KEDRO_UNSUPPORTED`.
    """
    try:
        version = metadata.version("kedro")
    except metadata.PackageNotFoundError as error:
        raise kedro_missing() from error
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if _OLDEST <= numbers < _TOO_NEW:
        return version
    message = f"found Kedro {version}, expected 0.19.15 or later, or any 1.x"
    hint = 'in the project\'s environment: pip install "kedro>=0.19.15,<2"'
    raise ProjectError([Diagnostic(Code.KEDRO_UNSUPPORTED, message, "", hint)])


def kedro_missing() -> ProjectError:
    """Return the error that says how to install Kedro."""
    message = "Kedro is not installed where Kairflow runs"
    hint = 'in the project\'s environment: pip install "kairflow[kedro]"'
    return ProjectError([Diagnostic(Code.KEDRO_MISSING, message, "", hint)])


def _read_metadata(root: Path, version: str) -> Any:
    # The package's name is needed before `bootstrap_project` imports it, and Kedro has no public
    # function that only reads it; both lines have this one.
    from kedro.framework.startup import _get_project_metadata

    try:
        return _get_project_metadata(root)
    except RuntimeError as error:
        hint = "mend the section [tool.kedro]"
        found = Diagnostic(Code.PROJECT_NOT_FOUND, str(error), "pyproject.toml", hint)
        raise ProjectError([found]) from error
    except ValueError as error:
        message = f"the project was made for another Kedro than the installed {version}"
        hint = (
            "install the Kedro that `kedro_init_version` names, or migrate the project and "
            "change that line"
        )
        found = Diagnostic(Code.KEDRO_UNSUPPORTED, message, "pyproject.toml", hint)
        raise ProjectError([found]) from error


def _import_settings(root: Path) -> Any:
    """Make the project Kedro's current one, and import its settings, which raises their errors."""
    from kedro.framework import project
    from kedro.framework.startup import bootstrap_project

    with user_code.running("importing the settings", root):
        bootstrap_project(root)
        project.validate_settings()
        return project.settings


def _not_pipelines(names: list[str], registered: dict[str, Any]) -> list[Diagnostic]:
    return [
        Diagnostic(
            Code.PROJECT_IMPORT,
            f"expected a Pipeline, found {type(registered[name]).__name__}",
            f"pipeline {name!r}",
            "see register_pipelines in pipeline_registry.py",
        )
        for name in names
    ]


def _left_out(module: str, message: str, root: Path) -> Diagnostic:
    """Read Kedro's warning: it holds the traceback as text, whose last line is the error."""
    frames = [(user_code.project_path(file, root), line) for file, line in _FRAME.findall(message)]
    places = [f"{file}:{line}" for file, line in frames if file]
    error = message.strip().splitlines()[-1]
    hint = (
        user_code.hint_for(ModuleNotFoundError())
        if error.startswith("ModuleNotFoundError")
        else user_code.tag_hint(error) or "mend the module, or remove it"
    )
    text = f"importing {module} failed with {error}"
    return Diagnostic(Code.PROJECT_IMPORT, text, places[-1] if places else "", hint)
