"""The scripts that run when a Spark cluster starts: files of the project become text of the IR."""

from __future__ import annotations

from pathlib import Path

from kairflow.errors import Code, Diagnostic
from kairflow.export.config import Config
from kairflow.export.project import Project
from kairflow.ir.spark import Spark
from kairflow.ir.validation import nearest

SCRIPTS = {"user_init_path": "user_init", "user_post_init_path": "user_post_init"}
"""The keys that name a file, and those that hold its text."""


class _UnusableError(Exception):
    """Why a script cannot be taken, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def settle_scripts(project: Project, config: Config) -> tuple[Spark | None, tuple[Diagnostic, ...]]:
    """Return the `spark` block with the texts of its scripts, and what stands in the way.

    A text that the configuration itself gives is as good as a file's; both are one too many.
    """
    spark = None if config.deployment is None else config.deployment.run_config.spark
    if spark is None:
        return None, ()
    texts, faults = dict[str, str | None](), list[Diagnostic]()
    for path_key, text_key in SCRIPTS.items():
        path, text = getattr(spark, path_key), getattr(spark, text_key)
        try:
            if path is not None and text is not None:
                message = f"found both {path_key} and {text_key}, expected one of the two"
                raise _UnusableError(
                    message, "keep the path: its file is easier to read and to test"
                )
            texts[text_key] = _checked(text if path is None else _read(project, path))
        except _UnusableError as found:
            where = config.where(("run_config", "spark", text_key if path is None else path_key))
            faults.append(Diagnostic(Code.INIT_SCRIPT, found.message, where, found.hint))
    return spark.model_copy(update=texts), tuple(faults)


def _checked(text: str | None) -> str | None:
    """Refuse what no shell reads, and end lines as shells expect it."""
    if text is None:
        return None
    if "\0" in text:
        raise _UnusableError("found a NUL character, expected a shell script", "is it a program?")
    return text.replace("\r\n", "\n")


def _read(project: Project, path: str) -> str:
    file = _find(project, path)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{_shown(project, path)} is not UTF-8: {error.reason} at byte {error.start}"
        raise _UnusableError(message, "save it as UTF-8") from error
    except OSError as error:
        message = f"cannot read {_shown(project, path)}: {error.strerror or error}"
        raise _UnusableError(message, "check the file's permissions") from error


def _find(project: Project, path: str) -> Path:
    """Follow links, as long as they stay in the project."""
    shown = _shown(project, path)
    try:
        file = (project.source_dir / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a NUL in the name
        raise _UnusableError(f"cannot find {shown}: {error}", "mend the path") from error
    if project.root not in file.parents:
        message = f"{shown} is a link that leads out of the project"
        raise _UnusableError(message, "put the script itself there")
    if file.is_file():
        return file
    if file.is_dir():
        raise _UnusableError(f"{shown} is a folder, expected a script", "name a file in it")
    hint = nearest(path, _files_below(project.source_dir)) or "the path is relative to that folder"
    raise _UnusableError(f"found no file {shown}", hint)


def _shown(project: Project, path: str) -> str:
    return (project.source_dir.relative_to(project.root) / path).as_posix()


def _files_below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
