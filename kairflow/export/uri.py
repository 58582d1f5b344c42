"""Where a dataset's configuration says that the data are, with nothing secret in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEYS = ("filepath", "path", "table_name", "table", "url", "uri")
_USER_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^/?#\s]*)@")
_SIGNATURE = re.compile(r"(https?://[^?#\s]*)[?#]\S*")

# Azure writes container@account: no user, and the address is none without it.
_CONTAINER_SCHEMES = ("abfs", "abfss", "wasb", "wasbs")


def find_uri(config: Mapping[str, object]) -> str | None:
    """Return path, table or address as the catalog spells it, without anything secret."""
    found = next((value for key in _KEYS if isinstance(value := config.get(key), str)), None)
    return None if found is None else without_secrets(found)


def without_secrets(uri: str) -> str:
    """Remove user and password, and the query of a web address, which may hold a token."""
    return _SIGNATURE.sub(r"\1", _USER_INFO.sub(_keep_container, uri))


def _keep_container(found: re.Match[str]) -> str:
    if found["scheme"].lower() in _CONTAINER_SCHEMES and ":" not in found["user"]:
        return found.group()
    return f"{found['scheme']}://"
