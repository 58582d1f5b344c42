"""What an upload would change, for people to read; pure, and safe to print whatever is there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from kairflow.deploy.upload import Change, Step

_CONTEXT = 3
_MOST_COMPARED = 2_000
"""With more lines that may differ, finding the least difference takes minutes: DAGs of thousands of
tasks, of which every one has changed, are shown as they were and as they would be."""
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
    before, after = _split(old), _split(new)
    head, tail = _common(before, after)
    changed = max(len(before), len(after)) - head - tail
    if changed > _MOST_COMPARED:
        found = list(_one_hunk(before, after, head, tail, labels))
    else:
        found = list(unified_diff(before, after, *labels, lineterm=""))
    for line in found or (f"--- {labels[0]}", f"+++ {labels[1]}"):
        yield from line.split("\n")


def _common(before: list[str], after: list[str]) -> tuple[int, int]:
    """Return how many lines both have at their beginning, and how many behind that at their end."""
    shortest = min(len(before), len(after))
    head = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    rest = range(1, shortest - head + 1)
    return head, next((i - 1 for i in rest if before[-i] != after[-i]), shortest - head)


def _one_hunk(
    before: list[str], after: list[str], head: int, tail: int, labels: tuple[str, str]
) -> Iterator[str]:
    """Yield all that lies between what both have in common as one change, in linear time."""
    start, end = max(head - _CONTEXT, 0), max(tail - _CONTEXT, 0)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    leading, trailing = head - start, tail - end
    yield f"--- {labels[0]}"
    yield f"+++ {labels[1]}"
    yield f"@@ -{_range(start, old)} +{_range(start, new)} @@"
    yield from (f" {line}" for line in old[:leading])
    yield from (f"-{line}" for line in old[leading : len(old) - trailing])
    yield from (f"+{line}" for line in new[leading : len(new) - trailing])
    yield from (f" {line}" for line in old[len(old) - trailing :])


def _range(start: int, lines: list[str]) -> str:
    """Spell where a hunk is, as `diff` does: an empty one stands behind a line."""
    return f"{start + 1},{len(lines)}" if lines else f"{start},0"


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
