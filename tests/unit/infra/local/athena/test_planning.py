"""From the text of a query to its types, and to what it gives."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.planning import plan_query
from tests.unit.infra.local.athena.queries import NOW, NoSources, rows, types


def test_literals_and_operators_have_the_types_of_trino() -> None:
    sql = "select 1, 3000000000, 1.50, 1e0, 'abc', null, 1 / 3.0, date '2026-01-01' + interval '1' day"
    assert types(sql) == [
        "integer", "bigint", "decimal(3,2)", "double", "varchar(3)", "unknown", "decimal(12,1)", "date",
    ]  # fmt: skip


def test_columns_without_a_name_are_numbered_and_others_keep_how_they_are_written() -> None:
    planned = plan_query("select 1, x as Alias, X from (values 1) t(x)", NoSources(), "lake", now=NOW)
    assert [name for name, _ in planned.columns] == ["_col0", "Alias", "X"]


@pytest.mark.parametrize(
    ("sql", "kind", "place"),
    [
        ("select nowhere from (values 1) t(x)", "COLUMN_NOT_FOUND", (1, 8)),
        ("select x + 1 as y from (values 1) t(x) where y > 1", "COLUMN_NOT_FOUND", (1, 46)),
        ("select x from (values 1) t(x), (values 1) u(x)", "AMBIGUOUS_NAME", (1, 8)),
        ("select x = '50' from (values 1) t(x)", "TYPE_MISMATCH", (1, 10)),
        ("select 'x' || 1", "FUNCTION_NOT_FOUND", (1, 12)),
        ("select foo(1)", "FUNCTION_NOT_FOUND", (1, 8)),
        ("select x from (values 1) t(x) group by all", "COLUMN_NOT_FOUND", (1, 40)),
        ("select x, count(*) from (values 1) t(x)", "EXPRESSION_NOT_AGGREGATE", (1, 8)),
        ("select 1 from track", "TABLE_NOT_FOUND", (1, 15)),
        ("select 1 from other.tracks", "SCHEMA_NOT_FOUND", (1, 15)),
        ("select coalesce(1, 'a')", "TYPE_MISMATCH", (1, 20)),
    ],
)
def test_a_wrong_query_is_refused_with_trinos_kind_and_place(
    sql: str, kind: str, place: tuple[int, int]
) -> None:
    with pytest.raises(QueryRefused) as refused:
        types(sql)
    assert (refused.value.kind, refused.value.line, refused.value.column) == (kind, *place)


def test_a_missing_table_names_one_that_is_close() -> None:
    with pytest.raises(QueryRefused, match="Did you mean 'tracks'"):
        types("select 1 from track")


def test_what_is_not_translated_is_refused_and_not_guessed() -> None:
    with pytest.raises(NotSupportedHere, match="Athena does"):
        types("select * from (values 1) t(x) match_recognize (pattern (a) define a as true)")


def test_groups_may_be_sorted_by_their_aliases_and_by_aggregates() -> None:
    sql = """
        select t.g as letter, grouping(t.g)
        from (values ('a', 1), ('a', 2), ('b', 5)) t(g, n)
        group by rollup (t.g) order by letter desc, 2
    """
    assert rows(sql) == [("b", 0), ("a", 0), (None, 1)]


def test_comparisons_of_arrays_and_rows_keep_the_nulls_within() -> None:
    sql = "select array[1, null] = array[1, null], array[1, null] = array[2, null], (1, null) = (1, null)"
    assert rows(sql) == [(None, False, None)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select 1 / 0", "DIVISION_BY_ZERO"),
        ("select 2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select cast('x' as integer)", "INVALID_CAST_ARGUMENT"),
        ("select array[1][2]", "INVALID_FUNCTION_ARGUMENT"),
        ("select (select x from (values 1, 2) t(x))", "SUBQUERY_MULTIPLE_ROWS"),
    ],
)
def test_a_query_that_fails_while_it_runs_has_trinos_kind_of_error(sql: str, kind: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        rows(sql)
    assert refused.value.kind == kind


def test_try_makes_a_failure_null() -> None:
    sql = "select try(1 / x), try_cast('x' as bigint), try(array[1][2]) from (values 0) t(x)"
    assert rows(sql) == [(None, None, None)]


def test_parameters_take_the_place_of_question_marks() -> None:
    assert rows("select x from (values 1, 2) t(x) where x > ? limit ?", "1", "5") == [(2,)]
    with pytest.raises(QueryRefused, match="expected 1 but found 0"):
        rows("select ?")
    with pytest.raises(QueryRefused, match="must be a literal"):
        rows("select ?", "some_column")


def test_elements_of_lists_of_different_lengths_are_filled_up_with_nulls() -> None:
    sql = "select * from unnest(array[1, 2], array['a']) with ordinality"
    assert rows(sql) == [(1, "a", 1), (2, None, 2)]
