"""Parses ALTER TABLE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.tokens import Kind
from infra.local.athena.statements import syntax
from infra.local.athena.statements.hive_parts import column, properties
from infra.local.athena.statements.syntax import Name, PartitionSpec, Statement


def alter_table(cursor: Cursor) -> Statement:
    """Read what follows ALTER TABLE."""
    table = cursor.qualified_name()
    at = cursor.at
    for words, read in _ACTIONS:
        if cursor.skip(*words):
            return read(cursor, table)
    if cursor.sees("PARTITION"):
        return _alter_partition(cursor, table)
    if cursor.sees_any("RENAME", "CHANGE"):
        message = f"Athena does not support ALTER TABLE ... {cursor.token.word}"
        raise QueryRefused("NOT_SUPPORTED", message, at)
    raise cursor.mismatch("'ADD'", "'DROP'", "'REPLACE'", "'SET'", "'PARTITION'")


def _add_columns(cursor: Cursor, table: Name) -> Statement:
    return syntax.AddColumns(table, cursor.in_parentheses(lambda: column(cursor)))


def _replace_columns(cursor: Cursor, table: Name) -> Statement:
    return syntax.AddColumns(table, cursor.in_parentheses(lambda: column(cursor)), replaces=True)


def _add_partitions(cursor: Cursor, table: Name) -> Statement:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    found = [_partition(cursor)]
    while cursor.sees("PARTITION"):
        found.append(_partition(cursor))
    return syntax.AddPartitions(table, if_not_exists, tuple(found))


def _drop_partitions(cursor: Cursor, table: Name) -> Statement:
    if_exists = cursor.skip("IF", "EXISTS")
    return syntax.DropPartitions(table, if_exists, cursor.list_of(lambda: _partition(cursor)))


def _set_properties(cursor: Cursor, table: Name) -> Statement:
    return syntax.SetProperties(table, properties(cursor))


def _set_location(cursor: Cursor, table: Name) -> Statement:
    return syntax.SetLocation(table, None, cursor.string())


def _alter_partition(cursor: Cursor, table: Name) -> Statement:
    partition = _partition(cursor)
    if cursor.skip("SET", "LOCATION"):
        return syntax.SetLocation(table, partition, cursor.string())
    cursor.expect("RENAME", "TO")
    return syntax.RenamePartition(table, partition, _partition(cursor))


def _partition(cursor: Cursor) -> PartitionSpec:
    cursor.expect("PARTITION")
    values = dict(cursor.in_parentheses(lambda: _partition_value(cursor)))
    return PartitionSpec(values, cursor.string() if cursor.skip("LOCATION") else "")


def _partition_value(cursor: Cursor) -> tuple[str, str]:
    name = cursor.name()
    cursor.expect("=")
    sign = "-" if cursor.skip("-") else ""
    if cursor.token.kind not in {Kind.STRING, Kind.INTEGER}:
        raise cursor.mismatch("<string>", "<integer>")
    return name, sign + cursor.take().text


_Read = Callable[[Cursor, Name], Statement]
_ACTIONS: Final[tuple[tuple[tuple[str, ...], _Read], ...]] = (
    (("ADD", "COLUMNS"), _add_columns),
    (("REPLACE", "COLUMNS"), _replace_columns),
    (("ADD",), _add_partitions),
    (("DROP",), _drop_partitions),
    (("SET", "TBLPROPERTIES"), _set_properties),
    (("SET", "LOCATION"), _set_location),
)
