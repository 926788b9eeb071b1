"""Order of values. The expected values are those of Trino 435."""

from __future__ import annotations

import math

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from tests.unit.infra.local.athena.queries import rows, values


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("ARRAY[1] < ARRAY[NULL]", "ARRAY"),
        ("ARRAY[1, NULL] < ARRAY[1, NULL]", "ARRAY"),
        ("ROW(1, CAST(NULL AS integer)) <= ROW(1, 3)", "ROW"),
        ("greatest(ARRAY[1, NULL], ARRAY[1, 2])", "ARRAY"),
        ("array_max(ARRAY[ROW(1, CAST(NULL AS integer)), ROW(1, 3)])", "ROW"),
    ],
)
def test_a_null_within_fails_where_it_would_decide(expression: str, type_: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert not isinstance(refused.value, NotSupportedHere)
    assert refused.value.kind == "NOT_SUPPORTED"
    assert refused.value.message.startswith(f"{type_} comparison not supported for ")


def test_parts_before_a_null_decide() -> None:
    assert values("ARRAY[1, NULL] < ARRAY[2, NULL]", "ARRAY[1] < ARRAY[1, NULL]") == [True, True]
    assert values("ROW(2, CAST(NULL AS integer)) < ROW(1, 3)") == [False]
    assert values("array_max(ARRAY[ARRAY[1, NULL], ARRAY[2]])", "greatest(ARRAY[3, NULL], ARRAY[2])") == [
        [2], [3, None],
    ]  # fmt: skip
    assert values("array_max(ARRAY[ROW(1, CAST(NULL AS integer))])") == [{"f0": 1, "f1": None}]


def test_the_first_of_two_zeros_counts() -> None:
    zeros = values(
        "greatest(-0e0, 0e0)",
        "least(0e0, -0e0)",
        "array_max(ARRAY[-0e0, 0e0])",
        "array_min(ARRAY[0e0, -0e0])",
    )
    assert [math.copysign(1, zero) for zero in zeros] == [-1, 1, -1, 1]


def test_nan_is_neither_the_greatest_nor_the_least_number() -> None:
    numbers = "ARRAY[1e0, nan()]"
    assert values("greatest(nan(), 1e0)", "least(1e0, nan())") == [1, 1]
    assert values(f"array_max({numbers})", f"array_min(reverse({numbers}))") == [1, 1]
    assert all(map(math.isnan, values("greatest(nan(), nan())", "array_min(ARRAY[nan()])")))


def test_times_are_ordered_by_their_instants() -> None:
    utc, berlin = "TIMESTAMP '2026-01-01 00:00:00 UTC'", "TIMESTAMP '2026-01-01 01:30:00 Europe/Berlin'"
    greatest, least, first = values(
        f"greatest({utc}, {berlin})", f"least({utc}, {berlin})", f"array_min(ARRAY[{berlin}, {utc}])"
    )
    assert (greatest["zone"], least["zone"], first["zone"]) == ("Europe/Berlin", "UTC", "UTC")


def test_minus_zero_is_taken_for_zero_in_another_column() -> None:
    zeros = values("0e0", "-0e0", "ARRAY[0e0, -0e0]", "ARRAY[-0e0, 0e0]")
    assert [math.copysign(1, zero) for zero in zeros[:2]] == [1, 1]
    assert [math.copysign(1, zero) for zero in zeros[3]] == [1, -1]
    with pytest.raises(NotSupportedHere):
        values("REAL '0'", "REAL '-0'")


def test_a_char_is_compared_with_its_spaces() -> None:
    tab, plain = "CAST('a' || chr(9) AS char(3))", "CAST('a' AS char(3))"
    assert values(f"{tab} < {plain}", f"{tab} BETWEEN {plain} AND {plain}") == [True, False]
    assert values(f"greatest({tab}, {plain})", f"array_sort(ARRAY[{plain}, {tab}])") == ["a", ["a\t", "a"]]


def test_rows_are_sorted_by_a_char_with_its_spaces() -> None:
    listed = "(VALUES CAST('a!' AS char(3)), CAST('a' AS char(3)), CAST('a' || chr(9) AS char(3))) AS t(x)"
    found = rows(f"SELECT x FROM {listed} GROUP BY x ORDER BY x")
    assert [text for (text,) in found] == ["a\t", "a", "a!"]
