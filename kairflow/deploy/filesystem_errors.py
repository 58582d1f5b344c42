"""What a filesystem raises, as an error that a person can act on; it repeats no credentials."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from fsspec.config import conf
from fsspec.registry import known_implementations

from kairflow.deploy.addresses import shown, split
from kairflow.errors import Code, Diagnostic, KairflowError, UploadError, UsageError

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
_AWS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE; "
    "for a store that is not Amazon's also AWS_ENDPOINT_URL"
)
_GOOGLE = "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
_CREDENTIALS = {"s3": _AWS, "s3a": _AWS, "gs": _GOOGLE, "gcs": _GOOGLE}
_SECRET_NAME = re.compile(r"secret|token|passw|key|credential|connection|\bsas\b", re.IGNORECASE)
# Signed URLs hold their signature in the query.
_QUERY = re.compile(r"(?<=\S)\?[^\s'\"<>]*")
_USER = re.compile(r"://[^/\s'\"]*@")
_LONGEST = 300


@contextmanager
def told(address: str, doing: str) -> Iterator[None]:
    """Turn whatever is raised inside into an `UploadError` that says what was being done.

    Raises:
        UploadError: code `UPLOAD_FAILED`.
    """
    try:
        yield
    except KairflowError:
        raise
    except Exception as error:  # noqa: BLE001  # a filesystem is free to raise anything
        message = f"cannot {doing}: {reason(error, split(address)[0])}"
        found = Diagnostic(Code.UPLOAD_FAILED, message, shown(address), _hint(error, address))
        raise UploadError([found]) from _harmless(error, split(address)[0])


def filesystem_missing(address: str, error: ImportError) -> UsageError:
    """Say what to install for the filesystem of an address; `error` is fsspec's or its client's."""
    protocol = split(address)[0]
    extra = _EXTRAS.get(protocol)
    told_by_fsspec = known_implementations.get(protocol, {}).get("err", "install its package")
    hint = f'pip install "kairflow[{extra}]"' if extra else told_by_fsspec
    said = _cleaned(_said(error.__cause__ or error), protocol).partition("\n")[0]
    message = f"{protocol}:// needs a package that cannot be imported: {said}"
    return UsageError([Diagnostic(Code.FILESYSTEM_MISSING, message, shown(address), hint)])


def _harmless(error: Exception, protocol: str) -> Exception | None:
    """Return an error for a traceback, unless that would show something secret."""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001  # some errors cannot even be printed
        return None
    return error if _cleaned(text, protocol) == text else None


def _cleaned(text: str, protocol: str) -> str:
    for secret in _secrets(protocol):
        text = text.replace(secret, "***")
    return _USER.sub("://", _QUERY.sub("", text))


def reason(error: BaseException, protocol: str) -> str:
    """Return what an error says in one line: its type where that helps, and nothing secret."""
    said = _cleaned(_said(error), protocol)
    # The second line is where Google says who lacks which permission.
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = ": ".join(lines[:2])[:_LONGEST] or "no reason given"
    return text if isinstance(error, OSError) and lines else f"{type(error).__name__}: {text}"


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # some errors cannot even be printed
        return ""


def _secrets(protocol: str) -> list[str]:
    """Return what the environment and fsspec's configuration hold under a telling name."""
    named = [*os.environ.items(), *conf.get(protocol, {}).items()]
    values = [
        value
        for name, value in named
        if isinstance(value, str) and len(value) >= 6 and _SECRET_NAME.search(name)
    ]
    return sorted(values, key=len, reverse=True)


def _hint(error: Exception, address: str) -> str:
    protocol = split(address)[0]
    option = f"options come from FSSPEC_{protocol.upper()}_<OPTION>"
    credentials = _CREDENTIALS.get(protocol, option)
    if isinstance(error, FileNotFoundError):
        return "check the address; the bucket must be there, for Kairflow makes none"
    if isinstance(error, PermissionError) or _said(error).startswith("Forbidden"):
        return f"let the account read, list, write and delete there; {credentials}"
    return f"check the address, the network and the credentials; {credentials}"
