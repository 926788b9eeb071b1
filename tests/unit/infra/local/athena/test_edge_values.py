"""Values at the ends of types. The expected values are those of Trino 435."""

from __future__ import annotations

from decimal import Decimal

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from tests.unit.infra.local.athena.queries import types, values

_DIGITS = "9" * 38


def test_intervals_of_days_wrap_and_end_as_longs_do_in_java() -> None:
    assert values(
        "9223372036854775807 * INTERVAL '1' DAY", "1e300 * INTERVAL '1' DAY", "INTERVAL '0' DAY * infinity()"
    ) == [-86_400_000, 2**63 - 1, 0]  # fmt: skip
    assert values("INTERVAL '1' SECOND * 0.0015e0", "INTERVAL '1' MONTH * -1.9e0") == [1, -1]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("INTERVAL '1' DAY * nan()", "INVALID_FUNCTION_ARGUMENT"),
        ("INTERVAL '1' MONTH / nan()", "INVALID_FUNCTION_ARGUMENT"),
        ("INTERVAL '0' DAY / 0e0", "INVALID_FUNCTION_ARGUMENT"),
        ("9223372036854775807 * INTERVAL '1' MONTH", "NOT_SUPPORTED"),
        ("-1e300 * INTERVAL '1' MONTH", "NOT_SUPPORTED"),
        (
            "date_add('second', 9223372036854775807, TIMESTAMP '2026-01-01 00:00:00')",
            "INVALID_FUNCTION_ARGUMENT",
        ),
        ("date_add('day', 2147483648, DATE '2026-01-01')", "GENERIC_INTERNAL_ERROR"),
        ("element_at(ARRAY[1], -9223372036854775808)", "GENERIC_INTERNAL_ERROR"),
        (f"DECIMAL '12345678901234567890.123' + DECIMAL '{_DIGITS}'", "NUMERIC_VALUE_OUT_OF_RANGE"),
        (f"ceil(DECIMAL '0.{'0' * 37}1')", "GENERIC_INTERNAL_ERROR"),
        (f"1.5 / DECIMAL '0.{'0' * 37}1'", "NUMERIC_VALUE_OUT_OF_RANGE"),
        (f"0.0 / DECIMAL '0.{'0' * 37}'", "DIVISION_BY_ZERO"),
        ("from_unixtime(1, 14, 1)", "INVALID_FUNCTION_ARGUMENT"),
        ("from_unixtime(1, 2147483647, 0)", "GENERIC_INTERNAL_ERROR"),
        (f"DECIMAL '{_DIGITS}' % 0.07", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("-0.01 * DECIMAL '0.00000000000000000000000000000000000001'", "INVALID_FUNCTION_ARGUMENT"),
        ("to_base(BIGINT '-9223372036854775808', 2)", "NOT_SUPPORTED"),
        ("CAST(JSON '{}' AS map(char(2), varchar))", "INVALID_CAST_ARGUMENT"),
        ("bitwise_right_shift(tinyint '-1', -64)", "NOT_SUPPORTED"),
        ("TRY_CAST('(' AS joniregexp)", "NOT_SUPPORTED"),
        ("CAST(JSON '{\"abcd\": 1}' AS map(varchar(3), integer))", "NOT_SUPPORTED"),
        ("CASE 1.2 WHEN DECIMAL '" + _DIGITS + "' THEN 1 WHEN 1.2 THEN 2 END", "INVALID_CAST_ARGUMENT"),
        ("hmac_md5(X'00', X'')", "GENERIC_INTERNAL_ERROR"),
        ("at_timezone(TIMESTAMP '2026-01-01 00:00:00 UTC', '')", "GENERIC_INTERNAL_ERROR"),
    ],
)
def test_what_does_not_fit_is_an_error_of_trinos_kind(expression: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        values(expression)
    assert refused.value.kind == kind


def test_decimals_of_38_digits_are_truncated_exactly() -> None:
    assert values(f"truncate(DECIMAL '{_DIGITS}', 2)", f"truncate(DECIMAL '{_DIGITS}', -2)") == [
        Decimal(_DIGITS), Decimal("9" * 36 + "00"),
    ]  # fmt: skip


def test_a_part_of_an_array_may_be_asked_for_with_the_greatest_size() -> None:
    assert values("slice(ARRAY[1, 2], 2, 9223372036854775807)") == [[2]]


def test_nothing_is_equal_to_null() -> None:
    empty = "CAST(ARRAY[] AS array(double))"
    assert values(f"{empty} = NULL", f"{empty} NOT IN (ARRAY[1e0], NULL)") == [None, None]
    assert values("ngrams(CAST(NULL AS array(bigint)), 2)") == [None]


def test_braces_in_a_text_are_not_placeholders() -> None:
    assert values(r"ARRAY['\p{L}', '{0}']", "array_join(ARRAY['a', NULL], ',', '{0}')") == [
        [r"\p{L}", "{0}"], "a,{0}",
    ]  # fmt: skip
    assert values("regexp_replace('abc', 'b', x -> '{1}')", "substr(CAST('{0}' AS char(5)), 1)") == [
        "a{1}c", "{0}  ",
    ]  # fmt: skip


def test_years_after_9999_have_a_sign() -> None:
    far = "TIMESTAMP '9999-12-31 23:59:59.999' + INTERVAL '1' DAY"
    assert values(f"CAST({far} AS varchar)", f"to_iso8601({far})") == [
        "+10000-01-01 23:59:59.999", "+10000-01-01T23:59:59.999",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        "length(CAST(ROW(CAST(JSON '[\"abcdef\"]' AS array(varchar(3)))) AS row(a array(varchar(3)))).a[1])",
        "CAST(CAST('a b' AS char(5)) AS char(2))",
    ],
)
def test_texts_that_trino_holds_in_a_wrong_form_are_not_supported(expression: str) -> None:
    with pytest.raises(NotSupportedHere):
        values(expression)


def test_nothing_is_left_out_of_an_array_by_an_empty_one() -> None:
    assert values("array_except(ARRAY[1, 1, NULL], CAST(ARRAY[] AS array(integer)))") == [[1, 1, None]]
    assert values("array_except(ARRAY[1, 1, NULL], ARRAY[2])") == [[1, None]]


def test_a_replacement_that_is_null_makes_the_text_null() -> None:
    lambda_ = "x -> CAST(NULL AS varchar)"
    assert values(f"regexp_replace('abc', 'b', {lambda_})", f"regexp_replace('abc', 'z', {lambda_})") == [
        None, "abc",
    ]  # fmt: skip


def test_the_entries_of_the_last_map_come_first() -> None:
    maps = "map(ARRAY['a', 'b'], ARRAY[1, 2]), map(ARRAY['c', 'a'], ARRAY[3, 4])"
    assert values(f"map_keys(map_concat({maps}))", f"map_values(map_concat({maps}))") == [
        ["c", "a", "b"], [3, 4, 2],
    ]  # fmt: skip


def test_a_shift_by_a_negative_count_is_that_of_a_long() -> None:
    assert values("bitwise_left_shift(-1, -536870912)", "bitwise_left_shift(5, -1)") == [-1, 0]
    assert values("bitwise_right_shift_arithmetic(tinyint '-5', -31)", "bitwise_right_shift(5, -1)") == [
        -1,
        0,
    ]


def test_a_power_of_null_is_null() -> None:
    assert values("pow(CAST(NULL AS double), nan())", "pow(1e0, CAST(NULL AS double))") == [None, None]


def test_offsets_wrap_as_longs_do_in_java() -> None:
    (found,) = values("from_unixtime(1, 9223372036854775807, 0)")
    assert found["zone"] == "-01:00"


def test_a_null_of_no_type_makes_a_text_of_no_characters() -> None:
    assert types("SELECT concat(CAST('a' AS char(3)), lower(NULL))") == ["char(3)"]


def test_patterns_and_paths_are_not_sorted() -> None:
    with pytest.raises(QueryRefused) as refused:
        values("array_max(CAST(ARRAY[] AS array(jsonpath)))")
    assert refused.value.kind == "FUNCTION_NOT_FOUND"


def test_remainders_of_decimals_are_exact_as_far_as_the_quotient_is() -> None:
    assert values(f"DECIMAL '{_DIGITS}' % 2.5", f"mod(DECIMAL '{_DIGITS}', DECIMAL '0.3')") == [
        Decimal("1.5"), Decimal("0.0"),
    ]  # fmt: skip


def test_differences_of_times_are_rounded_to_milliseconds() -> None:
    start, later = "TIMESTAMP '2026-01-01 00:00:00'", "TIMESTAMP '2026-01-01 00:00:00.000{}'"
    assert values(
        f"{later.format(500)} - {start}", f"{start} - {later.format(500)}", f"{start} - {later.format(501)}"
    ) == [1, 0, -1]  # fmt: skip


def test_similarities_ignore_keys_of_one_map_and_divide_as_doubles() -> None:
    first = "map(ARRAY['a'], ARRAY[{}])"
    assert values(
        f"cosine_similarity({first.format('infinity()')}, map(ARRAY['b'], ARRAY[2e0]))",
        f"cosine_similarity({first.format('4.9E-324')}, {first.format('1e0')})",
    ) == [0, float("inf")]  # fmt: skip


def test_a_char_is_a_pattern_with_its_spaces() -> None:
    pattern = "CAST('fo' AS char(5))"
    assert values(f"regexp_like('fox', {pattern})", f"regexp_like('fo   x', {pattern})") == [False, True]


def test_functions_of_null_are_null() -> None:
    assert values("substr('abc', 1, nullif(1, 1))", "format_number(nullif(1e0, 1e0))") == [None, None]
    assert values("arrays_overlap(CAST(ARRAY[] AS array(integer)), nullif(ARRAY[1], ARRAY[1]))") == [None]
