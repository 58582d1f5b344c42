"""Quantities and selectors, which decide quietly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.services.findings import RefusalError
from tests.services.label_selectors import field_selector, label_selector
from tests.services.syntax import quantity

LABELS = {"app": "shop", "tier": "raw", "empty": ""}
QUANTITIES = {
    "1": 1,
    "500m": Fraction(1, 2),
    "1.5Gi": 3 * 2**29,
    "2k": 2000,
    "1e3": 1000,
    "1E": 10**18,
    ".5": Fraction(1, 2),
    "5.": 5,
    "-1": -1,
    "100n": Fraction(1, 10**7),
}
SELECTORS = {
    "app=shop": True,
    "app==shop,tier!=clean": True,
    "app": True,
    "!app": False,
    "!gone": True,
    "gone!=x": True,
    "gone=": False,
    "empty=": True,
    "tier in (raw, clean)": True,
    "tier notin (raw, clean),app": False,
    "gone notin (a)": True,
    "": True,
}


@pytest.mark.parametrize("text", QUANTITIES)
def test_a_quantity_is_read(text: str) -> None:
    assert quantity(text) == QUANTITIES[text]


@pytest.mark.parametrize(
    "text", ["", "1 Gi", "1gb", "Gi", "1Ki2", "0x1", "1,5", "1ki", "1K", "NaN"]
)
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize("text", SELECTORS)
def test_a_selector_matches_as_on_a_real_server(text: str) -> None:
    assert label_selector(text)(LABELS) is SELECTORS[text]


@pytest.mark.parametrize("text", ["a b", "a in b", f"a={'x' * 64}", "-a=b", "a=b=c"])
def test_a_selector_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(RefusalError):
        label_selector(text)


def test_a_field_selector_takes_names_longer_than_labels() -> None:
    name = "a" * 100
    assert field_selector(f"involvedObject.name={name}")({"involvedObject.name": name})
