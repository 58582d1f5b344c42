"""Send the log of a container, whole or while it grows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from tests.services.objects import Pod

Query = Mapping[str, str]


def flag(query: Query, name: str) -> bool:
    """Read a boolean; clients write it in their own languages."""
    return query.get(name, "").lower() in ("true", "1")


async def log_lines(pod: Pod, name: str, query: Query) -> AsyncIterator[bytes]:
    """Send what a container wrote; follow it until its end is visible in the pod's status."""
    log, position = pod.logs[name], 0
    if seconds := query.get("sinceSeconds"):
        start = time.time_ns() - int(seconds) * 10**9
        position = sum(moment < start for moment, _ in log.lines)
    if tail := query.get("tailLines"):
        position = max(position, len(log.lines) - int(tail))
    while True:
        changed = log.changed
        for moment, line in log.lines[position:]:
            yield (stamp(moment) if flag(query, "timestamps") else b"") + line
        position = len(log.lines)
        if log.closed or not flag(query, "follow"):
            return
        await changed.wait()


def stamp(moment: int) -> bytes:
    seconds, nanoseconds = divmod(moment, 10**9)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{nanoseconds:09d}Z ".encode()
