"""Read an IR from a file or from standard input."""

from __future__ import annotations

import sys
from pathlib import Path


def read_ir(ir: str) -> str:
    """Return the text of an IR file, or of standard input for `-`.

    Raises:
        UsageError: nobody writes to standard input.
        FileError: there is nothing to read.
    """
    from kairflow.deploy.local_files import read_stream, read_text
    from kairflow.errors import Code, Diagnostic, UsageError

    if ir != "-":
        return read_text(Path(ir))
    if sys.stdin.isatty():
        hint = "name a file, or let `kairflow export |` stand before it"
        raise UsageError([Diagnostic(Code.FILE_UNREADABLE, "no IR was given", hint=hint)])
    return read_stream(sys.stdin.buffer)
