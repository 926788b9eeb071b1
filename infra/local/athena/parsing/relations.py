"""Reads what stands in FROM."""

from __future__ import annotations

from typing import Final

from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import expressions, syntax
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Relation

_OUTER: Final = ("LEFT", "RIGHT", "FULL")


def from_clause(cursor: Cursor) -> Relation:
    """Read the relations after FROM; those with a comma between are joined."""
    at = cursor.at
    left = _joined(cursor)
    while cursor.skip(","):
        left = syntax.Join(at, "cross", left, _joined(cursor))
    return left


def _joined(cursor: Cursor) -> Relation:
    at = cursor.at
    left = _sampled(cursor)
    while True:
        if cursor.skip("CROSS"):
            cursor.expect("JOIN")
            left = syntax.Join(at, "cross", left, _sampled(cursor))
        elif cursor.sees("NATURAL"):
            raise QueryRefused("NOT_SUPPORTED", "Natural join not supported", at)
        elif cursor.sees_any("JOIN", "INNER", *_OUTER):
            left = _qualified_join(cursor, at, left)
        else:
            return left


def _qualified_join(cursor: Cursor, at: Position, left: Relation) -> Relation:
    kind = "inner" if cursor.sees("JOIN") else cursor.take().word.lower()
    if kind.upper() in _OUTER:
        cursor.skip("OUTER")
    cursor.expect("JOIN")
    right = _joined(cursor)
    if cursor.skip("ON"):
        return syntax.Join(at, kind, left, right, on=expressions.expression(cursor))
    if not cursor.skip("USING"):
        raise cursor.mismatch("'ON'", "'USING'")
    return syntax.Join(at, kind, left, right, using=cursor.in_parentheses(cursor.identifier))


def _sampled(cursor: Cursor) -> Relation:
    at = cursor.at
    found = _aliased(cursor)
    if cursor.sees("MATCH_RECOGNIZE", "("):
        raise NotSupportedHere("MATCH_RECOGNIZE", cursor.at)
    if not cursor.skip("TABLESAMPLE"):
        return found
    cursor.one_of("BERNOULLI", "SYSTEM")
    cursor.expect("(")
    percentage = expressions.expression(cursor)
    cursor.expect(")")
    return syntax.Sampled(at, found, percentage)


def _aliased(cursor: Cursor) -> Relation:
    at = cursor.at
    relation = _primary(cursor)
    if not cursor.skip("AS") and not cursor.sees_alias():
        return relation
    alias = cursor.identifier()
    columns = cursor.names_in_parentheses() if cursor.sees("(") else ()
    return syntax.Aliased(at, relation, alias, columns)


def _primary(cursor: Cursor) -> Relation:
    at = cursor.at
    if cursor.sees("("):
        return _parentheses(cursor)
    if cursor.sees("UNNEST", "("):
        cursor.take()
        items = cursor.in_parentheses(lambda: expressions.expression(cursor))
        return syntax.Unnest(at, items, cursor.skip("WITH", "ORDINALITY"))
    if cursor.sees("LATERAL", "("):
        cursor.take()
        return syntax.Lateral(at, expressions.required_query(cursor))
    if cursor.sees_any("TABLE", "JSON_TABLE"):
        raise NotSupportedHere(f"{cursor.token.word}(...) in FROM", at)
    table = syntax.Table(at, cursor.qualified_name())
    for_at = cursor.at
    if cursor.skip("FOR"):
        cursor.one_of("TIMESTAMP", "VERSION")
        raise NotSupportedHere("FOR VERSION and FOR TIMESTAMP", for_at)
    return table


def _parentheses(cursor: Cursor) -> Relation:
    at = cursor.at
    query = expressions.query_in_parentheses(cursor)
    if query is not None:
        return syntax.Subquery(at, query)
    cursor.expect("(")
    found = _joined(cursor)
    cursor.expect(")")
    return found
