"""One container as an operating-system matter: its namespaces, its output, its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services.objects import Log

STARTER = Path(__file__).parent / "container_start.py"
LONGEST_LINE = 2**24
NEEDED = ("unshare", "mount", "setpriv")


def isolation() -> list[str]:
    """Return the command that opens namespaces; they end with the server, however it ends."""
    flags = ["--mount", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        flags += ["--user", "--map-root-user"]
    return ["setpriv", "--pdeathsig", "KILL", "unshare", *flags]


def starting(spec: Path) -> list[str]:
    """Return the command that starts the container of a specification."""
    return [*isolation(), sys.executable, "-I", str(STARTER), str(spec)]


def require_isolation(folder: Path) -> None:
    """Say clearly what this machine lacks to run containers."""
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        raise RuntimeError(f"the stand-in cluster needs {', '.join(missing)}: install util-linux")
    spec = spec_file(folder / "probe", ["true"], {"PATH": os.environ["PATH"]})
    command = starting(spec)
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        way = "as root" if os.geteuid() == 0 else "as a user, with user namespaces"
        raise RuntimeError(
            f"this machine cannot run the stand-in cluster's containers {way}: it needs mount and "
            f"pid namespaces and overlayfs; a try said: {answer.stderr.strip()}"
        )


def spec_file(folder: Path, command: list[str], env: dict[str, str], **more: Any) -> Path:
    """Write down what the starter is to build."""
    folder.mkdir(parents=True)
    spec: dict[str, Any] = {"folder": str(folder), "command": command, "env": env}
    spec |= {
        "workdir": "/",
        "overlays": [],
        "binds": [],
        "user": 0,
        "group": 0,
        "groups": [],
        **more,
    }
    (path := folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    return path


class Sandbox:
    """One run of one container."""

    def __init__(self, spec: Path, log: Log) -> None:
        self.spec = spec
        self.log = log
        self._running: asyncio.subprocess.Process | None = None

    async def run(self) -> int:
        """Run to the end, and return the exit code as Kubernetes counts it."""
        self._running = await asyncio.create_subprocess_exec(
            *starting(self.spec),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            limit=LONGEST_LINE,
        )
        assert self._running.stdout is not None
        while line := await self._running.stdout.readline():
            self.log.append(line)
        code = await self._running.wait()
        shutil.rmtree(self.spec.parent, ignore_errors=True)
        return code if code >= 0 else 128 - code

    def send(self, number: signal.Signals) -> bool:
        """Signal the container's first process, if it is at work; `unshare` only waits for it."""
        if self._running is None or self._running.returncode is not None:
            return False
        outer = self._running.pid
        if number == signal.SIGKILL:
            self._running.kill()
            return True
        children = Path(f"/proc/{outer}/task/{outer}/children")
        for child in children.read_text(encoding="ascii").split():
            os.kill(int(child), number)
        return True
