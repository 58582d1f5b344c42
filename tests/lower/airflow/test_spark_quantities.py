"""Kubernetes' quantities in Spark's words: the same amount, or the next that Spark can spell."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kairflow.ir.base import Quantity
from kairflow.lower.airflow.spark_quantities import amount, spark_memory, whole_cores

SPARKS_UNITS = {"m": 1024**2, "g": 1024**3}
"""https://spark.apache.org/docs/latest/configuration.html#spark-properties: all powers of 1024."""

FACTORS = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", 1)},
    "e3": Fraction(1000),
    "E-2": Fraction(1, 100),
}
NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.tuples(st.integers(0, 9999), st.integers(0, 9999)).map("{0[0]}.{0[1]}".format),
    st.integers(0, 999).map(".{}".format),
    st.integers(0, 999).map("{}.".format),
    st.integers(0, 999).map("+{}".format),
)
SUFFIXES = st.sampled_from([*FACTORS])


def in_bytes(spelt: str) -> int:
    return int(spelt[:-1]) * SPARKS_UNITS[spelt[-1]]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("16Gi", "16g"),
        ("1500Mi", "1500m"),
        ("1.5Gi", "1536m"),
        ("1024Mi", "1g"),
        ("2147483648", "2g"),
        ("2Ti", "2048g"),
        ("16G", "15259m"),
        ("512M", "489m"),
        ("1e9", "954m"),
        ("1", "1m"),
    ],
)
def test_memory_has_sparks_spelling(quantity: str, expected: str) -> None:
    assert spark_memory(quantity) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("2", 2), ("500m", 1), ("1500m", 2), ("0", 1), ("2.0", 2), ("4000m", 4), (".5", 1)],
)
def test_tasks_at_once_are_whole(quantity: str, expected: int) -> None:
    assert whole_cores(quantity) == expected


@given(NUMBERS, SUFFIXES)
def test_every_quantity_of_the_configuration_is_read(number: str, suffix: str) -> None:
    quantity = TypeAdapter(Quantity).validate_python(f"{number}{suffix}")
    plain = number.lstrip("+")
    assert amount(quantity) == Fraction(f"0{plain}0" if "." in plain else plain) * FACTORS[suffix]


@given(NUMBERS, SUFFIXES)
def test_memory_is_never_less_and_hardly_more(number: str, suffix: str) -> None:
    asked = amount(f"{number}{suffix}")
    assert asked <= in_bytes(spark_memory(f"{number}{suffix}")) < asked + 1024**2


@given(st.integers(0, 10**12), SUFFIXES)
def test_what_spark_can_spell_is_kept_exactly(number: int, suffix: str) -> None:
    quantity = f"{number}{suffix}"
    if amount(quantity) % 1024**2 == 0:
        assert in_bytes(spark_memory(quantity)) == amount(quantity)


@given(NUMBERS, SUFFIXES)
def test_cores_are_never_less_and_hardly_more(number: str, suffix: str) -> None:
    asked = amount(f"{number}{suffix}")
    assert max(Fraction(1), asked) <= whole_cores(f"{number}{suffix}") < asked + 2


def test_an_exponent_beyond_reason_takes_no_time() -> None:
    assert amount("1e-999999999999") > 0
    assert amount("1e999999999999") > 2**63


def test_what_is_no_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="16 Gi"):
        amount("16 Gi")
