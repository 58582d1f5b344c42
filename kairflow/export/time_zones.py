"""Which time zones there are, by the IANA database that Python finds on this machine."""

from __future__ import annotations

import zoneinfo

from kairflow.ir.validation import nearest


def complaint(name: str) -> str:
    """Say what is wrong with the name of a time zone; empty when nothing is.

    A machine without the database cannot tell, and lets every name pass.
    """
    known = zoneinfo.available_timezones()
    if not known or name in known:
        return ""
    hint = nearest(name, sorted(known))
    return f"no time zone is named {name!r}" + (f": {hint}" if hint else "")
