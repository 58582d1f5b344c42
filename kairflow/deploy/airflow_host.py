"""Addresses of Airflow's web server: whether one can be, and whether it is this machine's; pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from kairflow.errors import Code, Diagnostic, UsageError

_EXAMPLE = "write one such as https://airflow.example.com"
_CREDENTIALS = "tell it to the command that needs it, in the environment: AIRFLOW_API_TOKEN"


def check_host(host: str, where: str) -> str:
    """Return an address without the slash at its end; `where` says who gave it.

    Raises:
        UsageError: code `ADDRESS_INVALID`; the message never repeats a password.
    """
    if found := host_mistake(host):
        raise UsageError([Diagnostic(Code.ADDRESS_INVALID, found[0], where, found[1])])
    return host.rstrip("/")


def host_mistake(host: str) -> tuple[str, str] | None:
    """Return what is wrong with an address and what to do, or None."""
    if "@" in host:
        return "found a user name or password in the address, expected none", _CREDENTIALS
    if expected := _expected(host):
        # What follows may be a token, in an address that was copied from a browser.
        shown = re.sub("([?#]).*", r"\1…", host, flags=re.DOTALL)
        return f"found {shown!r}, expected {expected}", _EXAMPLE
    return None


def _expected(host: str) -> str:
    """Say what an address lacks; empty when it lacks nothing."""
    try:
        parts = urlsplit(host)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        return f"an address: {error}"
    if not host.isprintable() or " " in host:
        return "an address without white space"
    if parts.scheme not in ("http", "https"):
        return "an address that starts with http:// or https://"
    if not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", parts.hostname or "") or not port_is_fine:
        return "a host, and a port if you like"
    return "an address without ? and #" if re.search("[?#]", host) else ""


def is_here(host: str) -> bool:
    """Whether an address is one of this machine's own."""
    name = urlsplit(host).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
