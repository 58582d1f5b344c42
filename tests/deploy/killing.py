"""Writers of one file that are killed at random moments, while somebody reads it all the time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from tests.airflow.running import ROOT

VERSIONS = (b"a" * 3_000_000, b"b" * 2_000_000)
# It forks a writer for each line that it reads: one start of Python serves all of them. A writer
# says who it is after each upload, for the first one may have to open a connection.
WRITERS = """
import os, signal, sys
from itertools import cycle
from kairflow.deploy.upload import Upload, carry_out, plan
versions = (b"a" * 3_000_000, b"b" * 2_000_000)
for line in sys.stdin:
    writer = os.fork()
    if not writer:
        for content in cycle(versions):
            list(carry_out(plan([Upload(sys.argv[1], content)])))
            print(os.getpid(), flush=True)
    if os.waitpid(writer, 0)[1] != signal.SIGKILL:
        sys.exit("a writer ended by itself")
    print("gone", flush=True)
"""


def kill_writers(
    address: str,
    look: Callable[[], bytes],
    *,
    times: int,
    seconds: tuple[float, float],
    first: str = "",
) -> None:
    """Kill writers of a file after some seconds each, and see that there always is a whole version.

    `look` reads the file, and `first` is what their Python imports before it forks.
    """
    chance, seen = random.Random(7), set[bytes]()
    command = [sys.executable, "-c", first + WRITERS, address]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writers:
        assert writers.stdin is not None
        assert writers.stdout is not None
        for _ in range(times):
            writers.stdin.write("\n")
            writers.stdin.flush()
            writer = int(writers.stdout.readline())
            end = time.monotonic() + chance.uniform(*seconds)
            try:
                while time.monotonic() < end or len(seen) < len(VERSIONS):
                    assert writers.poll() is None
                    content = look()
                    assert content in VERSIONS
                    seen.add(content[:1])
            finally:
                os.kill(writer, signal.SIGKILL)
            assert "gone\n" in iter(writers.stdout.readline, "")
            assert look() in VERSIONS
        writers.stdin.close()
