"""Mathematical functions. The expected values are those of Trino 435."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from infra.local.athena.errors import QueryRefused
from tests.unit.infra.local.athena.queries import rows, types, values


def test_rounding_a_double_rounds_half_away_from_zero() -> None:
    assert values("round(2.5e0)", "round(-2.5e0)", "round(0.49999999999999994e0)", "round(2.675e0, 2)") == [
        3.0, -3.0, 0.0, 2.68,
    ]  # fmt: skip
    assert values("round(1e20, 2)", "round(1234.5678e0, -2)", "round(infinity())") == [1e20, 1200.0, math.inf]


def test_rounding_a_decimal_keeps_its_scale_unless_no_digits_are_given() -> None:
    assert types("select round(1.25, 1), round(2.5), truncate(12.345, 1)") == [
        "decimal(4,2)", "decimal(2,0)", "decimal(5,3)",
    ]  # fmt: skip
    assert values("round(-1.25, 1)", "round(99.99, 1)", "round(55.5, -2)", "truncate(12.345, -1)") == [
        Decimal("-1.30"), Decimal("100.00"), Decimal("100.0"), Decimal("10.000"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("round(9223372036854775807, -1)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("round(4, -19)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("round(2147483647, -1)", "GENERIC_INTERNAL_ERROR"),
        ("abs(cast(-128 as tinyint))", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("mod(5, 0)", "GENERIC_INTERNAL_ERROR"),
        ("mod(5.5, 0)", "DIVISION_BY_ZERO"),
        ("width_bucket(1e0, 0e0, 10e0, 0)", "INVALID_FUNCTION_ARGUMENT"),
        ("width_bucket(1e0, array[2e0, 1e0])", "INVALID_FUNCTION_ARGUMENT"),
        ("from_base('zz', 10)", "INVALID_FUNCTION_ARGUMENT"),
        ("to_base(1, 99)", "INVALID_FUNCTION_ARGUMENT"),
        ("bit_count(100, 4)", "INVALID_FUNCTION_ARGUMENT"),
        ("random(0)", "INVALID_FUNCTION_ARGUMENT"),
        ("random(5, 3)", "INVALID_FUNCTION_ARGUMENT"),
        ("normal_cdf(0, 0, 1)", "INVALID_FUNCTION_ARGUMENT"),
    ],
)
def test_wrong_arguments_are_errors_of_trinos_kind(expression: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert refused.value.kind == kind


def test_functions_give_nan_where_they_are_not_defined() -> None:
    expressions = (
        "sqrt(-1)",
        "ln(-1)",
        "acos(2)",
        "sin(infinity())",
        "power(1, nan())",
        "power(-1, infinity())",
    )
    assert all(map(math.isnan, values(*expressions)))
    assert values("ln(0)", "log(2, 8)", "power(-0e0, -1)") == [-math.inf, 3.0, -math.inf]


def test_the_greatest_ignores_nan_and_is_null_with_a_null() -> None:
    assert values("greatest(1e0, nan(), 2e0)", "least(nan(), 1e0)", "greatest(1, null)") == [2.0, 1.0, None]
    assert math.isnan(values("greatest(nan(), nan())")[0])
    assert values("greatest(array[1, 2], array[1, 3])", "least('b', 'a')") == [[1, 3], "a"]


def test_the_remainder_of_the_least_number_by_minus_one_is_zero() -> None:
    numbers = "(values (cast(-128 as tinyint), cast(-1 as tinyint)), (null, 1)) t(n, d)"
    sql = f"select n % d, mod(n, d) from {numbers}"
    assert rows(sql) == [(0, 0), (None, None)]


def test_bits_are_shifted_out_of_the_type() -> None:
    assert values(
        "bitwise_left_shift(cast(7 as tinyint), 6)",
        "bitwise_right_shift(-8, 3)",
        "bitwise_right_shift_arithmetic(-8, 3)",
        "bitwise_left_shift(5, 64)",
        "bitwise_left_shift(cast(1 as bigint), -1)",
        "bit_count(-7, 8)",
    ) == [-64, 536870911, -1, 0, -(2**63), 6]


def test_numbers_in_other_bases_and_buckets() -> None:
    assert values(
        "from_base('-8000000000000000', 16)",
        "to_base(-5, 2)",
        "width_bucket(1e0, 10e0, 0e0, 5)",
        "width_bucket(3e0, array[1e0, 2e0, 4e0])",
    ) == [-(2**63), "-101", 5, 2]


def test_distributions() -> None:
    found = values(
        "normal_cdf(0, 1, 1.96e0)",
        "inverse_normal_cdf(3, 2, 0.1)",
        "wilson_interval_lower(1250, 1310, 1.96e0)",
    )
    assert found == pytest.approx([0.9750021048517796, 0.4368968689107984, 0.9414883725395894], rel=1e-12)
    assert values("cosine_similarity(map(array['a'], array[1e0]), map(array['a'], array[2e0]))") == [1.0]


def test_random_numbers_are_within_their_bounds() -> None:
    sql = "select random(3, 5), random(5), random() from unnest(sequence(1, 100)) t(n)"
    found = rows(sql)
    assert {low for low, _, _ in found} == {3, 4}
    assert all(0 <= below < 5 and 0 <= share < 1 for _, below, share in found)


def test_a_decimal_below_one_is_written_with_its_zero() -> None:
    zero = "cast(cast(0 as decimal(2, 2)) as varchar)"
    assert values("cast(0.005 as varchar)", "cast(-0.5 as varchar)", zero) == [
        "0.005", "-0.5", "0.00",
    ]  # fmt: skip


def test_intervals_are_divided_towards_zero() -> None:
    sql = "select cast(interval '-5' second / 3 as varchar), cast(interval '7' month / -2 as varchar)"
    assert rows(sql) == [("-0 00:00:01.666", "-0-3")]
    with pytest.raises(QueryRefused, match="Cannot divide by double"):
        values("interval '1' day / 0")


def test_a_cast_of_a_float_to_another_number() -> None:
    real = "(VALUES CAST(NULL AS double), 1e300, -1e300) AS t (x)"
    assert rows(f"SELECT CAST(x AS real) FROM {real}") == [(None,), (math.inf,), (-math.inf,)]
    assert values("cbrt(27)", "cbrt(-8)", "cbrt(0.125e0)") == [3.0, -2.0, 0.5]


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "integer", "bigint", "decimal(5,2)"])
@pytest.mark.parametrize("source", ["double", "real"])
def test_nan_is_cast_to_no_other_number(source: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(f"CAST(CAST(nan() AS {source}) AS {kind})")
    assert refused.value.kind == "INVALID_CAST_ARGUMENT"
