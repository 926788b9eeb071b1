"""Parses queries: Trino's grammar, and no form that only other engines take.

A parser library that is made to read many dialects reads too much: it takes `x::integer`, `[1, 2]`, `QUALIFY`
or `LIMIT 1 OFFSET 2`, which Athena refuses, and keeps few places for error messages.
"""

from __future__ import annotations

from infra.local.athena.errors import QueryRefused
from infra.local.athena.parsing import expressions, queries
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Expression, Query


def parse_query(sql: str) -> Query:
    """Parse a query.

    Raises:
        QueryRefused: SYNTAX_ERROR, with its place.
    """
    cursor = Cursor(sql)
    found = queries.query(cursor)
    cursor.skip(";")
    if cursor.token.word or cursor.token.text != "<EOF>":
        raise cursor.mismatch("<EOF>")
    return found


def parse_expression(sql: str) -> Expression:
    """Parse an expression.

    Raises:
        QueryRefused: SYNTAX_ERROR, with its place.
    """
    cursor = Cursor(sql)
    found = expressions.expression(cursor)
    if cursor.token.text != "<EOF>":
        raise cursor.mismatch("<EOF>")
    return found


__all__ = ["Cursor", "QueryRefused", "parse_expression", "parse_query"]
