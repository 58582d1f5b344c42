"""What Kubernetes makes of `$(NAME)` in commands, arguments and environment values."""

from __future__ import annotations

from collections.abc import Mapping


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace references to known variables; `$$` is a dollar, an unknown reference stays."""
    done, rest = "", text
    while True:
        before, dollar, rest = rest.partition("$")
        done += before
        if not dollar:
            return done
        if rest.startswith("("):
            name, closed, after = rest[1:].partition(")")
            done += variables.get(name, f"$({name})") if closed else "$("
            rest = after if closed else rest[1:]
        else:
            done += "$" if rest[:1] in ("$", "") else f"${rest[0]}"
            rest = rest[1:]
