"""Queries and their clauses. The expected values are those of Trino 435."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import QueryRefused
from tests.unit.infra.local.athena.queries import rows, values

_NUMBERS = "(VALUES 1, 2, 2, 3, 3) AS t (x)"


def test_with_ties_has_all_rows_that_sort_like_the_last_one() -> None:
    ties = f"SELECT x FROM {_NUMBERS} ORDER BY x DESC OFFSET {{}} ROWS FETCH FIRST {{}} ROWS WITH TIES"
    assert rows(ties.format(0, 1)) == [(3,), (3,)]
    assert rows(ties.format(1, 2)) == [(3,), (2,), (2,)]
    assert rows(ties.format(0, 0)) == []


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("SELECT t.* FROM (SELECT 1 a, 2, 3 b) t", (1, 2, 3)),
        ("SELECT t.* FROM (VALUES (1, 2)) t", (1, 2)),
        ("WITH t AS (SELECT 1, 2) SELECT t.* FROM t", (1, 2)),
        ("SELECT u.*, t.* FROM (VALUES 1) t (x), UNNEST(ARRAY[5]) u", (5, 1)),
        ("SELECT l.* FROM (VALUES 1) t (x) CROSS JOIN LATERAL (SELECT t.x * 2) l", (2,)),
        ("SELECT (SELECT count(*) FROM (SELECT t.* FROM (VALUES 1) u (y))) FROM (SELECT 7) t", (1,)),
    ],
)
def test_the_star_of_a_relation_has_its_columns_without_a_name(statement: str, row: tuple[int, ...]) -> None:
    assert rows(statement) == [row]


def test_the_star_of_a_relation_that_is_not_there_is_refused() -> None:
    with pytest.raises(QueryRefused, match="Unable to resolve reference u"):
        rows("SELECT u.* FROM (SELECT 1) t")


@pytest.mark.parametrize(("percentage", "count"), [("100", 5), ("0", 0), ("1e2", 5)])
def test_a_sample_of_a_table(percentage: str, count: int) -> None:
    assert rows(f"SELECT count(*) FROM {_NUMBERS} TABLESAMPLE BERNOULLI ({percentage}) WHERE x > 0") == [
        (count,)
    ]


@pytest.mark.parametrize("percentage", ["-1", "100.5"])
def test_a_sample_of_more_than_the_table_is_refused(percentage: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        rows(f"SELECT x FROM {_NUMBERS} TABLESAMPLE SYSTEM ({percentage})")
    assert (refused.value.kind, refused.value.line) == ("NUMERIC_VALUE_OUT_OF_RANGE", 1)


def test_nan_is_not_among_the_values_of_a_query() -> None:
    assert values(
        "nan() IN (SELECT nan())",
        "nan() = ANY (SELECT x FROM (VALUES nan(), NULL) AS t (x))",
        "1e0 IN (SELECT x FROM (VALUES nan(), 1e0) AS t (x))",
        "nan() <> ALL (SELECT nan())",
    ) == [False, None, True, True]


def test_a_row_is_among_the_rows_of_a_query() -> None:
    assert values(
        "(1, 'a') IN (SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (x, y))",
        "(1, NULL) IN (SELECT 2, 'b')",
        "(1, NULL) IN (SELECT 1, 'b')",
        "ARRAY[1] IN (SELECT ARRAY[1])",
    ) == [True, False, None, True]


def test_a_frame_may_be_a_span_of_time_or_come_from_a_column() -> None:
    days = "(VALUES (DATE '2026-01-01', 0), (DATE '2026-01-02', 1), (DATE '2026-03-01', 2)) AS t (d, n)"
    span = "count(*) OVER (ORDER BY d RANGE BETWEEN INTERVAL '{}' {} PRECEDING AND CURRENT ROW)"
    assert rows(f"SELECT {span.format(1, 'DAY')}, {span.format(2, 'MONTH')} FROM {days} ORDER BY d") == [
        (1, 1), (2, 2), (1, 3),
    ]  # fmt: skip
    frame = "count(*) OVER (ORDER BY d ROWS n PRECEDING)"
    assert rows(f"SELECT {frame} FROM {days} ORDER BY d") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("bound", ["-1", "CAST(NULL AS bigint)", "(x - 3)"])
def test_a_negative_frame_is_refused(bound: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        rows(f"SELECT count(*) OVER (ORDER BY x ROWS {bound} PRECEDING) FROM {_NUMBERS}")
    assert refused.value.kind == "INVALID_WINDOW_FRAME"


def test_maps_are_united() -> None:
    assert rows("SELECT MAP(ARRAY[1, 2], ARRAY[3, 4]) UNION SELECT MAP(ARRAY[2, 1], ARRAY[4, 3])") == [
        ({1: 3, 2: 4},)
    ]
