"""Kedro as a child of the Airflow worker."""

from __future__ import annotations

import os
import signal
from functools import cached_property
from subprocess import TimeoutExpired
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context

# Lowering writes these.
PYTHON = "python"
PROJECT_DIR = "/srv/apiary"


class KedroOperator(BaseOperator):  # type: ignore[misc]
    """Run Kedro in a child process that ends when the task does."""

    template_fields = ("arguments", "env")

    def __init__(self, arguments: list[str], env: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.env = env

    @cached_property
    def hook(self) -> SubprocessHook:
        return SubprocessHook()

    def execute(self, context: Context) -> None:
        try:
            result = self.hook.run_command(
                [PYTHON, *self.arguments],
                env={**os.environ, **self.env},
                cwd=PROJECT_DIR,
            )
        finally:
            self.on_kill()
        if result.exit_code != 0:
            raise RuntimeError(f"kedro run ended with exit code {result.exit_code}")

    def on_kill(self) -> None:
        process = self.hook.sub_process
        if process is None or process.poll() is not None:
            return
        self.hook.send_sigterm()
        # Airflow kills the task itself five seconds after it asked for its end.
        try:
            process.wait(timeout=3)
        except TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
