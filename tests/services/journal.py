"""What arrived at the stand-in and what was answered, and the answers that are to get lost."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tests.services.findings import Json


class Journal:
    """One line of JSON for each request, refused ones too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def write(self, entry: Json) -> None:
        with self.path.open("a", encoding="utf-8") as sink:
            sink.write(json.dumps({"time": time.time(), **entry}) + "\n")


@dataclass
class Fault:
    """An answer that is replaced, a number of times; `perform` says whether the deed is done."""

    method: str
    path: str
    times: int
    answer: str
    perform: bool

    def fits(self, method: str, path: str) -> bool:
        found = method == self.method and re.search(self.path, path) is not None
        return self.times > 0 and found


class Faults:
    """The faults that were asked for, in their order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, wanted: Json) -> None:
        self._waiting.append(Fault(**wanted))

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self._waiting:
            if fault.fits(method, path):
                fault.times -= 1
                return fault
        return None
