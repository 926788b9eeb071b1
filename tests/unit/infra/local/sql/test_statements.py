"""Text that is split into statements."""

from __future__ import annotations

import pytest

from infra.local.sql.statements import is_blank, split


@pytest.mark.parametrize(
    ("text", "statements", "rest"),
    [
        ("select 1; select 2;", ["select 1", "select 2"], ""),
        ("select 1;\nselect", ["select 1"], "\nselect"),
        ("select ';', \";\" -- ; no\n;", ["select ';', \";\" -- ; no"], ""),
        ("select 'it''s;' /* ; ' */;x", ["select 'it''s;' /* ; ' */"], "x"),
        ("show tables in `a;b`;", ["show tables in `a;b`"], ""),
        ("select 6/2 - 1;", ["select 6/2 - 1"], ""),
        ("select 'open;", [], "select 'open;"),
        ("select 1; /* open ;", ["select 1"], " /* open ;"),
        (";; -- nothing\n;", [], ""),
        ("", [], ""),
    ],
)
def test_semicolons_end_statements_outside_of_quotes_and_comments(
    text: str, statements: list[str], rest: str
) -> None:
    assert split(text) == (statements, rest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" \n", True), ("-- a\n/* b */", True), ("-- a", True), ("x", False), ("/* a */ x", False)],
)
def test_comments_are_blank(text: str, *, expected: bool) -> None:
    assert is_blank(text) == expected
