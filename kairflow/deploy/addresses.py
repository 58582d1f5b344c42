"""Addresses of files and folders: their parts and their mistakes; it looks at nothing they name.

An address is a path on this machine or a URL of any filesystem that fsspec knows.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from fsspec import available_protocols
from fsspec.registry import registry

from kairflow.errors import Code, Diagnostic, UsageError

OBJECT_STORES = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "ocilake", "tos"}
)
"""Protocols whose first part is a bucket, and whose one upload is seen whole or not at all."""
_LOCAL = ("", "file", "local")
_READ_ONLY = ("http", "https")
_EXAMPLES = "a folder such as dags, /srv/dags, s3://bucket/dags or gs://bucket/dags"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ONE_SLASH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# A colon before the first slash begins a port when digits and a slash follow, and else a
# password, which may hold slashes.
_PASSWORD = re.compile(r"://(?!arn:)[^/@]*:(?!\d*(/|$)).*@", re.DOTALL)
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_address(address: str, where: str) -> None:
    """Refuse an address that names no place to upload to; `where` says who gave it.

    Raises:
        UsageError: code `ADDRESS_INVALID`; the message never repeats a password.
    """
    if found := address_mistake(address):
        raise UsageError([Diagnostic(Code.ADDRESS_INVALID, found[0], where, found[1])])


def address_mistake(address: str) -> tuple[str, str] | None:
    """Return what is wrong with an address and what to do, or None."""
    return _secret_mistake(address) or _form_mistake(address) or _protocol_mistake(address)


def _secret_mistake(address: str) -> tuple[str, str] | None:
    if not _PASSWORD.search(address):
        return None
    hint = "take it out, and give it in the environment: see the filesystem's documentation"
    return "found a password in the address", hint


def _form_mistake(address: str) -> tuple[str, str] | None:
    name_one = "name one folder or file by its path or URL"
    if not address.strip():
        return f"found no text, expected {_EXAMPLES}", ""
    if address != address.strip() or any(map(_is_invisible, address)):
        return f"found {shown(address)!r} with spaces around it or invisible characters", name_one
    if "::" in address:
        return f"found the chain {shown(address)}, expected one address", name_one
    if _ONE_SLASH.match(address) and not _SCHEME.match(address):
        return "found one slash after the protocol, expected two", f"write {_EXAMPLES}"
    return None


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE


def _protocol_mistake(address: str) -> tuple[str, str] | None:
    protocol, rest = split(address)
    if protocol not in _LOCAL:
        return _remote_mistake(address, protocol, rest)
    if protocol and not rest.startswith(("/", "~")):
        return f"found {address}, expected three slashes after {protocol}:", f"write {_EXAMPLES}"
    return None


def _remote_mistake(address: str, protocol: str, rest: str) -> tuple[str, str] | None:
    if protocol in _READ_ONLY:
        return f"found {shown(address)}, and {protocol} can only be read", f"name {_EXAMPLES}"
    if protocol not in registry and protocol not in available_protocols():
        return f"found the unknown protocol {protocol}://", f"name {_EXAMPLES}"
    if "?" in rest or "#" in rest:
        return f"found a ? or # in {shown(address)}", "name the folder or file alone"
    if protocol in OBJECT_STORES and not rest.split("/", 1)[0]:
        return f"found {address} without a bucket", f"write {protocol}://bucket/dags"
    return None


def split(address: str) -> tuple[str, str]:
    """Return the protocol, empty for a plain path, and what follows it."""
    scheme = _SCHEME.match(address)
    return (scheme[1], address[scheme.end() :]) if scheme else ("", address)


def join(folder: str, name: str) -> str:
    """Return the address of a file in a folder.

    Raises:
        ValueError: the folder is no address, or the name is more or less than one name.
    """
    if name in ("", ".", "..") or "/" in name:
        raise ValueError(f"{name!r} is no name of a file in a folder")
    protocol, rest = split(folder)
    if not protocol and not rest:
        raise ValueError("a file without a folder")
    scheme, bare = (f"{protocol}://" if protocol else ""), rest.rstrip("/")
    return f"{scheme}{bare}/{name}" if rest else f"{scheme}{name}"


def shown(address: str) -> str:
    """Return an address for a message: without what may be secret in it."""
    if split(address)[0] in _LOCAL:
        return address
    return re.split(r"[?#]", _PASSWORD.sub("://", address))[0]


def local_path(address: str) -> Path | None:
    """Return the path on this machine that an address names; None when it is elsewhere.

    Raises:
        UsageError: code `ADDRESS_INVALID`: `~name` names nobody.
    """
    protocol, rest = split(address)
    if protocol not in _LOCAL:
        return None
    try:
        return Path(rest).expanduser()
    except RuntimeError as error:
        message, hint = f"found {rest}, expected the home of somebody", "write the folder in full"
        raise UsageError([Diagnostic(Code.ADDRESS_INVALID, message, address, hint)]) from error
