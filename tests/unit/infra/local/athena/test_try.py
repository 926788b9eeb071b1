"""TRY and TRY_CAST give null for the errors for which Trino's do, and for no other."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import NotSupportedHere
from tests.unit.infra.local.athena.lakes import Analyst


def test_try_gives_null_for_an_argument_that_is_always_wrong(analyst: Analyst) -> None:
    assert analyst.rows("SELECT TRY(regexp_like('a', '(')), TRY(1 / 0), TRY(CAST('x' AS date))") == [
        (None, None, None)
    ]


def test_try_does_not_catch_every_error(analyst: Analyst) -> None:
    assert analyst.refused("SELECT TRY(mod(length, 0)) FROM tracks").kind == "GENERIC_INTERNAL_ERROR"


@pytest.mark.parametrize(
    ("value", "is_athenas"),
    [
        ("greatest(tags, ARRAY[CAST(NULL AS varchar)])", True),
        ("date_add('year', length - 5000, DATE '2026-01-01')", False),
    ],
)
def test_try_does_not_hide_what_is_not_supported(analyst: Analyst, value: str, is_athenas: bool) -> None:
    for expression in (value, f"TRY({value})"):
        refused = analyst.refused(f"SELECT {expression} FROM tracks")
        assert refused.kind == "NOT_SUPPORTED"
        assert isinstance(refused, NotSupportedHere) != is_athenas


def test_a_part_that_is_always_wrong_fails_only_where_it_is_evaluated(analyst: Analyst) -> None:
    sql = "SELECT TRY(CASE WHEN length > 1 THEN regexp_like('a', '(') ELSE true END) FROM tracks"
    assert sorted(analyst.rows(sql), key=str) == [(None,), (None,), (True,), (True,)]


@pytest.mark.parametrize("operand", ["1 / 0", "length / 0"])
def test_try_cast_does_not_catch_an_error_of_its_operand(analyst: Analyst, operand: str) -> None:
    assert analyst.refused(f"SELECT TRY_CAST({operand} AS varchar) FROM tracks").kind == "DIVISION_BY_ZERO"
    assert analyst.rows("SELECT DISTINCT TRY_CAST(track_id || 'x' AS integer) FROM tracks") == [(None,)]


def test_a_decisive_literal_decides_before_an_error(analyst: Analyst) -> None:
    assert analyst.rows("SELECT 1 / 0 = 1 OR true, 1 / 0 = 1 AND false") == [(True, False)]


def test_try_does_not_catch_an_error_in_a_query(analyst: Analyst) -> None:
    numbers = "WITH t(x) AS (VALUES 0, 1), u(y) AS (VALUES 0, 1)"
    rows = analyst.rows(f"{numbers} SELECT try(x / (SELECT max(y) FROM u WHERE y <= x)) FROM t ORDER BY x")
    assert rows == [(None,), (1,)]
    for failing in ("(SELECT 1 / x)", "1 / x IN (SELECT y FROM u)"):
        assert analyst.refused(f"{numbers} SELECT try({failing}) FROM t").kind == "DIVISION_BY_ZERO"
