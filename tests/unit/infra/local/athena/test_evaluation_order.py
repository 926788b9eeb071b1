"""What is not computed does not fail. The expected values are those of Trino 435."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import NotSupportedHere
from tests.unit.infra.local.athena.lakes import Analyst


@pytest.mark.parametrize(
    "expression",
    [
        "slice(repeat(bigint '0', -2), url_extract_port('2026-01-01'), 4)",
        "(1 / 0 = 1) AND CAST(NULL AS boolean) AND false IS NULL",
        "NULL + 1 / 0",
        "json_extract(CAST(NULL AS varchar), 'a')",
        "regexp_like(CAST(NULL AS varchar), '(')",
        "map_concat(CAST(NULL AS map(integer, integer)))",
        "hamming_distance('a', json_value('no json', 'strict $.a'))",
        "try(slice(ARRAY[1], 0, 0))",
        "ARRAY[1 / 0] = NULL",
    ],
)
def test_an_argument_that_fails_does_not_matter_if_another_one_is_null(
    analyst: Analyst, expression: str
) -> None:
    assert analyst.rows(f"SELECT {expression}") in ([(None,)], [(False,)])


def test_the_arguments_after_a_null_one_are_not_evaluated(analyst: Analyst) -> None:
    rows = analyst.rows("SELECT slice(tags, length / 0, 1) FROM tracks WHERE track_id = 'b'")
    assert rows == [(None,), (None,)]
    refused = analyst.refused("SELECT slice(tags, length / 0, 1) FROM tracks")
    assert refused.kind == "DIVISION_BY_ZERO"


def test_what_decides_a_condition_ends_its_evaluation(analyst: Analyst) -> None:
    assert analyst.rows("SELECT DISTINCT length < 0 AND length / 0 = 1 FROM tracks") == [(False,)]
    assert analyst.rows("SELECT (1 / 0 = 1) OR true, true OR (1 / 0 = 1)") == [(True, True)]
    assert analyst.rows("SELECT DISTINCT length BETWEEN 5 AND 1 / 0 FROM tracks") == [(False,)]


def test_a_branch_that_is_not_taken_does_not_fail(analyst: Analyst) -> None:
    sql = (
        "SELECT DISTINCT CASE WHEN length > 9 THEN CASE WHEN 1 / 0 = 1 THEN 'a' END ELSE 'b' END FROM tracks"
    )
    assert analyst.rows(sql) == [("b",)]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("try(hmac_md5(X'00', X''))", "GENERIC_INTERNAL_ERROR"),
        ("try(mod(length, 0))", "GENERIC_INTERNAL_ERROR"),
        ("try(map_concat(map(ARRAY[1], ARRAY[2])))", "INVALID_FUNCTION_ARGUMENT"),
        ("TRY_CAST(1 / 0 AS varchar)", "DIVISION_BY_ZERO"),
        ("TRY_CAST(json_extract('1', 'a') AS bigint)", "INVALID_FUNCTION_ARGUMENT"),
        ("typeof(1 / 0)", "DIVISION_BY_ZERO"),
    ],
)
def test_try_does_not_make_null_of_every_failure(analyst: Analyst, expression: str, kind: str) -> None:
    assert analyst.refused(f"SELECT {expression} FROM tracks").kind == kind


def test_try_does_not_hide_what_is_not_supported(analyst: Analyst) -> None:
    comparator = "(x, y) -> IF(x < y, 1, IF(x = y, 0, -1))"
    refused = analyst.refused(f"SELECT try(array_sort(ARRAY[5, NULL, 5], {comparator}))")
    assert isinstance(refused, NotSupportedHere)
    refused = analyst.refused("SELECT try(with_timezone(TIMESTAMP '0001-01-01 00:00:00', '+09:00'))")
    assert isinstance(refused, NotSupportedHere)


def test_a_failure_that_is_not_evaluated_is_not_reported(analyst: Analyst) -> None:
    assert analyst.rows("SELECT try(mod(length, 7)) FROM tracks WHERE day = '2026-01-01'") == [(1,), (2,)]


def test_an_argument_with_a_lambda_is_not_known_to_be_null_in_advance(analyst: Analyst) -> None:
    decided = "CASE WHEN all_match(ARRAY[1], x -> x > 1) THEN 1 END"
    assert analyst.refused(f"SELECT slice(repeat(1, -2), {decided}, 1)").kind == "INVALID_FUNCTION_ARGUMENT"
    zipped = "zip_with(CAST(NULL AS array(integer)), ARRAY[1], (x, y) -> y)"
    assert analyst.rows(f"SELECT slice({zipped}, 1 / 0, 1)") == [(None,)]


def test_in_looks_for_constants_first_and_ends_with_an_equal_value(analyst: Analyst) -> None:
    tests = "length IN (length / 0, 2), 2 IN (length / 0, 2), length IN (2, 1 / 0)"
    rows = analyst.rows(f"SELECT DISTINCT {tests} FROM tracks WHERE track_id = 'b'")
    assert rows == [(True, True, True)]
    assert analyst.refused("SELECT 3 IN (3, 1 / 0)").kind == "DIVISION_BY_ZERO"


def test_a_null_is_forgotten_when_a_constant_is_looked_for(analyst: Analyst) -> None:
    rows = analyst.rows("SELECT DISTINCT -1 IN (length, NULL), -1 NOT IN (length, NULL) FROM tracks")
    assert rows == [(False, True)]
    assert analyst.rows("SELECT 5 IN (1, NULL), NULL IN (1, 2)") == [(None, None)]
    assert analyst.rows("SELECT DISTINCT NULL IN (length, 1) FROM tracks") == [(None,)]


@pytest.mark.parametrize(
    "condition",
    [
        "length / 0 = 1 AND NULL",
        "length / 0 = 1 AND length NOT IN (1, NULL)",
        "length NOT IN (1 / 0, NULL)",
        "NOT (length / 0 = 1 OR CAST(NULL AS boolean))",
        "IF(length / 0 = 1, NULL, false)",
        "nullif(length / 0 = 1, true)",
    ],
)
def test_a_condition_that_is_never_true_is_not_evaluated(analyst: Analyst, condition: str) -> None:
    assert analyst.rows(f"SELECT length FROM tracks WHERE {condition}") == []


@pytest.mark.parametrize(
    "condition", ["1 / 0 = 1 AND length < 0", "length / 0 NOT IN (1, NULL)", "coalesce(length / 0 = 1, NULL)"]
)
def test_other_conditions_are_evaluated(analyst: Analyst, condition: str) -> None:
    assert analyst.refused(f"SELECT length FROM tracks WHERE {condition}").kind == "DIVISION_BY_ZERO"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT map_concat(map(ARRAY[length], ARRAY[1])) FROM tracks WHERE length < 0",
        "SELECT IF(length < 0, map_concat(map(ARRAY[length], ARRAY[1]))) FROM tracks",
        "SELECT 1 / 0, try(map_concat(map(ARRAY[length], ARRAY[1]))) FROM tracks",
    ],
)
def test_what_trino_does_not_compile_fails_even_if_it_is_not_evaluated(analyst: Analyst, query: str) -> None:
    assert analyst.refused(query).kind == "INVALID_FUNCTION_ARGUMENT"


def test_what_is_not_compiled_fails_when_it_is_evaluated(analyst: Analyst) -> None:
    call = "map_concat(map(ARRAY[1], ARRAY[2]))"
    assert analyst.refused(f"SELECT {call}").kind == "INVALID_FUNCTION_ARGUMENT"
    assert analyst.rows(f"SELECT try({call}), IF(true, 1, cardinality({call}))") == [(None, 1)]


def test_local_times_after_the_last_year_of_python_are_not_supported(analyst: Analyst) -> None:
    refused = analyst.refused("SELECT TIMESTAMP '9999-12-31 23:59:59' AT TIME ZONE 'Asia/Kathmandu'")
    assert isinstance(refused, NotSupportedHere)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x >= (SELECT min(y) FROM u) AND x IN (SELECT y FROM u)", [(None,), (1,)]),
        ("x + 0 >= (SELECT min(y) FROM u) AND (x IN (SELECT y FROM u) OR x = 5)", [(None,), (1,)]),
        ("x >= 1 AND EXISTS (SELECT y FROM u WHERE y = x)", [(1,)]),
        ("coalesce(x > ALL (SELECT y - 1 FROM u), false) AND x + (SELECT 1) = 2", [(1,)]),
    ],
)
def test_conditions_with_queries_are_evaluated_in_steps(
    analyst: Analyst, condition: str, expected: list[tuple[int | None]]
) -> None:
    numbers = "WITH t(x) AS (VALUES 0, 1), u(y) AS (VALUES 0, 1)"
    rows = analyst.rows(f"{numbers} SELECT try(1 / x) FROM t WHERE {condition} ORDER BY x")
    assert rows == expected


@pytest.mark.parametrize(
    "query",
    [
        "x + 1 FROM t GROUP BY x HAVING x + (SELECT 1) IN (SELECT 2) AND sum(x) = (SELECT 1)",
        "sum(x + (SELECT 1)) FILTER (WHERE x + 0 >= (SELECT 1)) FROM t",
        "x + 1 FROM t JOIN u ON x = y + (SELECT 0) AND x IN (SELECT y FROM u)",
        "slice(ARRAY[1, 2], (SELECT 2), 1)[1] FROM t",
    ],
)
def test_expressions_with_queries_are_evaluated_in_steps(analyst: Analyst, query: str) -> None:
    numbers = "WITH t(x) AS (VALUES 1), u(y) AS (VALUES 1)"
    assert analyst.rows(f"{numbers} SELECT try(1 / 0), {query}") == [(None, 2)]
