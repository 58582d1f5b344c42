"""What every test of the export takes for granted: there is no network."""

from __future__ import annotations

import os
import socket
from typing import Any, NoReturn

import pytest


def _no_network(*arguments: Any, **options: Any) -> NoReturn:
    raise AssertionError("an export opened a socket")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    # The class stays a class: `ssl` may be imported in a test, and derives from it.
    monkeypatch.setattr(socket.socket, "__init__", _no_network)


@pytest.fixture(autouse=True)
def no_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of the machine fill a placeholder."""
    for name in [name for name in os.environ if name.upper().startswith("KEDRO_CONFIG_")]:
        monkeypatch.delenv(name)
