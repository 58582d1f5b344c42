"""What a project's own code raises, told as diagnostics; it runs nothing by itself."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kairflow.errors import Code, Diagnostic, KairflowError, ProjectError

_KEDRO_WRAPPER = "An error occurred while importing the"
_COLON_TAG = re.compile(r"'([^':]*):([^']*)' is not a valid node tag")
_SETTINGS = {"resources": "resources", "k8s_template": "pod_template"}
"""What the predecessor's tags begin with, and the key of a node's settings that says the same."""


@contextmanager
def running(action: str, root: Path) -> Iterator[None]:
    """Run code of the project at `root`; `action` completes the sentence "… failed".

    Raises:
        ProjectError: whatever the code raised, `SystemExit` included, with its place.
    """
    try:
        yield
    except KairflowError:
        raise
    except (Exception, SystemExit) as error:
        raise ProjectError([describe(error, action, root)]) from error


def describe(error: BaseException, action: str, root: Path) -> Diagnostic:
    """Say what was raised, and the last line of the project that had a part in it."""
    if str(error).startswith(_KEDRO_WRAPPER) and error.__cause__ is not None:
        error = error.__cause__
    message = f"{action} failed with {type(error).__name__}: {error}".rstrip(": ")
    return Diagnostic(Code.PROJECT_IMPORT, message, _place(error, root), hint_for(error))


def _place(error: BaseException, root: Path) -> str:
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename is not None:
        frames.append((error.filename, error.lineno))
    ours = [f"{shown}:{line}" for file, line in frames if (shown := project_path(file, root))]
    return ours[-1] if ours else ""


def project_path(file: str, root: Path) -> str:
    """Return the path of a source file within the project; empty when it is none of its own."""
    path = Path(file)
    if root not in path.parents or "site-packages" in path.parts:
        return ""
    return path.relative_to(root).as_posix()


def hint_for(error: BaseException) -> str:
    """Say what usually mends an error of this kind."""
    if isinstance(error, ModuleNotFoundError):
        return "install the project's requirements: pip install -r requirements.txt"
    if isinstance(error, SystemExit):
        return "code that is imported must not exit; move the call below `if __name__ == ...`"
    return tag_hint(str(error))


def tag_hint(message: str) -> str:
    """Say what to write for a tag with a colon, which Kedro refuses; empty for other messages."""
    found = _COLON_TAG.search(message)
    if found is None:
        return ""
    kind, name = found.groups()
    hint = f"Kedro takes no colon in a tag: write {kind}.{name.replace(':', '.')}"
    setting = _SETTINGS.get(kind)
    return f"{hint}, or name it under run_config.nodes.<node>.{setting}" if setting else hint
