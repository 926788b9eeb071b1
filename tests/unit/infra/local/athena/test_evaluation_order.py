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


def test_local_times_after_the_last_year_of_python_are_not_supported(analyst: Analyst) -> None:
    refused = analyst.refused("SELECT TIMESTAMP '9999-12-31 23:59:59' AT TIME ZONE 'Asia/Kathmandu'")
    assert isinstance(refused, NotSupportedHere)
