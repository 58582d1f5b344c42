"""Which proxy stands between us and a server, by what the system says."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(host: str) -> str | None:
    """Return the address of the proxy that leads to a host; None when nothing is between.

    `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are read as Python does, also where they
    name networks, which httpx takes for broken addresses.
    """
    parts, known = urlsplit(host), getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    names = (parts.netloc, parts.hostname or "")  # an IPv6 address has brackets in the first
    if not proxy or any(map(proxy_bypass, names)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
