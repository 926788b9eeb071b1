"""Aggregate functions. The expected values are those of Trino 435."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from infra.local.athena.errors import QueryRefused
from tests.unit.infra.local.athena.queries import rows

_NUMBERS = "(VALUES (nan(), 'n'), (2e0, 'b'), (-infinity(), 'i'), (3e0, 'c'), (NULL, 'z')) AS t (x, y)"


def test_nan_is_neither_the_greatest_nor_the_least_number() -> None:
    assert rows(f"SELECT max(x), min(x), max_by(y, x), min_by(y, x) FROM {_NUMBERS}") == [
        (3.0, -math.inf, "c", "i")
    ]
    assert rows(f"SELECT max(x, 2), min(x, 2), max_by(y, x, 2), min_by(y, x, 9) FROM {_NUMBERS}") == [
        ([3.0, 2.0], [-math.inf, 2.0], ["c", "b"], ["i", "b", "c", "n"])
    ]


def test_nan_is_the_greatest_and_the_least_where_there_is_nothing_else() -> None:
    ((greatest, least, none),) = rows(
        "SELECT max(x), min(x), max(x) FILTER (WHERE x > 0) FROM (VALUES nan(), NULL, nan()) AS t (x)"
    )
    assert math.isnan(greatest)
    assert math.isnan(least)
    assert none is None


def test_moments_of_equal_values_are_not_numbers() -> None:
    sql = "SELECT skewness(x), kurtosis(x) FROM UNNEST(repeat(7, {})) AS t (x)"
    assert all(map(math.isnan, rows(sql.format(4))[0]))
    assert rows(sql.format(2)) == [(None, None)]


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    values = "(VALUES 4, 1, 3, 2, NULL) AS t (x)"
    assert rows(
        f"SELECT approx_percentile(x, 0.5), approx_percentile(x, ARRAY[0, 0.25, 1]) FROM {values}"
    ) == [(3, [1, 2, 4])]
    assert rows("SELECT approx_percentile(x, 0.5) FROM (VALUES NULL) AS t (x)") == [(None,)]


def test_a_percentile_with_weights_is_between_two_values() -> None:
    weighted = "(VALUES (10e0, 2e0), (20e0, 2e0), (40e0, 2e0)) AS t (x, w)"
    assert rows(f"SELECT approx_percentile(x, w, 0.5), approx_percentile(x, w, 0.1) FROM {weighted}") == [
        (20.0, 10.0)
    ]
    assert rows(f"SELECT approx_percentile(x, w, 0.75) FROM {weighted}") == [(35.0,)]
    with pytest.raises(QueryRefused) as refused:
        rows("SELECT approx_percentile(x, 0, 0.5) FROM (VALUES 1) AS t (x)")
    assert refused.value.kind == "INVALID_FUNCTION_ARGUMENT"


def test_times_with_a_zone_are_grouped_by_their_instant() -> None:
    times = (
        "(VALUES TIMESTAMP '2026-01-15 12:00:00 UTC', TIMESTAMP '2026-01-15 13:00:00 Europe/Berlin', NULL) "
        "AS x (t)"
    )
    assert rows(f"SELECT t IS NULL, count(*) FROM {times} GROUP BY t ORDER BY 1") == [(False, 2), (True, 1)]
    assert rows(f"SELECT count(DISTINCT t), approx_distinct(t), count(t) FROM {times}") == [(1, 1, 2)]
    assert rows(f"SELECT CAST(min(t) AS varchar), CAST(max(t, 1)[1] AS varchar) FROM {times}") == [
        ("2026-01-15 12:00:00 UTC", "2026-01-15 12:00:00 UTC")
    ]
    assert rows(f"SELECT count(*) OVER (PARTITION BY t) FROM {times} ORDER BY 1") == [(1,), (2,), (2,)]


def test_the_average_of_long_decimals_does_not_overflow() -> None:
    most = "9" * 38
    assert rows(f"SELECT avg(x) FROM (VALUES DECIMAL '{most}', DECIMAL '{most}', NULL) AS t (x)") == [
        (Decimal(most),)
    ]


def test_the_union_of_maps_has_the_first_value_of_a_key() -> None:
    pairs = "(VALUES (1, 'a', 1), (1, 'a', 3), (2, 'b', 4)) AS t (g, k, v)"
    union = "map_union(map(ARRAY[k], ARRAY[v]))"
    assert rows(f"SELECT g, {union} FROM {pairs} GROUP BY g ORDER BY g") == [(1, {"a": 1}), (2, {"b": 4})]
    assert rows(f"SELECT {union} FROM {pairs} WHERE v > 9") == [(None,)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("map_agg(k, transform(ARRAY[v], x -> x + 1))", {"a": [2]}),
        ("map_agg(k, map(ARRAY[k], ARRAY[v]))", {"a": {"a": 1}}),
        ("multimap_agg(k, transform(ARRAY[v], x -> x + 1))", {"a": [[2], [4]]}),
        ("map_union(transform_values(map(ARRAY[k], ARRAY[v]), (y, x) -> x + 1))", {"a": 2}),
    ],
)
def test_arguments_of_aggregates_may_have_lambdas(call: str, expected: dict[str, object]) -> None:
    assert rows(f"SELECT {call} FROM (VALUES ('a', 1), ('a', 3)) AS t (k, v)") == [(expected,)]
