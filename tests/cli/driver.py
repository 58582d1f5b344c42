"""The command line as many processes of one start: each command is a fork of what is loaded.

Runs as a program of its own. Each line that it reads is a command as JSON, and it answers with the
exit code of the process; a fork has its own streams, environment and working folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import kairflow

ROOT = Path(__file__).parents[2]
IR = ROOT / "tests" / "golden" / "minimal" / "ir.json"
NOWHERE = "http://127.0.0.1:1"
"""Where nobody listens."""
LOADING = (
    ("lower", str(IR)),
    ("deploy", str(IR), "-o", "/", "--dry-run"),
    ("export", "--project", str(ROOT / "tests" / "projects" / "apiary")),
)
"""Commands that import what others need too, and change nothing."""


@dataclass(frozen=True)
class Driver:
    """A started interpreter that has imported everything."""

    running: subprocess.Popen[str]
    folder: Path

    def run(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        stdin: str = "",
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `kairflow` with these words, and return how it ended and what it said."""
        streams = [self.folder / name for name in ("in", "out", "err")]
        streams[0].write_text(stdin, encoding="utf-8")
        told = {"words": [*words], "env": dict(env), "cwd": str(cwd or Path.cwd())}
        line = json.dumps({**told, "streams": [*map(str, streams)]})
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.write(f"{line}\n")
        self.running.stdin.flush()
        code = int(self.running.stdout.readline())
        out, err = (path.read_text(encoding="utf-8") for path in streams[1:])
        return subprocess.CompletedProcess(["kairflow", *words], code, out, err)


@contextmanager
def driver(folder: Path, *options: str) -> Iterator[Driver]:
    """Start a driver that keeps the streams of its processes in a folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.driver", *options],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("KEDRO")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        yield Driver(running, folder)
        assert running.stdin is not None
        running.stdin.close()


def serve(answers: int) -> None:
    """Run the commands that come in, one after the other."""
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(command)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(answers, f"{code}\n".encode())


def _become(command: Mapping[str, Any]) -> None:
    """Be the command, and end with its exit code."""
    for number, name in enumerate(command["streams"]):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(name, flags), number)
    os.environ.clear()
    os.environ.update(command["env"])
    os.chdir(command["cwd"])
    os._exit(run(command["words"]))


def run(words: Sequence[str]) -> int:
    """Run one command in this process, and return its exit code."""
    from kairflow.cli.app import main as kairflow_main

    sys.argv = ["kairflow", *words]
    sys.modules["__main__"].__package__ = None  # it is called by its name, not by `python -m`
    code: Any = 0
    try:
        kairflow_main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  as at the end of any Python
        sys.excepthook(*sys.exc_info())
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return int(code or 0)


def main() -> None:
    """Load, then serve; the answers go to where standard output was."""
    answers = os.dup(1)
    if "--hurried" in sys.argv:
        time.sleep = lambda seconds: None
    for module in walk_packages(kairflow.__path__, "kairflow."):
        # Those that are embedded are Airflow's to load.
        if ".embedded." not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)
    for number in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    for words in LOADING:
        run(words)
    serve(answers)


if __name__ == "__main__":
    main()
