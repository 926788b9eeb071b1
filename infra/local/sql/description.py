"""`\\d` and `\\d table` of the shell: the lake's tables, and the columns of one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Shown
from rich.text import Text

from infra.local.athena.catalog import Table
from infra.local.athena.errors import did_you_mean
from infra.local.athena.type_text import UnreadableType, from_hive
from infra.local.problems import UserProblem


class NoSuchTable(UserProblem):
    """The database has no table of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no table '{name}'{did_you_mean(name, known) or '.'}")


def described_tables(tables: Sequence[Table]) -> Shown:
    """Return the tables and views with their descriptions."""
    shown = _shown("table", "kind")
    for table in tables:
        shown.add_row(table.name, "view" if table.is_view else "table", Text(table.description))
    return shown


def described_table(name: str, tables: Sequence[Table]) -> Shown:
    """Return the columns of a table or view with their types and descriptions.

    Raises:
        NoSuchTable: there is none of this name.
    """
    found = next((table for table in tables if table.name == name.lower()), None)
    if found is None:
        raise NoSuchTable(name, [table.name for table in tables])
    shown = _shown("column", "type")
    types = dict(found.view.columns) if found.view else {}
    for column in found.columns:
        shown.add_row(column.name, Text(types.get(column.name) or _type(column.type)), Text(column.comment))
    for key in found.partition_keys:
        shown.add_row(key.name, Text(_type(key.type)), Text(f"Partition. {key.comment}".strip()))
    return shown


def _shown(first: str, second: str) -> Shown:
    shown = Shown()
    shown.add_column(first, no_wrap=True)
    shown.add_column(second, overflow="fold")
    shown.add_column("description", overflow="fold")
    return shown


def _type(hive: str) -> str:
    try:
        return str(from_hive(hive))
    except UnreadableType:
        return hive
