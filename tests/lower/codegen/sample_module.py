"""A module with everything that can be translated; it is read by tests, and never imported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# How often to try.
# A second line.
TRIES: int = 3
NAMES = ("alpha", "beta")

# This belongs to nothing in particular.

SETTINGS: dict[str, dict[str, object]] = {
    "first": {"a": 1, "b": [1, 2.5, -3]},
    "second": {**os.environ},
}
LONE = ("only",)


def plain(first: str, second: int = -1, *rest: str, flag: bool = False, **others: Any) -> str:
    """Say what comes out.

    A second paragraph:
        indented.
    """
    # Comments are kept.
    count = 0

    values: dict[str, Any] = {}
    values["a"] = 1
    values[first]["key"][0] = first[1:] + first[:-3] + first[len(first) - 2 :]
    head, tail = first.split(":", 1)
    count += len(rest)
    others[head] += f"{tail}: {second!r} {{braces}} 'quoted' \"double\""
    for key, value in values.items():
        if key in others and not flag:
            count += 2

        elif value is None:
            # Why it ends.
            break
        else:
            # First thing in the else.
            count += 1
            # Last thing in the else.
        if flag:
            continue
        # Last thing in the loop.
    while count > 0 and (flag or second < TRIES):
        count = count - 1
    text = "positive" if second >= 0 else "negative"
    text = (
        text
        if len(text) > 3
        else "something that is quite long"
        if flag
        else "another thing, longer"
    )
    return ",".join(plain(each) for each in rest if each if each != text) or "none"


def keywords(*, name: str, size: int | None = None) -> tuple[str, ...]:
    """Nest a function, and return a tuple."""
    pairs = {key: str(value) for key, value in os.environ.items() if key.startswith(name)}
    found = [item.strip() for item in pairs if item]

    def inner(value: str) -> tuple[str, int]:
        return value, -len(pairs)

    # After the nested function.
    total = sorted((one for one in found), key=len)
    message = (
        f"the first part of a long message about {name} and "
        "a part without anything in it, and then "
        f"another about {total!r} which is the end of it"
    )
    doc = """One line
    another line
"""
    print(
        "one string that is split over several lines since it is rather long and wide, "
        "and here it goes on",
        doc,
    )
    raise ValueError(message) from None


class Base(dict[str, int]):
    """A class."""

    limit: int
    marks = ["x"]

    def __init__(self, name: str, **kwargs: Any) -> None:
        """Keep the name."""
        super().__init__(**kwargs)
        self.name = name
        self.limit = 0

    # About the property.
    @property
    def title(self) -> str:
        return self.name.title().strip().lower()

    @staticmethod
    def parse(text: str) -> Mapping[str, int]:
        try:
            with Path(text).open() as file, os.scandir("."):
                print(file.read())
        except (OSError, ValueError) as error:
            # Handled.
            raise RuntimeError(f"cannot read {text}") from error
        except KeyError:
            pass
            # End of the handler.
        else:
            # Nothing went wrong.
            print(text)
        finally:
            print("done")
            # The very end.
        return {}


class DocumentedError(RuntimeError):
    """Nothing but words."""


class Meta(Base):
    pass
    # The end.
