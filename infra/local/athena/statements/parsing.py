"""Parses a statement of any kind, in the grammar that Athena takes it in: Trino's or Hive's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import expressions, queries
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Expression
from infra.local.athena.parsing.tokens import Kind, position
from infra.local.athena.statements import syntax
from infra.local.athena.statements.hive_parsing import HIVE_STATEMENTS, parse_hive
from infra.local.athena.statements.syntax import Statement

_BLANK: Final = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_FIRST_WORDS: Final = re.compile(rf"{_BLANK}(\w*){_BLANK}(\w*)", re.DOTALL)
_HIVE: Final = {
    *(("SHOW", ""), ("DESCRIBE", ""), ("DESC", ""), ("MSCK", ""), ("ALTER", "")),
    *(("CREATE", "DATABASE"), ("CREATE", "SCHEMA"), ("CREATE", "EXTERNAL")),
    *(("DROP", "TABLE"), ("DROP", "DATABASE"), ("DROP", "SCHEMA")),
}
# Trino's statements that Athena does not have, with the words that may follow the first.
_NOT_IN_ATHENA: Final = {"SET": ("PATH", "ROLE", "SESSION", "TIME")}
_ICEBERG: Final = ("OPTIMIZE", "VACUUM")
_NOT_DOCUMENTED: Final = {
    *(("SHOW", "FUNCTIONS"), ("SHOW", "CATALOGS"), ("SHOW", "SESSION"), ("SHOW", "STATS")),
    *(("DESCRIBE", "INPUT"), ("DESCRIBE", "OUTPUT")),
}
"""Trino's statements that Athena's documentation excludes, or does not have."""
_QUERY: Final = ("SELECT", "WITH", "VALUES", "TABLE", "(")


def parse_statement(sql: str) -> Statement:
    """Parse a statement.

    Raises:
        QueryRefused: SYNTAX_ERROR, with its place.
        NotSupportedHere: Athena has the statement, the local Athena does not.
    """
    first, second = first_words(sql)
    if (first, second) in _NOT_DOCUMENTED and not _is_name_of_table(sql):
        raise QueryRefused("NOT_SUPPORTED", f"Athena does not support {first} {second}", beginning(sql))
    if (first, "") in _HIVE or (first, second) in _HIVE:
        return parse_hive(sql)
    if (first, second) == ("CREATE", "TABLE") and not _is_create_table_as(sql):
        return parse_hive(sql)
    cursor = Cursor(sql)
    if cursor.token.kind is Kind.END:
        raise QueryRefused("SYNTAX_ERROR", "the statement is empty")
    found = _read(cursor)
    _end(cursor)
    return found


def first_words(sql: str) -> tuple[str, str]:
    """Return the first two words of a statement, in upper case; "" for each that is not there."""
    found = _FIRST_WORDS.match(sql)
    return (found[1].upper(), found[2].upper()) if found else ("", "")


def _is_name_of_table(sql: str) -> bool:
    """Return whether the second word is a table, as in DESCRIBE input."""
    cursor = Cursor(sql)
    return cursor.take().word == "DESCRIBE" and not (cursor.take().text and cursor.sees_name())


def beginning(sql: str) -> Position:
    """Return where a statement begins, after blanks and comments."""
    found = _FIRST_WORDS.match(sql)
    return position(sql, found.start(1) if found else 0)


def _is_create_table_as(sql: str) -> bool:
    try:
        cursor = Cursor(sql)
        cursor.expect("CREATE", "TABLE")
        cursor.skip("IF", "NOT", "EXISTS")
        cursor.qualified_name()
        if cursor.sees("("):
            cursor.names_in_parentheses()
    except QueryRefused:  # a name in backquotes, or a column with a type, is Hive's
        return False
    return cursor.sees_any("WITH", "AS")


def _end(cursor: Cursor) -> None:
    at = cursor.at
    is_ended = cursor.skip(";")
    if cursor.token.kind is not Kind.END:
        if is_ended:
            raise QueryRefused("SYNTAX_ERROR", "Only one sql statement is allowed", at)
        raise cursor.mismatch("<EOF>")


def _read(cursor: Cursor) -> Statement:
    if cursor.sees_any(*_QUERY):
        return syntax.Select(queries.query(cursor))
    for words, read in _STATEMENTS:
        if cursor.skip(*words):
            return read(cursor)
    if cursor.sees_any(*_ICEBERG):
        raise NotSupportedHere(f"Iceberg tables, and so {cursor.token.word}", cursor.at)
    if cursor.skip("CALL"):
        name = ".".join(cursor.qualified_name())
        raise QueryRefused("PROCEDURE_NOT_FOUND", f"Procedure not registered: {name}")
    not_in_athena = [(first, second) for first, following in _NOT_IN_ATHENA.items() for second in following]
    begin = [*((word,) for word in _QUERY), *(words for words, _ in _STATEMENTS), *HIVE_STATEMENTS]
    raise cursor.unknown_statement([*begin, *not_in_athena])


def _create_view(cursor: Cursor) -> Statement:
    return _view(cursor, or_replace=False)


def _create_or_replace_view(cursor: Cursor) -> Statement:
    return _view(cursor, or_replace=True)


def _view(cursor: Cursor, *, or_replace: bool) -> Statement:
    name = cursor.qualified_name()
    if cursor.skip("COMMENT"):
        raise NotSupportedHere("a view with a COMMENT", cursor.at)
    if cursor.skip("SECURITY"):
        raise NotSupportedHere("a view with SECURITY", cursor.at)
    cursor.expect("AS")
    start = cursor.token.start
    query = queries.query(cursor)
    return syntax.CreateView(name, or_replace, query, cursor.sql[start : _end_of_text(cursor)].rstrip())


def _drop_view(cursor: Cursor) -> Statement:
    if_exists = cursor.skip("IF", "EXISTS")
    return syntax.DropView(cursor.qualified_name(), if_exists)


def _create_table_as(cursor: Cursor) -> Statement:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    name = cursor.qualified_name()
    columns = tuple(each.name for each in cursor.names_in_parentheses()) if cursor.sees("(") else ()
    properties = _properties(cursor) if cursor.skip("WITH") else {}
    cursor.expect("AS")
    query = queries.query(cursor)
    with_data = True
    if cursor.skip("WITH"):
        with_data = not cursor.skip("NO")
        cursor.expect("DATA")
    return syntax.CreateTableAs(name, columns, if_not_exists, properties, query, with_data)


def _change_rows(cursor: Cursor) -> Statement:
    table = cursor.qualified_name()
    while cursor.token.kind is not Kind.END:
        cursor.take()
    return syntax.ChangeRows(table)


def _insert(cursor: Cursor) -> Statement:
    name = cursor.qualified_name()
    columns: tuple[str, ...] = ()
    if cursor.sees("(") and not _begins_query(cursor):
        columns = tuple(each.name for each in cursor.names_in_parentheses())
    return syntax.InsertInto(name, columns, queries.query(cursor))


def _begins_query(cursor: Cursor) -> bool:
    return cursor.ahead().word in _QUERY


def _unload(cursor: Cursor) -> Statement:
    cursor.expect("(")
    query = queries.query(cursor)
    cursor.expect(")", "TO")
    location = cursor.string()
    cursor.expect("WITH")
    return syntax.Unload(query, location, _properties(cursor))


def _properties(cursor: Cursor) -> dict[str, Expression]:
    return dict(cursor.in_parentheses(lambda: _property(cursor)))


def _property(cursor: Cursor) -> tuple[str, Expression]:
    name = cursor.name()
    cursor.expect("=")
    return name, expressions.expression(cursor)


def _prepare(cursor: Cursor) -> Statement:
    name = cursor.name()
    cursor.expect("FROM")
    start = cursor.token.start
    mark = cursor.mark()
    _read(cursor)  # it has to be one
    cursor.back(mark)
    while cursor.token.kind is not Kind.END and not cursor.sees(";"):
        cursor.take()
    return syntax.Prepare(name, cursor.sql[start : _end_of_text(cursor)].rstrip())


def _execute(cursor: Cursor) -> Statement:
    name = cursor.name()
    return syntax.Execute(name, cursor.list_of(lambda: _text(cursor)) if cursor.skip("USING") else ())


def _text(cursor: Cursor) -> str:
    start = cursor.token.start
    expressions.expression(cursor)
    return cursor.sql[start : _end_of_text(cursor)].strip()


def _deallocate(cursor: Cursor) -> Statement:
    return syntax.Deallocate(cursor.name())


def _explain(cursor: Cursor) -> Statement:
    at = cursor.at
    if cursor.sees("ANALYZE"):
        raise NotSupportedHere("EXPLAIN ANALYZE", at)
    options = {}
    if cursor.sees("(") and cursor.ahead().word in {"TYPE", "FORMAT"}:
        options = dict(cursor.in_parentheses(lambda: (cursor.take().word, cursor.take().word)))
    return syntax.Explain(_read(cursor), options)


def _end_of_text(cursor: Cursor) -> int:
    """The offset after the last token that was read."""
    return cursor.token.start


_Read = Callable[[Cursor], Statement]
_STATEMENTS: Final[tuple[tuple[tuple[str, ...], _Read], ...]] = tuple(
    (tuple(words.split()), read)
    for words, read in (
        ("CREATE VIEW", _create_view),
        ("CREATE OR REPLACE VIEW", _create_or_replace_view),
        ("CREATE TABLE", _create_table_as),
        ("DROP VIEW", _drop_view),
        ("INSERT INTO", _insert),
        ("DELETE FROM", _change_rows),
        ("UPDATE", _change_rows),
        ("MERGE INTO", _change_rows),
        ("TRUNCATE TABLE", _change_rows),
        ("UNLOAD", _unload),
        ("PREPARE", _prepare),
        ("EXECUTE", _execute),
        ("DEALLOCATE PREPARE", _deallocate),
        ("EXPLAIN", _explain),
    )
)
