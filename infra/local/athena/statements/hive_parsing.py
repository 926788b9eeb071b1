"""Parses the statements that Athena takes in Hive's grammar: names in backquotes, texts in either quotes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from infra.local.athena.catalog import StorageFormat
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.tokens import Kind
from infra.local.athena.statements import syntax
from infra.local.athena.statements.alter_parsing import alter_table
from infra.local.athena.statements.formats import DELIMITED, FORMATS
from infra.local.athena.statements.hive_parts import column, properties
from infra.local.athena.statements.syntax import Statement

_QUOTED: Final = re.compile(
    r"""--[^\n]*|/\*.*?\*/|`((?:[^`]|``)*)`|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\([0-7]{3}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


def parse_hive(sql: str) -> Statement:
    """Parse a statement of Hive's grammar.

    Raises:
        QueryRefused: SYNTAX_ERROR, with its place.
        NotSupportedHere: Athena has the statement, the local Athena does not.
    """
    cursor = Cursor(_with_trinos_quotes(sql))
    found = _read(cursor)
    cursor.skip(";")
    if cursor.token.kind is not Kind.END:
        raise cursor.mismatch("<EOF>")
    return found


def _with_trinos_quotes(sql: str) -> str:
    """The statement with names in double quotes and texts in single ones, as Trino's tokens are."""

    def requoted(found: re.Match[str]) -> str:
        name, single, double = found.groups()
        if name is not None:
            doubled = name.replace("``", "`").replace('"', '""')
            return f'"{doubled}"'
        text = single if single is not None else double
        if text is None:
            return found[0]  # a comment
        doubled = _ESCAPE.sub(_unescaped, text).replace("'", "''")
        return f"'{doubled}'"

    return _QUOTED.sub(requoted, sql)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) == 1:
        return _ESCAPES.get(code, code)
    return chr(int(code[1:], 16)) if code.startswith("u") else chr(int(code, 8))


def _read(cursor: Cursor) -> Statement:
    for words, read in _STATEMENTS:
        if cursor.skip(*words):
            return read(cursor)
    raise cursor.unknown_statement(HIVE_STATEMENTS)


# ------------------------------------------------------------------ lists and descriptions


def _show_databases(cursor: Cursor) -> Statement:
    return syntax.ShowDatabases(_pattern(cursor))


def _show_tables(cursor: Cursor) -> Statement:
    return syntax.ShowTables(_in_database(cursor), _pattern(cursor))


def _show_views(cursor: Cursor) -> Statement:
    return syntax.ShowTables(_in_database(cursor), _pattern(cursor), only_views=True)


def _show_columns(cursor: Cursor) -> Statement:
    cursor.one_of("FROM", "IN")
    table = cursor.qualified_name()
    if cursor.sees_any("FROM", "IN"):
        cursor.take()
        table = (cursor.name(), table[-1])
    return syntax.ShowColumns(table)


def _show_partitions(cursor: Cursor) -> Statement:
    return syntax.ShowPartitions(cursor.qualified_name())


def _show_create_table(cursor: Cursor) -> Statement:
    return syntax.ShowCreate(cursor.qualified_name(), is_view=False)


def _show_create_view(cursor: Cursor) -> Statement:
    return syntax.ShowCreate(cursor.qualified_name(), is_view=True)


def _show_properties(cursor: Cursor) -> Statement:
    table = cursor.qualified_name()
    names = cursor.in_parentheses(cursor.string) if cursor.sees("(") else ()
    return syntax.ShowProperties(table, names[0] if names else None)


def _describe(cursor: Cursor) -> Statement:
    at = cursor.at
    if cursor.sees_any("EXTENDED", "FORMATTED"):
        raise NotSupportedHere(f"DESCRIBE {cursor.token.word}", at)
    if cursor.sees_any("TABLE", "VIEW"):
        cursor.take()
    table = cursor.qualified_name()
    if cursor.sees("PARTITION") or cursor.sees_name():
        raise NotSupportedHere("DESCRIBE of a column or a partition", at)
    return syntax.Describe(table)


def _in_database(cursor: Cursor) -> str | None:
    if not cursor.sees_any("IN", "FROM"):
        return None
    cursor.take()
    return cursor.name()


def _pattern(cursor: Cursor) -> str | None:
    if cursor.skip("LIKE") or cursor.token.kind is Kind.STRING:
        return cursor.string()
    return None


# ------------------------------------------------------------------ databases and tables


def _create_database(cursor: Cursor) -> Statement:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    name = cursor.name()
    comment = cursor.string() if cursor.skip("COMMENT") else ""
    if cursor.skip("LOCATION"):
        cursor.string()
    if cursor.skip("WITH", "DBPROPERTIES"):
        properties(cursor)
    return syntax.CreateDatabase(name, if_not_exists, comment)


def _drop_database(cursor: Cursor) -> Statement:
    if_exists = cursor.skip("IF", "EXISTS")
    name = cursor.name()
    cascade = cursor.skip("CASCADE")
    if not cascade:
        cursor.skip("RESTRICT")
    return syntax.DropDatabase(name, if_exists, cascade)


def _drop_table(cursor: Cursor) -> Statement:
    if_exists = cursor.skip("IF", "EXISTS")
    return syntax.DropTable(cursor.qualified_name(), if_exists)


def _repair_table(cursor: Cursor) -> Statement:
    return syntax.RepairTable(cursor.qualified_name())


def _create_managed_table(cursor: Cursor) -> Statement:
    at = cursor.at
    table = _create_table(cursor)
    kind = {key.lower(): value for key, value in table.properties.items()}.get("table_type", "")
    if kind.upper() == "ICEBERG":
        raise NotSupportedHere("Iceberg tables", at)
    raise QueryRefused("SYNTAX_ERROR", "only external tables can be created: write CREATE EXTERNAL TABLE", at)


def _create_table(cursor: Cursor) -> syntax.CreateTable:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    name = cursor.qualified_name()
    columns = cursor.in_parentheses(lambda: column(cursor))
    comment = cursor.string() if cursor.skip("COMMENT") else ""
    keys = cursor.in_parentheses(lambda: column(cursor)) if cursor.skip("PARTITIONED", "BY") else ()
    if cursor.sees_any("CLUSTERED"):
        raise NotSupportedHere("tables with buckets", cursor.at)
    form = _format(cursor)
    location = cursor.string() if cursor.skip("LOCATION") else ""
    options = properties(cursor) if cursor.skip("TBLPROPERTIES") else {}
    return syntax.CreateTable(name, if_not_exists, columns, keys, comment, form, location, options)


def _format(cursor: Cursor) -> StorageFormat:
    serde, parameters = "", dict[str, str]()
    if cursor.skip("ROW", "FORMAT", "SERDE"):
        serde = cursor.string()
        parameters = properties(cursor) if cursor.skip("WITH", "SERDEPROPERTIES") else {}
    elif cursor.skip("ROW", "FORMAT", "DELIMITED"):
        serde, parameters = DELIMITED, _delimiters(cursor)
    if cursor.skip("STORED", "AS", "INPUTFORMAT"):
        input_format = cursor.string()
        cursor.expect("OUTPUTFORMAT")
        return StorageFormat(serde or DELIMITED, parameters, input_format, cursor.string())
    known = FORMATS["TEXTFILE"]
    if cursor.skip("STORED", "AS"):
        if cursor.token.word not in FORMATS:
            raise cursor.mismatch(*(f"'{name}'" for name in FORMATS))
        known = FORMATS[cursor.take().word]
    return StorageFormat(
        serde or known.serde, {**known.parameters, **parameters}, known.input_format, known.output_format
    )


def _delimiters(cursor: Cursor) -> dict[str, str]:
    found = {}
    for words, name in _DELIMITERS:
        if cursor.skip(*words):
            found[name] = cursor.string()
            if name == "field.delim":
                found["serialization.format"] = found[name]
                if cursor.skip("ESCAPED", "BY"):
                    found["escape.delim"] = cursor.string()
    return found


_DELIMITERS: Final = (
    (("FIELDS", "TERMINATED", "BY"), "field.delim"),
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "collection.delim"),
    (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
    (("LINES", "TERMINATED", "BY"), "line.delim"),
    (("NULL", "DEFINED", "AS"), "serialization.null.format"),
)
_Read = Callable[[Cursor], Statement]
_STATEMENTS: Final[tuple[tuple[tuple[str, ...], _Read], ...]] = tuple(
    (tuple(words.split()), read)
    for words, read in (
        ("SHOW DATABASES", _show_databases),
        ("SHOW SCHEMAS", _show_databases),
        ("SHOW TABLES", _show_tables),
        ("SHOW VIEWS", _show_views),
        ("SHOW COLUMNS", _show_columns),
        ("SHOW PARTITIONS", _show_partitions),
        ("SHOW CREATE TABLE", _show_create_table),
        ("SHOW CREATE VIEW", _show_create_view),
        ("SHOW TBLPROPERTIES", _show_properties),
        ("DESCRIBE", _describe),
        ("DESC", _describe),
        ("CREATE DATABASE", _create_database),
        ("CREATE SCHEMA", _create_database),
        ("CREATE EXTERNAL TABLE", _create_table),
        ("CREATE TABLE", _create_managed_table),
        ("DROP DATABASE", _drop_database),
        ("DROP SCHEMA", _drop_database),
        ("DROP TABLE", _drop_table),
        ("MSCK REPAIR TABLE", _repair_table),
        ("ALTER TABLE", alter_table),
    )
)
HIVE_STATEMENTS: Final = tuple(words for words, _ in _STATEMENTS)
"""The words with which each statement begins."""
