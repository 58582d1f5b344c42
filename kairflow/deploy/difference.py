"""What an upload would change, for people to read; pure, and safe to print whatever is there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from kairflow.deploy.upload import Change, Step

_NO_NEWLINE = "\\ No newline at end of file"


def difference(step: Step) -> str:
    """Return a unified diff of text, one line with sizes for all else, nothing when unchanged."""
    if step.change is Change.UNCHANGED:
        return ""
    new = None if step.upload.fixed else _text(step.upload.content)
    old = _text(step.old or b"")
    if new is None or old is None:
        return f"{_printable(step.upload.address)}: {_sizes(step)}\n"
    return "".join(f"{_printable(line)}\n" for line in _lines(step.upload.address, old, new))


def _lines(address: str, old: str, new: str) -> Iterator[str]:
    labels = (f"{address} as it is", f"{address} as it would be")
    found = list(unified_diff(_split(old), _split(new), *labels, lineterm=""))
    for line in found or (f"--- {labels[0]}", f"+++ {labels[1]}"):
        yield from line.split("\n")


def _split(text: str) -> list[str]:
    """Split at newlines only, and mark a last line that lacks one, as `diff` does."""
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n{_NO_NEWLINE}"] if last else lines


def _text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _sizes(step: Step) -> str:
    size = f"{len(step.upload.content)} bytes"
    if step.change is Change.NEW:
        return f"a new file of {size}"
    was = "another size" if step.old is None else f"{len(step.old)} bytes"
    return f"{was} as it is, {size} as it would be"


def _printable(line: str) -> str:
    """Show what a terminal would obey or hide; a tab is as good as a space."""
    return "".join(
        char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in line
    )
