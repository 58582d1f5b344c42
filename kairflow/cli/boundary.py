"""Where exceptions end: every command runs inside, and the shell gets an exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import typer

from kairflow.errors import ExitCode, KairflowError

Command = TypeVar("Command", bound=Callable[..., None])


def reported(command: Command) -> Command:
    """Make a command report a user's mistake, with a traceback only if `--debug` is given."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except KairflowError as error:
            if kwargs.get("debug"):
                traceback.print_exc()
            _report(error, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(error.exit_code) from error
        except (KeyboardInterrupt, typer.Abort):
            _say_interrupted(as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our product has gone; Python must not try to flush it again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.INPUT) from None

    return guarded  # type: ignore[return-value]


def _say_interrupted(*, as_json: bool) -> None:
    from kairflow.cli import report

    if as_json:
        report.print_json({"ok": False, "interrupted": True, "diagnostics": []})


def _report(error: KairflowError, as_json: bool) -> None:
    from kairflow.cli import report

    if as_json:
        report.print_json({"ok": False, **error.facts, "diagnostics": error.diagnostics})
    else:
        report.print_diagnostics(error.diagnostics)
