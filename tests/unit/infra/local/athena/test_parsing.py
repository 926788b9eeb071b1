"""Parsing takes what Trino's grammar takes, and refuses what only other engines take."""

from __future__ import annotations

import pytest

from infra.local.athena.errors import QueryRefused
from infra.local.athena.parsing import parse_expression, parse_query, syntax


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("select a::integer from t", 9),
        ("select [1, 2]", 8),
        ("select * exclude (a) from t", 10),
        ("select 1 limit 1 offset 2", 18),
        ("select a ilike 'x' from t", 16),
        ("select a from t qualify a = 1", 25),
        ("select 'a' 'b'", 12),
        ("select a == 1", 11),
        ("select a is true", 13),
        ("select a = b = c", 14),
        ("select `a`", 8),
        ("select 1a", 8),
        ("select if(a, b), left(a, 1)", 18),
        ("select a, from t", 11),
        ("select date_add(day, 1, d) interval 1 day", 37),
        ("from t select a", 1),
        ("select 1 from t limit -1", 23),
        ("select 'abc", 8),
        ("", 1),
    ],
)
def test_what_athena_does_not_take_is_a_syntax_error_with_its_place(sql: str, column: int) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse_query(sql)
    assert (refused.value.kind, refused.value.line, refused.value.column) == ("SYNTAX_ERROR", 1, column)


def test_operators_bind_as_tightly_as_in_trino() -> None:
    assert parse_expression("not a or b and c = 1 + 2 * -d || 'x'") == parse_expression(
        "(not a) or (b and (c = ((1 + (2 * (-d))) || 'x')))"
    )


def test_forms_with_a_syntax_of_their_own_are_the_functions_that_they_mean() -> None:
    assert parse_expression("trim(leading 'x' from a)") == parse_expression("ltrim(a, 'x')")
    assert parse_expression("substring(a from 2 for 3)") == parse_expression("substr(a, 2, 3)")
    assert parse_expression("position('x' in a)") == parse_expression("strpos(a, 'x')")


def test_names_do_not_differ_by_case_but_keep_how_they_are_written() -> None:
    name = parse_expression("Track_ID")
    assert name == parse_expression("track_id")
    assert isinstance(name, syntax.Identifier)
    assert name.text == "Track_ID"


def test_a_query_in_parentheses_may_begin_an_expression() -> None:
    query = parse_query("select ((select 1) + 1), x in ((select 1), 2) from (values 1, (2)) t(x)")
    assert isinstance(query.body, syntax.Select)
    assert len(query.body.items) == 2


def test_an_error_in_a_later_line_has_its_line() -> None:
    with pytest.raises(QueryRefused) as refused:
        parse_query("select 1,\n  -- a comment\n  2 3")
    assert (refused.value.line, refused.value.column) == (3, 5)
