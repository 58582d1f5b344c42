"""References in commands and values, as Kubernetes' own table of tests has them."""

from __future__ import annotations

import pytest

from tests.services.expansion import expand

VARIABLES = {"VAR_A": "A", "VAR_B": "B", "VAR_REF": "$(VAR_A)", "VAR_EMPTY": ""}
CASES = {
    "$(VAR_A)": "A",
    "___$(VAR_B)___": "___B___",
    "___$(VAR_B)": "___B",
    "$(VAR_A)-$(VAR_B)": "A-B",
    "$(VAR_REF)": "$(VAR_A)",
    "%%$(VAR_REF)--$(VAR_REF)%%": "%%$(VAR_A)--$(VAR_A)%%",
    "f000-$VAR_A": "f000-$VAR_A",
    "foo\\$(VAR_A)bar": "foo\\Abar",
    "foo$$(VAR_A)bar": "foo$(VAR_A)bar",
    "foo$$$(VAR_A)bar": "foo$Abar",
    "foo$$$$(VAR_A)bar": "foo$$(VAR_A)bar",
    "$(VAR_EMPTY)": "",
    "foo$(VAR_EMPTY)bar": "foobar",
    "$(DOES_NOT_EXIST)": "$(DOES_NOT_EXIST)",
    "$?": "$?",
    "$VAR_A": "$VAR_A",
    "$VAR_A)": "$VAR_A)",
    "${VAR_A}": "${VAR_A}",
    "$(VAR_A": "$(VAR_A",
    "$(VAR_A$(VAR_B)": "$(VAR_A$(VAR_B)",
    "$$$$$$(GOOD_ODDS)": "$$$(GOOD_ODDS)",
    "$$$$$$$(VAR_A)": "$$$A",
    "$": "$",
    "a$": "a$",
    "$$": "$",
    "$(": "$(",
    "$(()": "$(()",
    "": "",
}


@pytest.mark.parametrize("text", CASES)
def test_a_reference_becomes_what_kubernetes_makes_of_it(text: str) -> None:
    assert expand(text, VARIABLES) == CASES[text]
